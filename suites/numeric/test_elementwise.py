"""Elementwise operations: special values, ties, truth tables, whole ranges, broadcasting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.interface.operation import Operation, Types
from harness.oracle import reference
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, integer_range, is_float
from harness.oracle.numbers import all_patterns, any_bits
from harness.oracle.problem import Problem, Shape, measure, solve, whole_operands
from harness.oracle.range import representable
from harness.suite.case import Case, Subject
from harness.suite.problems import calm, numeric, pairs, plain_rule, pose
from harness.suite.suites import tests

Array = NDArray[Any]


def _shuffled(draw: Draw, columns: list[Array], times: int = 3) -> list[Array]:
    """Rows of a table several times over, in a random order."""
    count = len(columns[0])
    order = draw.permutation(count * times) % count
    return [np.asarray(column)[order] for column in columns]


@tests("IF-ELE-001")
def special_values(subject: Subject) -> Iterator[Case]:
    """The table of special values of the standard, in a random order."""
    operation, types = numeric(subject)
    if not operation.special or not is_float(types.inputs[-1]):
        return
    rows = operation.special
    operands = [np.array([row.operands[index] for row in rows]) for index in range(operation.arity)]
    results = np.array([row.result for row in rows])

    def table(draw: Draw) -> list[Problem]:
        *columns, expected = _shuffled(draw, [*operands, results])
        typed = tuple(reference.into(c, dtype) for c, dtype in zip(columns, types.inputs, strict=True))
        if operation.bound == "ulp":
            return [Problem(operation, types, typed, expected, bound=np.full(expected.shape, types.ulp or 0.0))]
        return [Problem(operation, types, typed, reference.into(expected, types.out))]

    for number in range(2):
        yield from pairs(f"table-{number}", "ulp" if operation.bound == "ulp" else "bitwise-class", table)


def _grid(values: list[float], arity: int) -> list[Array]:
    """Every combination of values, a column for each operand."""
    return [part.reshape(-1) for part in np.meshgrid(*[np.array(values)] * arity, indexing="ij")]


@tests("IF-ELE-002")
def comparisons(subject: Subject) -> Iterator[Case]:
    """Every pair out of NaN, zeros of both signs, ordinary numbers and infinities."""
    operation, types = numeric(subject)
    if not is_float(types.inputs[0]):
        return
    grid = _grid([np.nan, 0.0, -0.0, 1.0, -1.0, 2.0, np.inf, -np.inf], 2)
    yield from pairs("grid", "bitwise", lambda draw: [solve(operation, types, _shuffled(draw, grid))])


@tests("IF-ELE-003")
def ties(subject: Subject) -> Iterator[Case]:
    """Halves between whole numbers, and the numbers on either side of each half."""
    operation, types = numeric(subject)
    if not is_float(types.inputs[0]):
        return
    most = 1 << min(FORMATS[types.inputs[0]].p - 2, 20)

    def halves(draw: Draw) -> list[Problem]:
        middle = reference.into(draw.integers(-most, most, 300) + 0.5, types.inputs[0])
        bits = middle.view(f"u{middle.dtype.itemsize}")
        beside = [middle, (bits + 1).view(middle.dtype), (bits - 1).view(middle.dtype)]
        small = reference.into(np.array([0.5, 1.5, 2.5, 3.5, -0.5, -1.5, -2.5, -3.5]), types.inputs[0])
        return [solve(operation, types, [np.concatenate([*beside, small])])]

    for number in range(2):
        yield from pairs(f"halves-{number}", "bitwise", halves)


@tests("IF-ELE-004")
def signs_of_zero(subject: Subject) -> Iterator[Case]:
    """Zeros of both signs, and small numbers that become zero, in a random order with ordinary ones."""
    operation, types = numeric(subject)
    if not is_float(types.inputs[0]):
        return
    values = (
        [0.0, -0.0, 1.0, 4.0] if operation.name == "sqrt" else [0.0, -0.0, 0.25, -0.25, 0.5, -0.5, -0.75, 2.0, -3.0]
    )
    for number in range(2):
        yield from pairs(
            f"zeros-{number}",
            "bitwise",
            lambda draw: [solve(operation, types, _shuffled(draw, [np.array(values)], 9))],
        )


@tests("IF-ELE-005")
def extrema_of_nan(subject: Subject) -> Iterator[Case]:
    """Every pair out of NaN, ordinary numbers and infinities."""
    operation, types = numeric(subject)
    if not is_float(types.inputs[0]):
        return
    grid = _grid([np.nan, 1.0, -1.0, 2.5, np.inf, -np.inf], 2)
    yield from pairs("grid", "bitwise-class", lambda draw: [solve(operation, types, _shuffled(draw, grid))])


@tests("IF-ELE-006")
def ends_of_the_range(subject: Subject) -> Iterator[Case]:
    """Integers up to both ends of the range, with results that just stay inside it."""
    operation, types = numeric(subject)
    if is_float(types.inputs[0]):
        return
    for number in range(2):
        yield from pairs(f"extremes-{number}", "bitwise", lambda draw: [_at_the_ends(operation, types, draw)])


def _at_the_ends(operation: Operation, types: Types, draw: Draw) -> Problem:
    low, high = integer_range(types.inputs[0])
    first = any_bits(draw, types.inputs[0], (300,)).astype(np.int64)
    first[:4] = low, high, low + 1, high - 1
    second = any_bits(draw, types.inputs[0], (300,)).astype(np.int64)
    match operation.name:
        case "add":
            operands = [first, np.clip(second, low - np.minimum(first, 0), high - np.maximum(first, 0))]
        case "subtract":
            operands = [first, np.clip(second, np.maximum(first, 0) - high, np.minimum(first, 0) - low)]
        case "multiply":
            factor = draw.choice([3, 5, 7])
            operands = [np.where(np.arange(300) % 2, first // factor, first), np.where(np.arange(300) % 2, factor, 1)]
        case "square":
            root = int(high**0.5)
            operands = [np.concatenate([draw.integers(-root, root, 298), [root, -root]])]
        case _:
            operands = [np.maximum(first, low + 1)]
    return solve(operation, types, operands)


@tests("IF-ELE-007")
def truth_tables(subject: Subject) -> Iterator[Case]:
    """Every combination of truth values, many times over in a random order."""
    operation, types = numeric(subject)
    table = _grid([0.0, 1.0], operation.arity)
    for number in range(2):
        yield from pairs(
            f"table-{number}",
            "bitwise",
            lambda draw: [solve(operation, types, [c.astype(bool) for c in _shuffled(draw, table, 67)])],
        )


@tests("IF-ELE-008")
def bit_patterns(subject: Subject) -> Iterator[Case]:
    """Every pattern of eight bits against every other, and random patterns of wider types."""
    operation, types = numeric(subject)

    def patterns(draw: Draw) -> list[Problem]:
        if types.inputs[0] != "int8":
            return [solve(operation, types, [any_bits(draw, dtype, (1030,)) for dtype in types.inputs])]
        every = np.arange(256, dtype=np.uint8).view(np.int8)
        grid = [part.reshape(-1) for part in np.meshgrid(*[every] * operation.arity, indexing="ij")]
        return [solve(operation, types, _shuffled(draw, grid, 1))]

    yield from pairs("patterns", "bitwise", patterns)


def _every_pattern(subject: Subject, draw: Draw) -> Array:
    """All 65,536 values of the operand's type, in a random order; calm where flushing is declared."""
    _, types = numeric(subject)
    values = all_patterns(types.inputs[0])
    return calm(subject, values[draw.permutation(values.size)])


@tests("IF-ELE-009")
def every_value(subject: Subject) -> Iterator[Case]:
    """All 65,536 values of a 16-bit type through an exact operation."""
    operation, types = numeric(subject)
    if not is_float(types.inputs[0]) or numpy_dtype(types.inputs[0]).itemsize != 2:
        return

    def every(draw: Draw) -> list[Problem]:
        values = _every_pattern(subject, draw)
        if operation.name == "sign":
            # The standard leaves the sign of the sign of -0 open.
            zero = values.view("u2") == 1 << 15
            values = np.where(zero, 0, values).astype(values.dtype)
        problem = solve(operation, types, [values])
        return [solve(operation, types, [_with_calm_results(subject, problem)])]

    yield from pairs("every", "bitwise-class", every)


def _with_calm_results(subject: Subject, problem: Problem) -> Array:
    """The operand, with 1 where the result is subnormal and the profile declares that such results are flushed."""
    results = calm(subject, problem.expected)
    same = results.view("u2") == problem.expected.view("u2")
    return np.where(same, problem.operands[0], 1).astype(problem.operands[0].dtype)


@tests("IF-ELE-010")
def every_value_of_a_function(subject: Subject) -> Iterator[Case]:
    """All 65,536 values of a 16-bit type, as far as they lie in the function's domain."""
    operation, types = numeric(subject)
    if not is_float(types.inputs[0]) or numpy_dtype(types.inputs[0]).itemsize != 2:
        return

    def every(draw: Draw) -> list[Problem]:
        with np.errstate(invalid="ignore"):
            values = _every_pattern(subject, draw).astype(np.float64)
        values = np.where(np.isfinite(values), values, 1.0)
        return [measure(operation, types, representable(operation, types, values))]

    yield from pairs("every", "ulp", every)


@tests("IF-ELE-011")
def broadcasting(subject: Subject) -> Iterator[Case]:
    """Operands of fewer dimensions, of length one, and single numbers, stretched to the output's shape."""
    operation, types = numeric(subject)
    if operation.arity == 1:
        return
    shapes: list[tuple[str, list[Shape]]] = [
        ("outer", [(7, 1), (1, 9), (7, 9)]),
        ("row", [(9,), (7, 9), (1, 9)]),
        ("number", [(), (9, 7), (7,)]),
        ("planes", [(3, 1, 5), (4, 5), (3, 4, 1)]),
    ]
    for name, each in shapes:
        yield from pairs(
            name,
            plain_rule(operation),
            lambda draw, s: [solve(operation, types, whole_operands(operation, types, draw, s[: operation.arity]))],
            each,
        )
    yield pose(
        "both",
        plain_rule(operation),
        lambda draw: [
            solve(operation, types, whole_operands(operation, types, draw, s[: operation.arity])) for _, s in shapes
        ],
    )
