"""Softmax, normalisations and variance asked of numpy give what their definitions say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from harness.adapters.numpy import open_numpy
from tests.simulator.launching import Array, array, launch

ROW = [0.5, -1.25, 3.0, 2.0]


def asked(operation: str, dtype: str, operands: list[Array], shape: tuple[int, ...], **attributes: Any) -> Array:
    return launch(open_numpy(""), operation, [array(x, dtype) for x in operands], dtype, shape, **attributes)


@pytest.mark.parametrize(("dtype", "digits"), [("float64", 15), ("float32", 7), ("float16", 3.3), ("bfloat16", 2.4)])
def test_rows_along_an_axis(dtype: str, digits: float) -> None:
    total = sum(map(math.exp, ROW))
    mean = sum(ROW) / 4
    variance = sum((x - mean) ** 2 for x in ROW) / 4
    squares = sum(x * x for x in ROW) / 4
    column, scale, bias = np.array([ROW]).T, np.array([[1.0, 2.0, -1.0, 0.5]]).T, np.array([[0.0, 1.0, 0.0, 2.0]]).T
    layer = [(x - mean) / math.sqrt(variance + 0.125) for x in ROW]
    rms = [x / math.sqrt(squares + 1e-5) for x in ROW]
    for operation, operands, attributes, expected in (
        ("Softmax", [column], {"axis": 0}, [math.exp(x) / total for x in ROW]),
        ("LogSoftmax", [column], {"axis": -2}, [x - math.log(total) for x in ROW]),
        ("LayerNormalization", [column, scale, bias], {"axis": 0, "epsilon": 0.125}, layer * scale[:, 0] + bias[:, 0]),
        ("LayerNormalization", [column, scale], {"axis": -2, "epsilon": 0.125}, layer * scale[:, 0]),
        ("RMSNormalization", [column, scale], {"axis": 0}, rms * scale[:, 0]),
    ):
        found = asked(operation, dtype, operands, (4, 1), **attributes)
        assert np.allclose(found[:, 0].astype(float), expected, rtol=10.0**-digits, atol=1e-6 * 10.0 ** (7 - digits))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_variance_and_its_root(dtype: str) -> None:
    x = np.array([[1.0, 3.0], [2.0, 10.0]])
    assert asked("var", dtype, [x], (2,), axis=1).tolist() == [1, 16]
    assert asked("std", dtype, [x], (1, 2), axis=0, keepdims=True).tolist() == [[0.5, 3.5]]
    assert asked("var", dtype, [x], (2,), axis=-1, correction=1.5).tolist() == [4, 64]
    assert asked("std", dtype, [x], ()).astype(float) == pytest.approx(math.sqrt(12.5), rel=2.0**-8)
