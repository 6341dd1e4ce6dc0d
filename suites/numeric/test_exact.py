"""Conduct of results that have one right answer: exact inputs, full mantissas, zero terms, overflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.interface.operation import Operation, Types
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, is_float
from harness.oracle.numbers import any_bits, full_mantissa, whole
from harness.oracle.problem import Problem, Shape, attributes_of, solve
from harness.suite.case import Case, Subject
from harness.suite.problems import numeric, pairs, plain_problem, tidy, without_underflow
from harness.suite.suites import tests

Array = NDArray[Any]

_SHAPES: Mapping[str, list[Shape]] = {
    "inner-product": [(33, 64, 17), (4, 129, 8), (1, 260, 1)],
    "sum": [(7, 130), (2, 1030)],
}
_ELEMENTWISE: list[Shape] = [(130,), (7, 33)]


@tests("IF-NUM-001")
def exact_inputs(subject: Subject) -> Iterator[Case]:
    """Whole numbers whose sums stay exact in the accumulator: any order of evaluation gives the same bits."""
    operation, types = numeric(subject)
    for shape in _SHAPES.get(operation.family, _ELEMENTWISE):
        name = "x".join(map(str, shape))
        yield from pairs(name, "bitwise", lambda draw, s: [plain_problem(operation, types, draw, s)], shape)


@tests("IF-NUM-002")
def full_mantissas(subject: Subject) -> Iterator[Case]:
    """Values whose last bit is set, selected, scaled by powers of two or computed with once: a lost bit shows."""
    operation, types = numeric(subject)
    if operation.family == "inner-product":
        for side in (0, 1):
            yield from pairs(
                f"selected-by-{'ba'[side]}", "bitwise", lambda d, s: [_selected(operation, types, d, s)], side
            )
        return
    if not is_float(types.inputs[-1]):
        return
    for number in range(2):
        if operation.family == "sum":
            yield from pairs(f"single-term-{number}", "bitwise", lambda d: [_single_term(operation, types, d)])
        else:
            yield from pairs(f"operands-{number}", "bitwise", lambda d: [_operands(operation, types, d)])


def _operands(operation: Operation, types: Types, draw: Draw) -> Problem:
    """Full-mantissa operands of middling size, so that nothing overflows or becomes subnormal."""
    reach = 3 if "float16" in (*types.inputs, types.out) else 30
    operands = [
        whole(draw, dtype, (515,), 1) if dtype == "bool" else full_mantissa(draw, dtype, (515,), (-reach, reach))
        for dtype in types.inputs
    ]
    if operation.name == "sqrt":
        operands[0] = np.abs(operands[0])
    return solve(operation, types, operands)


def _single_term(operation: Operation, types: Types, draw: Draw) -> Problem:
    """Rows of zeros with one full-mantissa term each: their sum is that term."""
    rows, length = tidy(operation, (9, 128))
    values = np.zeros((rows, length), numpy_dtype(types.inputs[0]))
    values[np.arange(rows), draw.integers(0, length - 1, rows)] = full_mantissa(draw, types.inputs[0], (rows,), (-4, 4))
    return solve(operation, types, [values], attributes_of(operation))


def _selected(operation: Operation, types: Types, draw: Draw, side: int) -> Problem:
    """Full-mantissa values times a selector: one signed power of two in each row or column, zeros elsewhere."""
    m, k, n = 9, 37, 11
    if operation.name == "vecdot":
        shapes = [(m, k), (m, k)]
        rows, columns = np.arange(m), draw.integers(0, k - 1, m)
    else:
        shapes = [(m, k), (k, n)]
        rows, columns = (
            (np.arange(m), draw.integers(0, k - 1, m)) if side == 0 else (draw.integers(0, k - 1, n), np.arange(n))
        )
    selector = np.zeros(shapes[side], numpy_dtype(types.inputs[side]))
    powers = np.ldexp(1.0, draw.integers(-3, 3, rows.size)) if is_float(types.out) else np.ones(rows.size)
    selector[rows, columns] = (draw.signs(rows.size) * powers).astype(selector.dtype)
    values = _values(draw, types.inputs[1 - side], shapes[1 - side])
    operands = [selector, values] if side == 0 else [values, selector]
    attributes = attributes_of(operation)
    if operation.name == "gemm":
        operands.append(whole(draw, types.inputs[2], (m, n), 9))
        attributes["beta"] = 0.0
    return solve(operation, types, operands, attributes)


def _values(draw: Draw, dtype: str, shape: tuple[int, ...]) -> Array:
    return full_mantissa(draw, dtype, shape, (-4, 4)) if is_float(dtype) else any_bits(draw, dtype, shape)


@tests("IF-NUM-006")
def zero_terms(subject: Subject) -> Iterator[Case]:
    """Rows of zeros among others, and zeros between terms: a sum of zeros is zero, and a zero adds nothing."""
    operation, types = numeric(subject)
    for number in range(2):
        yield from pairs(f"zeros-{number}", "bitwise", lambda draw: [_with_zeros(operation, types, draw)])


def _with_zeros(operation: Operation, types: Types, draw: Draw) -> Problem:
    """Every third row of the first operand is zero, and half of the others' terms are."""
    problem = plain_problem(operation, types, draw, (9, 40, 5) if operation.family == "inner-product" else (9, 64))
    first = problem.operands[0].copy()
    first[draw.integers(0, 1, first.shape) == 0] = 0
    first[::3] = 0
    # A product of zero with a negative number is -0, whose sum's sign depends on the accumulator's start.
    others = [np.abs(operand) for operand in problem.operands[1:]]
    if operation.name == "gemm":
        others[1] = np.where(np.arange(9)[:, None] % 3 == 0, 0, others[1]).astype(others[1].dtype)
    return solve(operation, types, [first, *others], problem.attributes)


@tests("IF-NUM-009")
def overflow(subject: Subject) -> Iterator[Case]:
    """The largest numbers: beyond them the infinity of the right sign, and nothing before that needs it."""
    operation, types = numeric(subject)
    if not is_float(types.inputs[-1]):
        return
    make = {"inner-product": _large_products, "sum": _large_terms}.get(operation.family, _large_operands)
    for number in range(2):
        yield from pairs(f"largest-{number}", "bitwise", lambda draw: [make(operation, types, draw)])


def _large_operands(operation: Operation, types: Types, draw: Draw) -> Problem:
    """Every pair out of numbers at both ends of the range, in a random order."""
    form = FORMATS[types.inputs[-1]]
    ends = [form.largest, form.largest / 2, 2.0**form.emax, 2.0 ** (form.emax // 2), 2.0, 1.0, 0.5]
    values = np.array([sign * value for value in ends for sign in (1, -1)])
    grid = [part.reshape(-1) for part in np.meshgrid(*[values] * min(operation.arity, 2), indexing="ij")]
    order = draw.permutation(grid[0].size)
    operands = [part[order] for part in grid]
    if operation.name == "where":
        operands = [whole(draw, "bool", order.shape, 1), *operands]
    if operation.name == "sqrt":
        operands = [np.abs(operands[0])]
    return without_underflow(solve(operation, types, operands))


def _large_terms(operation: Operation, types: Types, draw: Draw) -> Problem:
    """Rows of zeros with the largest number once (the sum is that number) or, of a sum, twice (infinity)."""
    values = [_largest_in_a_row(types, draw, 128, 1 + (row % 2 if operation.name == "sum" else 0)) for row in range(12)]
    return solve(operation, types, [np.array(values)], attributes_of(operation))


def _largest_in_a_row(types: Types, draw: Draw, length: int, times: int) -> Array:
    """A row of zeros with the largest number so many times, of one sign.

    Where the accumulator reaches further than the output, eight more stand there with their negatives: they cancel, and
    no partial sum in any order is too large for the accumulator.
    """
    largest = FORMATS[types.inputs[0]].largest
    row, places = np.zeros(length), draw.permutation(length)
    row[places[:times]] = largest * draw.signs(1)[0]
    accumulator = types.accumulate or types.out
    if FORMATS[accumulator].emax > FORMATS[types.out].emax:
        row[places[times : times + 8]] = largest
        row[places[times + 8 : times + 16]] = -largest
    return row


def _large_products(operation: Operation, types: Types, draw: Draw) -> Problem:
    """The largest number in each row, times 1 (itself), 2 (infinity) or their negatives."""
    m, k = 12, 33
    first = np.array([_largest_in_a_row(types, draw, k, 1) for _ in range(m)])
    factors = draw.signs(m) * (1 + np.arange(m) % 2)
    if operation.name == "vecdot":
        return solve(operation, types, [first, np.broadcast_to(factors[:, None], (m, k))])
    second = np.broadcast_to(factors[None, :], (k, m))
    operands = [first, second]
    attributes = attributes_of(operation)
    if operation.name == "gemm":
        operands.append(np.ones((m, m)))
        attributes["beta"] = 0.0
    return solve(operation, types, operands, attributes)
