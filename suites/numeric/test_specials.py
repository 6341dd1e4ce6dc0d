"""Conduct of what is no ordinary number: NaN, infinities and subnormal numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.interface.operation import Operation, Types
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, is_float
from harness.oracle.numbers import full_mantissa, subnormals, whole
from harness.oracle.problem import Problem, attributes_of, exact_problem, measure, solve
from harness.oracle.reference import flush
from harness.suite.case import Case, Subject
from harness.suite.problems import numeric, pairs, plain_problem, pose
from harness.suite.suites import tests

Array = NDArray[Any]

#: First, middle and last places of a row of 130, and those where vectors of 64 and 128 begin and end.
_PLACES = (0, 1, 63, 64, 127, 128, 129)
_LENGTH = 130
#: Operations that move or compare numbers without computing: a unit that flushes has no occasion to.
_MOVES = frozenset({"where", "negative", "abs"})
#: Operations that round to whole numbers.
_WHOLE = frozenset({"floor", "ceil", "trunc", "round"})


@tests("IF-NUM-007")
def nan_and_infinity(subject: Subject) -> Iterator[Case]:
    """NaN and both infinities at every place that matters, among whole numbers."""
    operation, types = numeric(subject)
    if not is_float(types.inputs[-1]) or not is_float(types.out):
        return
    rule = "ulp" if operation.family == "elementwise-function" else "bitwise-class"
    for index in range(operation.arity):
        if types.inputs[index] == "bool":
            continue
        yield from pairs(f"operand-{index}", rule, lambda draw, i: [_special(operation, types, draw, i)], index)
    for value, name in ((np.nan, "nan"), (np.inf, "inf"), (-np.inf, "minus-inf")):
        yield pose(name, rule, lambda draw, v: [_special(operation, types, draw, 0, v)], value)


def _special(operation: Operation, types: Types, draw: Draw, index: int, only: float | None = None) -> Problem:
    """A plain problem with special values put into one operand."""
    reduces = operation.family in ("sum", "extremum")
    shape = (9, _LENGTH, 5) if operation.family == "inner-product" else (16, 128) if reduces else (3, _LENGTH)
    if operation.family == "extremum":
        shape = (16, _LENGTH)
    problem = plain_problem(operation, types, draw, shape)
    operands = [operand.copy() for operand in problem.operands]
    target = operands[index]
    last = target.shape[-1]
    places = [place for place in _PLACES if place < last] or [0]
    rows = draw.permutation(target.shape[0])[: max(2, target.shape[0] - 2)]
    for number, row in enumerate(rows):
        value = only if only is not None else (np.nan, np.inf, -np.inf)[int(draw.integers(0, 2, 1)[0])]
        target[row, places[number % len(places)]] = value
    if operation.family == "elementwise-function":
        return measure(operation, types, target)
    return solve(operation, types, operands, problem.attributes)


@tests("IF-NUM-008")
def subnormal_numbers(subject: Subject) -> Iterator[Case]:
    """Subnormal operands, and results that become subnormal: kept, or flushed exactly as declared."""
    operation, types = numeric(subject)
    if not is_float(types.inputs[-1]) or not is_float(types.out):
        return
    make = _selected if operation.family == "inner-product" else _operands
    for number in range(2):
        for which in ("a", "b"):
            yield _flushed_case(subject, f"subnormal-{number}/{which}", make)


def _flushed_case(subject: Subject, name: str, make: Any) -> Case:
    """A case judged with the declared flushing; the sign of a flushed zero is left open."""
    operation, types = numeric(subject)
    declared = subject.profile.arithmetic_of(operation.name, types.inputs[-1])
    flushes = (declared.flush_inputs or declared.flush_outputs) and operation.name not in _MOVES

    def problems(draw: Draw) -> list[Problem]:
        problem: Problem = make(operation, types, draw)
        if not flushes:
            return [problem]
        operands = problem.operands
        if declared.flush_inputs:
            operands = tuple(flush(operand, operand.dtype.name) for operand in operands)
        expected = solve(operation, types, operands, problem.attributes).expected
        if declared.flush_outputs:
            expected = flush(expected, types.out)
        return [replace(problem, expected=expected.astype(np.float64), bound=np.zeros(expected.shape))]

    return pose(name, "bound" if flushes else "bitwise", problems)


def _operands(operation: Operation, types: Types, draw: Draw) -> Problem:
    """Subnormal numbers, and normal ones near the border, in the first operand; in the others what keeps them small."""
    dtype, shape = types.inputs[-1], (260,)
    tiny = subnormals(draw, dtype, shape)
    near = _near_the_border(operation, types, draw, shape)
    first = np.where(draw.integers(0, 3, shape) == 0, near, tiny).astype(tiny.dtype)
    if operation.name == "sqrt":
        first = np.abs(first)
    if operation.name == "square":
        half = FORMATS[dtype].emin // 2
        first = full_mantissa(draw, dtype, shape, (half - 4, half))
    if operation.arity == 1:
        return solve(operation, types, [first])
    if operation.name in ("multiply", "divide"):
        # The last of them makes a normal number of any subnormal one, unless that was flushed before.
        lift = 2.0 ** (FORMATS[dtype].p if operation.name == "multiply" else -FORMATS[dtype].p)
        second = np.array([0.5, 1.0, lift])[draw.integers(0, 2, shape)] * draw.signs(shape)
        return solve(operation, types, [first, second])
    # Two normal numbers near the border can have a subnormal difference.
    beside = draw.integers(0, 1, shape) == 0
    second = np.where(beside, _near_the_border(operation, types, draw, shape), subnormals(draw, dtype, shape))
    operands = [first, second]
    if operation.name == "where":
        operands = [whole(draw, "bool", shape, 1), *operands]
    return solve(operation, types, operands)


def _near_the_border(operation: Operation, types: Types, draw: Draw, shape: tuple[int, ...]) -> Array:
    """Normal numbers that stand beside subnormal ones: whatever becomes of those, of these something must be left.

    They are multiples of half the smallest normal number; for roundings to whole numbers, halves; for reciprocals, the
    largest numbers, whose own are subnormal; for a conversion to a type of smaller range, numbers that are subnormal
    there, too small to be rounded up to a normal one.
    """
    dtype = types.inputs[-1]
    if operation.name in _WHOLE:
        return (draw.integers(-40, 40, shape) / 2).astype(numpy_dtype(dtype))
    form, target = FORMATS[dtype], FORMATS[types.out]
    if operation.name == "reciprocal":
        return full_mantissa(draw, dtype, shape, (form.emax - 1, form.emax))
    if target.emin > form.emin:
        return full_mantissa(draw, dtype, shape, (target.emin - target.p, target.emin - 2))
    steps = draw.signs(shape) * draw.integers(2, 14, shape)
    return (steps * (form.smallest_normal / 2)).astype(numpy_dtype(dtype))


def _selected(operation: Operation, types: Types, draw: Draw) -> Problem:
    """Subnormal numbers times a selector of ones and minus ones: each comes through by itself."""
    m, k, n = 8, 24, 24
    values = subnormals(draw, types.inputs[0], (m, k))
    values[:, ::3] = (draw.signs((m, 8)) * FORMATS[types.inputs[0]].smallest_normal).astype(values.dtype)
    if operation.name == "vecdot":
        selector = np.zeros((m, k))
        selector[np.arange(m), draw.integers(0, k - 1, m)] = 1
        return solve(operation, types, [values, selector])
    selector = np.zeros((k, n))
    selector[draw.permutation(k), np.arange(n)] = draw.signs(n)
    operands = [values, selector]
    attributes = attributes_of(operation)
    if operation.name == "gemm":
        operands.append(exact_problem(operation, types, draw, (m, 1, n)).operands[2])
        attributes["beta"] = 0.0
    return solve(operation, types, operands, attributes)
