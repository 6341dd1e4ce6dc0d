"""A problem: operands, attributes and what must come of them; and how one becomes part of a trial."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.device.program import Program, ProgramBuilder
from harness.interface.operation import Operation, Types
from harness.oracle import reference
from harness.oracle.draw import Draw
from harness.oracle.launch import Layout, launch
from harness.oracle.numbers import full_mantissa, whole
from harness.oracle.numeric_rules import Comparison, Result

Array = NDArray[Any]
Shape = tuple[int, ...]

#: Bytes that outputs are poisoned with, in turn, so that no two consecutive launches find the same.
POISONS = (0xA5, 0x5A, 0xC3, 0x3C)
#: Whole numbers of at most eleven bits, which every floating-point format but bfloat16 has room for.
_MOST = 1 << 11


@dataclass(frozen=True)
class Problem:
    """One launch and its right answer.

    ``expected`` is in the output's dtype, or in float64 where ``bound`` says how far off each element may be.
    """

    operation: Operation
    types: Types
    operands: tuple[Array, ...]
    expected: Array
    attributes: Mapping[str, Any] = field(default_factory=dict)
    bound: Array | None = None
    layouts: tuple[Layout, ...] = ()
    out_layout: Layout = "dense"
    read_operands: bool = False

    def write(self, program: ProgramBuilder, poison: int) -> Result:
        """Write the launch into a program."""
        output = launch(
            program,
            self.operation.name,
            list(zip(self.types.inputs, self.operands, strict=True)),
            (self.types.out, self.expected.shape),
            self.attributes,
            self.layouts,
            self.out_layout,
            poison=poison,
            read_operands=self.read_operands,
        )
        return Result(output, self.expected, self.bound)


def solve(
    operation: Operation,
    types: Types,
    operands: Sequence[Array],
    attributes: Mapping[str, Any] | None = None,
    **how: Any,
) -> Problem:
    """A problem whose every element has one right answer."""
    typed = tuple(np.asarray(operand, dtype=numpy_dtype(d)) for operand, d in zip(operands, types.inputs, strict=True))
    expected = reference.exact(operation, types, typed, attributes or {})
    return Problem(operation, types, typed, expected, attributes or {}, **how)


def measure(operation: Operation, types: Types, operand: Array) -> Problem:
    """A problem of an elementwise function, whose error is counted in units in the last place."""
    expected = reference.function(operation, operand)
    return Problem(operation, types, (operand,), expected, bound=np.full(expected.shape, types.ulp or 0.0))


def together(rule: str, *problems: Problem) -> tuple[Program, Comparison]:
    """One program that launches the problems one after another, and the rule for all of them."""
    program = ProgramBuilder()
    results = [problem.write(program, POISONS[number % len(POISONS)]) for number, problem in enumerate(problems)]
    return program.build(), Comparison(rule, tuple(results))


def operand_shapes(operation: Operation, shape: Shape) -> list[Shape]:
    """The shapes of operands whose output has the shape ``shape[:-1]`` of a reduction, or ``shape`` of the rest.

    An inner product is given by (M, K, N): matrices of M x K and K x N, or M pairs of vectors of length K.
    """
    if operation.family != "inner-product":
        return [shape] * operation.arity
    m, k, n = shape
    shapes: dict[str, list[Shape]] = {
        "matmul": [(m, k), (k, n)],
        "vecdot": [(m, k), (m, k)],
        "gemm": [(m, k), (k, n), (m, n)],
    }
    return shapes[operation.name]


def attributes_of(operation: Operation) -> dict[str, Any]:
    """The plainest attributes of an operation: reductions along the last axis, gemm without scaling."""
    if operation.name == "gemm":
        return {"alpha": 1.0, "beta": 1.0, "transpose_a": False, "transpose_b": False}
    return {"axis": -1, "keepdims": False} if "axis" in operation.attributes else {}


def exact_problem(
    operation: Operation, types: Types, draw: Draw, shape: Shape, layouts: tuple[Layout, ...] = (), **how: Any
) -> Problem:
    """A problem of whole numbers small enough that any order of evaluation gives the same exact value."""
    operands = whole_operands(operation, types, draw, operand_shapes(operation, shape))
    for index, layout in enumerate(layouts):
        if layout == "broadcast" and operands[index].shape and operands[index].shape[0]:
            operands[index] = np.broadcast_to(operands[index][:1], operands[index].shape)
    return solve(operation, types, operands, attributes_of(operation), layouts=layouts, **how)


def whole_operands(operation: Operation, types: Types, draw: Draw, shapes: Sequence[Shape]) -> list[Array]:
    """Whole numbers for every operand, within what keeps the operation exact; with NaN and infinity to classify."""
    family = operation.family
    most = largest_whole(operation, types, shapes[0][-1] if shapes[0] else 1)
    operands = [whole(draw, dtype, shape, most) for dtype, shape in zip(types.inputs, shapes, strict=True)]
    if family == "elementwise-function":
        low, high = operation.domain[0]
        return [within(draw, types.inputs[0], shapes[0], low, high)]
    if family == "classification" and operands[0].size > 2:
        marks = draw.integers(0, 5, shapes[0])
        for mark, value in ((0, np.nan), (1, np.inf), (2, -np.inf)):
            operands[0][marks == mark] = value
    if family == "quantifier":
        operands[0] = _truth_rows(operation, draw, shapes[0]).astype(operands[0].dtype)
    if operation.name in ("sqrt", "divide", "reciprocal"):
        operands[-1] = np.where(operands[-1] == 0, 3, np.abs(operands[-1])).astype(operands[-1].dtype)
    return operands


def _truth_rows(operation: Operation, draw: Draw, shape: Shape) -> Array:
    """Rows of the truth value that decides nothing; in about half of them one element, at a random place, decides."""
    indifferent = operation.name == "all"
    found = np.full(shape, indifferent)
    if found.size and shape:
        rows = found.reshape(-1, shape[-1])
        places = draw.integers(0, rows.shape[1] - 1, len(rows))
        rows[np.arange(len(rows)), places] ^= draw.integers(0, 1, len(rows)).astype(bool)
    return found


def largest_whole(operation: Operation, types: Types, depth: int) -> int:
    """The largest whole number for which the operation stays exact in its accumulator and finite in its output."""
    if operation.family in ("inner-product", "sum"):
        accumulator = types.accumulate or types.out
        bits = {"float32": 24, "float64": 53, "float16": 11, "bfloat16": 8}.get(accumulator, 31)
        # gemm adds C to the sum of products.
        room = (1 << bits) // max(depth + 1, 1)
        if operation.family == "sum":
            return max(1, min(room, _MOST))
        if types.out == "float16":
            # Products of numbers up to w, n of them and of either sign, add up to about w**2 sqrt(n) / 3: a fifth of
            # what the output holds is seldom too much.
            room = min(room, 3 * 65504 // (5 * math.isqrt(depth + 1)))
        return max(1, min(math.isqrt(room), _MOST))
    squares = operation.name in ("multiply", "square")
    if types.out == "int8" and (squares or operation.name in ("add", "subtract")):
        return 11 if squares else 63
    if types.out == "float16" and squares:
        return 255
    # Comparisons have something to find only where some numbers are equal.
    return 7 if operation.family == "comparison" else _MOST // 2


def within(draw: Draw, dtype: str, shape: Shape, low: float, high: float) -> Array:
    """Full-mantissa numbers of every size within a domain, their magnitudes spread evenly by exponent."""
    reach = int(np.frexp(max(abs(low), abs(high)))[1]) - 1
    values = np.abs(full_mantissa(draw, dtype, shape, (-14, reach))).astype(np.float64)
    signs = draw.signs(shape) if low < 0 < high else np.full(shape, -1 if high <= 0 else 1)
    values = np.clip(values * signs, low, high)
    return reference.into(values, dtype) if values.size else values.astype(numpy_dtype(dtype))
