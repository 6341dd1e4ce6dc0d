"""Activations by torch's own functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from harness.adapters.torch import open_torch
from tests.adapters.compositions.test_activation import POINTS, gelu, gelu_by_tanh
from tests.simulator.launching import array, launch


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
def test_each_element_by_its_formula(operation: str, attributes: dict[str, str], formula: Any) -> None:
    x = array(POINTS, "float32")
    found = launch(open_torch("cpu"), operation, [x], "float32", x.shape, **attributes)
    assert np.allclose(found, [formula(v) for v in POINTS], rtol=1e-5, atol=1e-6)
