"""Products of whole numbers of eight bits with their zero points, exact in 32 bits: MatMulInteger of ONNX."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Definition, Question, Size, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.inputs.matrix_products import classes
from harness.oracle.inputs.product_sides import Beside, Operands, Spelling, names_of, swapped
from harness.oracle.numbers import any_bits
from harness.oracle.problem import Array, Problem, Wanted, exactly
from harness.oracle.reference.matrix_products import whole_product
from harness.oracle.task import Task

#: Leading dimensions that are equal, missing or of length one; vectors at either end.
_STACKS = (
    ("equal", (3, 4, 9), (3, 9, 5)),
    ("left-alone", (3, 4, 9), (9, 5)),
    ("both-stretched", (2, 1, 4, 9), (3, 9, 5)),
    ("row", (33,), (33, 9)),
    ("column", (9, 33), (33,)),
)


def spell(task: Task, draw: Draw, left: Array, right: Array, beside: Beside) -> Operands:
    """Operands of a launch on two sides, with zero points where something stands beside the product."""
    operands = [left, swapped(right)]
    if beside != "nothing":
        operands += [_zero(task, draw, index, ()) for index in (0, 1)]
    return operands, {}


def _zero(task: Task, draw: Draw, index: int, shape: tuple[int, ...]) -> Array:
    """Zero points of an operand, small ones, so that long products stay within 32 bits; none of them zero."""
    values = draw.integers(1, 9, shape)
    if task.types.inputs[index] == "int8":
        values = values * draw.signs(shape)
    return values.astype(numpy_dtype(task.types.inputs[2 + index]))


SPELLING = Spelling(spell)


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """Every element as it is: zero points are subtracted, then products are added, modulo two to the 32."""
    a, b = (operand.astype(np.float64) for operand in operands[:2])
    left, right = a if a.ndim > 1 else a[None, :], b if b.ndim > 1 else b[:, None]
    if len(operands) > 2:
        left = left - _lined(operands[2], left, -2)
    if len(operands) > 3:
        right = right - _lined(operands[3], right, -1)
    found = whole_product(left, right)
    found = found[..., 0, :] if a.ndim == 1 else found
    found = found[..., 0] if b.ndim == 1 else found
    return (exactly("int32", found.astype(np.int32)),)


def _lined(zero: Array, matrix: Array, axis: int) -> Array:
    """Zero points in a shape that broadcasts: a vector is one for each row (-2) or column (-1)."""
    values = zero.astype(np.float64)
    if values.ndim == 1 and values.size > 1:
        return values[:, None] if axis == -2 else values[None, :]
    return values.reshape(()) if values.size == 1 else values


def _zero_points(task: Task) -> Iterator[Question]:
    """None, one of them, one for all, one for each row and column, in matrices and in stacks."""
    ways: tuple[tuple[str, tuple[tuple[int, ...], ...]], ...] = (
        ("none", ()),
        ("of-a-alone", ((),)),
        ("one-element", ((1,), (1,))),
        ("rows-and-columns", ((9,), (7,))),
        ("rows", ((9,), ())),
        ("columns", ((), (7,))),
    )
    for name, shapes in ways:
        yield from pairs(name, partial(_with_zero_points, task, (9, 33), (33, 7), shapes))
    yield from pairs("stacks", partial(_with_zero_points, task, (3, 9, 33), (3, 33, 7), ((3, 9, 1), (3, 1, 7))))
    yield from pairs("full-range", partial(_full_range, task))


def _with_zero_points(
    task: Task,
    left: tuple[int, ...],
    right: tuple[int, ...],
    zeros: Sequence[tuple[int, ...]],
    draw: Draw,
) -> list[Problem]:
    operands = [any_bits(draw, dtype, shape) for dtype, shape in zip(task.types.inputs[:2], (left, right), strict=True)]
    operands += [any_bits(draw, task.types.inputs[2 + index], shape) for index, shape in enumerate(zeros)]
    return [pose(task, operands, exact=True)]


def _full_range(task: Task, draw: Draw) -> list[Problem]:
    """Operands at one end of the range and zero points at the other: differences of nine bits."""
    operands, ends = [], []
    for dtype, shape in zip(task.types.inputs[:2], ((9, 130), (130, 7)), strict=True):
        info = np.iinfo(dtype)
        low = bool(draw.integers(0, 1, 1)[0])
        near = draw.integers(0, 3, shape)
        operands.append((info.min + near if low else info.max - near).astype(numpy_dtype(dtype)))
        ends.append(np.array(info.max if low else info.min, numpy_dtype(dtype)))
    return [pose(task, [*operands, *ends], exact=True)]


def _batches(task: Task) -> Iterator[Question]:
    """Leading dimensions that are equal, missing or of length one, and vectors."""
    for name, left, right in _STACKS:
        yield from pairs(name, partial(_with_zero_points, task, left, right, ((), ())))


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    return spell(task, draw, *SPELLING.wholes(task, draw, size), "whole")


def _sweep(task: Task, length: int) -> Sequence[Size]:
    return (length, 3, 5), (5, length, 3), (5, 3, length)


def axes(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """M, K and N by their names; zero points of rows and of columns as vectors lie along them."""
    shapes = [operand.shape for operand in operands]
    if len(shapes) > 2 and len(shapes[2]) == 1:
        shapes[2] = (*shapes[2], 1)
    found = names_of(shapes)
    return [names[: operand.ndim] for operand, names in zip(operands, found, strict=True)]


DEFINITION = Definition(
    size=lambda task: (7, 33, 5),
    draw=_draw,
    solve=solve,
    sweep=_sweep,
    plainly_exact=lambda task: True,
    inputs={
        **classes(SPELLING, "scaling", "cancellation", "specials", "subnormals", "overflow", "batch-invariance"),
        "zero-points": _zero_points,
        "batches": _batches,
    },
    empty=lambda task: ((0, 3, 5), (4, 0, 5), (4, 3, 0)),
    axes=axes,
)
