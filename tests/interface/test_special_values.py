"""Tables of special values against numpy in binary64, which follows IEEE 754 in these, and against one another."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from harness.interface.operation import Operation
from tests.interface.numeric import numeric_interface

OPERATIONS = numeric_interface().operations
TABLES = [operation for operation in OPERATIONS.values() if operation.special]

#: Names numpy has for another function, or not at all.
_OTHERWISE: dict[str, Callable[..., Any]] = {
    "round": np.rint,
    # As arrays: numpy takes a root where a single exponent is a half.
    "pow": lambda x, y: np.power(np.array([x]), np.array([y]))[0],
    "reciprocal": lambda x: np.float64(1) / x,
    "Erf": math.erf,
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Relu": lambda x: np.maximum(x, 0),
    # ONNX's formula has no value at minus infinity, where the function has.
    "Gelu": lambda x: -0.0 if x == -np.inf else x / 2 * (1 + math.erf(x / math.sqrt(2))),
}

each_table = pytest.mark.parametrize("operation", TABLES, ids=lambda operation: operation.name)


def independently(operation: Operation, operands: Sequence[float]) -> float:
    """What numpy gives in binary64."""
    function = _OTHERWISE.get(operation.name) or getattr(np, operation.name)
    dtypes = operation.types[0].inputs
    arguments = [
        np.bool_(value) if dtype == "bool" else np.float64(value) for value, dtype in zip(operands, dtypes, strict=True)
    ]
    with np.errstate(all="ignore"):
        return float(function(*arguments))


def same(a: float, b: float) -> bool:
    """Whether two values are the same, zeros by their sign, all NaN alike."""
    return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))


@each_table
def test_a_table_says_what_numpy_computes(operation: Operation) -> None:
    for row in operation.special:
        got = independently(operation, row.operands)
        assert same(got, row.result), f"{operation.name}{row.operands} is {got}, the table says {row.result}"


@each_table
def test_operands_stand_in_a_table_once(operation: Operation) -> None:
    operands = [tuple(value.hex() for value in row.operands) for row in operation.special]
    assert len(set(operands)) == len(operands)


@each_table
def test_results_are_values_of_the_result_type(operation: Operation) -> None:
    if operation.types[0].out == "bool":
        assert {row.result for row in operation.special} <= {0.0, 1.0}
    for row in operation.special:
        # A function's results are rounded by whoever computes it.
        for value in row.operands if operation.bound == "ulp" else (*row.operands, row.result):
            assert same(float(np.float16(value)), value), "no value of every floating-point type"


#: Values each function of one operand must answer for; what the standard leaves open is left out.
LEFT_OPEN = {("signbit", "nan"), ("sign", "-0.0"), ("Gelu", "-inf"), ("Relu", "nan"), ("Relu", "-0.0")}
SPECIALS = ("nan", "inf", "-inf", "0.0", "-0.0")
FAMILIES = ("elementwise-exact", "elementwise-function", "activation", "classification")
UNARY = [operation.name for operation in OPERATIONS.values() if operation.arity == 1 and operation.family in FAMILIES]


@pytest.mark.parametrize("name", UNARY)
def test_an_operation_of_one_operand_answers_for_every_special_value(name: str) -> None:
    answered = {str(row.operands[0]) for row in OPERATIONS[name].special}
    assert {value for value in SPECIALS if (name, value) not in LEFT_OPEN} <= answered


@pytest.mark.parametrize("name", ["logical_and", "logical_or", "logical_xor", "logical_not"])
def test_truth_tables_are_complete(name: str) -> None:
    assert len(OPERATIONS[name].special) == 2 ** OPERATIONS[name].arity
