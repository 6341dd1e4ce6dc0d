"""Variance of a simulated product, in two passes of its own units."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.profile.store import load_profile
from harness.simulator.runtime import SimulatedDevice
from tests.simulator.launching import Array, array, launch

X = np.array([[1.0, 2.0, 4.0, 9.0], [0.0, 0.0, 0.0, 2.0], [5.0, 5.0, 5.0, 5.0]])


def spread(name: str, x: Array, shape: tuple[int, ...], **attributes: Any) -> Array:
    device = SimulatedDevice(load_profile("reference/ieee"))
    return launch(device, name, [x], x.dtype.name, shape, **attributes)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("correction", [0, 1, 0.5, -1])
def test_it_is_the_sum_of_squared_differences_over_what_is_left(dtype: str, correction: float) -> None:
    expected = np.square(X - X.mean(axis=1, keepdims=True)).sum(axis=1) / (4 - correction)
    x = array(X, dtype)
    assert np.allclose(spread("var", x, (3,), axis=1, correction=correction), expected, rtol=1e-6)
    assert np.allclose(spread("std", x, (3,), axis=-1, correction=correction), np.sqrt(expected), rtol=1e-6)


def test_axes_can_be_kept_and_left_out() -> None:
    x = array(X, "float64")
    assert np.allclose(spread("var", x, ()), X.var())
    assert np.allclose(spread("var", x, (1, 1), keepdims=True), [[X.var()]])
    assert np.allclose(spread("var", x, (1, 4), axis=0, keepdims=True), X.var(axis=0)[None])


def test_nothing_left_to_divide_by_is_nan() -> None:
    for correction in (4, 6.5):
        assert np.isnan(spread("var", array(X, "float32"), (3,), axis=1, correction=correction)).all()


@pytest.mark.parametrize("attributes", [{"axis": 3}, {"correction": math.nan}, {"correction": "1"}, {"ddof": 1}])
def test_a_launch_is_checked_strictly(attributes: dict[str, Any]) -> None:
    with pytest.raises(DeviceError) as refused:
        spread("var", array(X, "float32"), (3,), **{"axis": 1, **attributes})
    assert refused.value.kind == INVALID_VALUE
