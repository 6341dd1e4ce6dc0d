"""Activations asked of numpy give what their formulas say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from harness.adapters.numpy import open_numpy
from tests.simulator.launching import array, launch

POINTS = [-3.5, -1.0, -0.25, 0.0, 0.5, 1.75, 6.0]
UNITS = {"float64": 2.0**-48, "float32": 2.0**-20, "float16": 2.0**-11, "bfloat16": 2.0**-8}


def gelu(x: float) -> float:
    return x / 2 * math.erfc(-x / math.sqrt(2))


def gelu_by_tanh(x: float) -> float:
    return x / (1 + math.exp(-2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


@pytest.mark.parametrize("dtype", sorted(UNITS))
@pytest.mark.parametrize(
    ("operation", "attributes", "formula"),
    [
        ("Erf", {}, math.erf),
        ("Sigmoid", {}, lambda x: 1 / (1 + math.exp(-x))),
        ("Gelu", {}, gelu),
        ("Gelu", {"approximate": "tanh"}, gelu_by_tanh),
        ("Relu", {}, lambda x: max(x, 0.0)),
    ],
)
def test_each_element_by_its_formula(operation: str, attributes: dict[str, str], formula: Any, dtype: str) -> None:
    x = array(np.array([POINTS, POINTS[::-1]]), dtype)
    found = launch(open_numpy(""), operation, [x], dtype, x.shape, **attributes).astype(float)
    right = [[formula(v) for v in row] for row in x.astype(float).tolist()]
    assert np.allclose(found, right, rtol=UNITS[dtype], atol=UNITS[dtype])


def test_nothing_and_one_number_have_activations_too() -> None:
    assert launch(open_numpy(""), "Erf", [array(np.zeros((0, 3)), "float32")], "float32", (0, 3)).shape == (0, 3)
    assert float(launch(open_numpy(""), "Gelu", [array(0.0, "float32")], "float32", ())) == 0
