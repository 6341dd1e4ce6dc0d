"""Activations of a simulated product are made of its own units' steps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.device.protocol import INVALID_VALUE, UNSUPPORTED, DeviceError
from harness.simulator.composed.activation import OPERATIONS
from harness.simulator.vector_unit import UnitConduct, VectorUnit
from tests.simulator.claims import simulate
from tests.simulator.composed.units import UnitsOf
from tests.simulator.computing import computed
from tests.simulator.launching import Array, array, launch

POINTS = [-3.5, -1.0, -0.25, 0.0, 0.5, 1.75, 6.0]


def activation(conduct: UnitConduct, name: str, x: Array, **attributes: str) -> Array:
    return OPERATIONS[name].compute(UnitsOf(VectorUnit(conduct)), [x], attributes, [x.dtype.name])[0]


def test_every_step_is_the_units_own() -> None:
    x = array(POINTS, "float16")
    conduct = UnitConduct("float16", "toward-zero", accuracy={"exp": 4.0})
    one = array(np.ones(len(POINTS)), "float16")
    power = computed(conduct, "exp", -x, result="float16")
    below = computed(conduct, "add", one, power, result="float16")
    assert np.array_equal(activation(conduct, "Sigmoid", x), computed(conduct, "divide", one, below, result="float16"))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_activations_are_their_formulas(dtype: str) -> None:
    x = array(POINTS, dtype)
    for name, attributes, formula in (
        ("Erf", {}, math.erf),
        ("Sigmoid", {}, lambda v: 1 / (1 + math.exp(-v))),
        ("Gelu", {}, lambda v: v / 2 * (1 + math.erf(v / math.sqrt(2)))),
        ("Gelu", {"approximate": "none"}, lambda v: v / 2 * (1 + math.erf(v / math.sqrt(2)))),
        ("Gelu", {"approximate": "tanh"}, lambda v: v / 2 * (1 + math.tanh(0.7978845608 * (v + 0.044715 * v**3)))),
        ("Relu", {}, lambda v: max(v, 0)),
    ):
        found = activation(UnitConduct(), name, x, **attributes).astype(float)
        unit = {"float64": 1e-9, "float32": 1e-6, "float16": 2.0**-11, "bfloat16": 2.0**-8}[dtype]
        assert found == pytest.approx([formula(v) for v in POINTS], rel=unit, abs=unit / 10), name


def test_integers_have_a_relu_and_nothing_else() -> None:
    device = simulate()
    values = array([-3, 0, 5], "int32")
    assert launch(device, "Relu", [values], "int32", (3,)).tolist() == [0, 0, 5]
    with pytest.raises(DeviceError) as refused:
        launch(device, "Sigmoid", [values], "int32", (3,))
    assert refused.value.kind == UNSUPPORTED


def test_a_form_of_gelu_there_is_not_is_refused() -> None:
    with pytest.raises(DeviceError) as refused:
        launch(simulate(), "Gelu", [array(POINTS, "float32")], "float32", (7,), approximate="sigmoid")
    assert refused.value.kind == INVALID_VALUE
