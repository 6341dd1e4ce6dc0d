"""Functions of a vector unit err as far as is declared."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
import pytest

from harness.simulator.conversion import widen
from harness.simulator.vector_unit import UnitConduct
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
