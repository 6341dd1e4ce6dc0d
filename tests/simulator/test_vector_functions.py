"""Functions of a vector unit err as far as is declared, and so does what is made of them: softmax and the norms."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
import pytest

from harness.simulator.conversion import widen
from harness.simulator.vector_unit import UnitConduct, VectorUnit
from tests.simulator.computing import FLOATS, computed, one
from tests.simulator.exact import FORMATS
from tests.simulator.launching import array

EXACT: dict[str, Callable[[Decimal], Decimal]] = {
    "exp": Decimal.exp,
    "log": Decimal.ln,
    "sqrt": Decimal.sqrt,
    "reciprocal": lambda x: 1 / x,
}


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("operation", EXACT)
@pytest.mark.parametrize("bound", [1.0, 2.0, 4.5])
@pytest.mark.parametrize("mode", ["nearest-even", "toward-zero"])
def test_functions_err_no_further_than_declared_and_use_it(name: str, operation: str, bound: float, mode: str) -> None:
    values = array(np.linspace(0.3, 9.5, 97), name)
    conduct = UnitConduct(rounding=mode, accuracy={operation: bound})
    found = widen(computed(conduct, operation, values, result=name)).astype(float)
    errors = []
    with localcontext(prec=50):
        for x, y in zip(widen(values).astype(float).tolist(), found.tolist(), strict=True):
            true = EXACT[operation](Decimal(x))
            unit = Decimal(2) ** (math.frexp(float(true))[1] - FORMATS[name].precision)
            errors.append(float((Decimal(y) - true) / unit))
    assert max(map(abs, errors)) <= bound
    if bound > 1:
        assert max(map(abs, errors)) > bound / 2


@pytest.mark.parametrize("operation", ["exp", "divide"])
def test_errors_depend_on_the_operands_alone(operation: str) -> None:
    conduct = UnitConduct(accuracy={"exp": 8.0, "divide": 8.0})
    x = array(np.linspace(1, 2, 50), "float32")
    operands = [x, x[::-1]][: 1 if operation == "exp" else 2]
    whole = computed(conduct, operation, *operands, result="float32")
    part = computed(conduct, operation, *(values[7:9] for values in operands), result="float32")
    assert np.array_equal(whole[7:9], part)
    assert not np.array_equal(whole, computed(UnitConduct(), operation, *operands, result="float32"))


def test_half_a_unit_and_results_that_are_exact_are_left_alone() -> None:
    x = array(np.linspace(0.3, 9.5, 97), "float32")
    for operation in ("exp", "tanh", "log"):
        plain = computed(UnitConduct(), operation, x, result="float32")
        assert np.array_equal(computed(UnitConduct(accuracy={operation: 0.5}), operation, x, result="float32"), plain)
    wild = UnitConduct(accuracy=dict.fromkeys(("exp", "log2", "sqrt", "cos", "tanh"), 64.0))
    for name in FLOATS:
        for operation, value, expected in (
            ("exp", 0.0, 1.0),
            ("log2", 8.0, 3.0),
            ("sqrt", 4.0, 2.0),
            ("cos", 0.0, 1.0),
        ):
            assert one(wild, operation, name, value) == expected
        assert one(wild, "exp", name, -math.inf) == 0.0
        assert math.isnan(one(wild, "log2", name, -1.0))
        assert abs(one(wild, "tanh", name, 3.0)) <= 1.0


def test_softmax_is_made_of_the_units_own_operations() -> None:
    x = array([[1.0, 2.5, -3.0, 0.25]], "float16")
    conduct = UnitConduct("float16", "toward-zero", accuracy={"exp": 4.0}, reduction_lanes=2)
    unit = VectorUnit(conduct)
    powers = computed(conduct, "exp", computed(conduct, "subtract", x, array([[2.5]], "float16"), result="float16"),
                      result="float16")  # fmt: skip
    total = computed(conduct, "sum", powers, result="float16", axis=1, keepdims=True)
    assert np.array_equal(unit.softmax(x), computed(conduct, "divide", powers, total, result="float16"))
    exact = np.exp(x.astype(float)) / np.exp(x.astype(float)).sum()
    assert np.allclose(VectorUnit().softmax(array(x, "float32")), exact, rtol=1e-6)
    assert np.allclose(VectorUnit().softmax(array(x.T, "float32"), axis=0), exact.T, rtol=1e-6)


def test_normalizations_are_what_their_names_say() -> None:
    x = np.array([[1.0, 2.0, 4.0, 9.0], [0.0, 0.0, 0.0, 2.0]])
    weight, bias = np.array([1.0, 2.0, 0.5, -1.0]), np.array([0.0, 1.0, 0.0, 3.0])
    centred = x - x.mean(-1, keepdims=True)
    expected = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * weight + bias
    assert np.allclose(VectorUnit().layer_normalization(x, weight, bias), expected, rtol=1e-12)
    plain = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6)
    assert np.allclose(VectorUnit().rms_normalization(x, epsilon=1e-6), plain, rtol=1e-12)
    assert np.allclose(VectorUnit().rms_normalization(x, weight, epsilon=1e-6), plain * weight, rtol=1e-12)
