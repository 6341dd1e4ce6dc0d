"""Normalisations of a simulated product are what their names say, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.profile.store import load_profile
from harness.simulator.composed.normalization import OPERATIONS
from harness.simulator.runtime import SimulatedDevice
from harness.simulator.vector_unit import UnitConduct, VectorUnit
from tests.simulator.composed.units import UnitsOf
from tests.simulator.launching import Array, array, launch

X = np.array([[1.0, 2.0, 4.0, 9.0], [0.0, 0.0, 0.0, 2.0]])
SCALE, BIAS = np.array([1.0, 2.0, 0.5, -1.0]), np.array([0.0, 1.0, 0.0, 3.0])


def normalised(name: str, *operands: Array, conduct: UnitConduct | None = None, **attributes: Any) -> Array:
    units = UnitsOf(VectorUnit(conduct))
    return OPERATIONS[name].compute(units, operands, attributes, [operands[0].dtype.name])[0]


def test_a_layer_is_centred_divided_scaled_and_moved() -> None:
    centred = X - X.mean(-1, keepdims=True)
    expected = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * SCALE
    assert np.allclose(normalised("LayerNormalization", X, SCALE), expected, rtol=1e-12)
    assert np.allclose(normalised("LayerNormalization", X, SCALE, BIAS), expected + BIAS, rtol=1e-12)


def test_a_root_mean_square_is_divided_by_and_scaled() -> None:
    plain = X / np.sqrt((X**2).mean(-1, keepdims=True) + 1e-6)
    assert np.allclose(normalised("RMSNormalization", X, SCALE, epsilon=1e-6), plain * SCALE, rtol=1e-12)


def test_all_axes_from_the_one_given_are_taken_together() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    scale = np.arange(12.0).reshape(3, 4)
    rows = x.reshape(2, 12)
    expected = rows / np.sqrt((rows**2).mean(-1, keepdims=True) + 1e-5) * scale.reshape(12)
    for axis in (1, -2):
        assert np.allclose(normalised("RMSNormalization", x, scale, axis=axis).reshape(2, 12), expected, rtol=1e-12)


def test_sixteen_bits_are_carried_out_in_float32_and_rounded_once() -> None:
    operands = [array(values, "float16") for values in (X, SCALE, BIAS)]
    wide = normalised("LayerNormalization", *(array(values, "float32") for values in operands))
    assert np.array_equal(normalised("LayerNormalization", *operands), array(wide, "float16"))


def test_rounding_of_the_unit_shows_in_the_result() -> None:
    operands = [array(values, "float32") for values in (X, SCALE)]
    down = normalised("RMSNormalization", *operands, conduct=UnitConduct(rounding="toward-zero"))
    assert not np.array_equal(normalised("RMSNormalization", *operands), down)


@pytest.mark.parametrize(
    ("shapes", "attributes"),
    [
        (((2, 4), (3,)), {}),
        (((2, 4), (1, 2, 4)), {}),
        (((2, 4), (4,)), {"axis": 2}),
        (((2, 4), (4,)), {"epsilon": "small"}),
        (((2, 4), (4,)), {"stash": 1}),
        (((2, 4),), {}),
    ],
)
def test_a_launch_is_checked_strictly(shapes: Any, attributes: dict[str, Any]) -> None:
    device = SimulatedDevice(load_profile("reference/ieee"))
    operands = [array(np.ones(shape), "float32") for shape in shapes]
    with pytest.raises(DeviceError) as refused:
        launch(device, "LayerNormalization", operands, "float32", (2, 4), **attributes)
    assert refused.value.kind == INVALID_VALUE
