"""Exact operations on each element by itself: arithmetic, comparisons, classification and logic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Definition, Size, aligned_axes
from harness.oracle.draw import Draw
from harness.oracle.families.elementwise_inputs import INPUTS
from harness.oracle.families.elementwise_operands import QUOTIENTS, full, operands_of
from harness.oracle.problem import Array, Wanted, exactly
from harness.oracle.reference.elementwise import exact as exact_result
from harness.oracle.task import Task


def size(task: Task) -> Size:
    """A matrix."""
    return (7, 19)


def sweep(task: Task, length: int) -> Sequence[Size]:
    """A vector, and rows of a length."""
    return ((length,), (3, length))


def empty(task: Task) -> Sequence[Size]:
    """A vector and a matrix of nothing."""
    return ((0,), (3, 0))


def draw_plain(task: Task, draw: Draw, shape: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """Whole numbers of one shape."""
    return operands_of(task, draw, [shape] * task.operation.arity), {}


def draw_rough(task: Task, draw: Draw, shape: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """Numbers whose last bit is set; whole ones where nothing is rounded, or few of them would be told apart."""
    if task.floating and task.family == "elementwise-exact":
        return full(task, draw, shape), {}
    return draw_plain(task, draw, shape)


def solve(
    task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool = True
) -> tuple[Wanted, ...]:
    """The one right result: every bit of it counts."""
    with np.errstate(all="ignore"):
        typed = [np.asarray(o).astype(numpy_dtype(d)) for o, d in zip(operands, task.types.inputs, strict=True)]
    return (exactly(task.types.out, exact_result(task.name, typed, task.types.out)),)


def fixed(task: Task) -> Sequence[int]:
    """What remains of a division of zero, or by it, has a sign that is asked for by itself; limits stay in order."""
    return (0, 1) if task.name in QUOTIENTS else (1, 2) if task.name == "clip" else ()


DEFINITION = Definition(
    size=size,
    draw=draw_plain,
    solve=solve,
    sweep=sweep,
    plainly_exact=lambda task: True,
    inputs=INPUTS,
    rough=draw_rough,
    empty=empty,
    axes=aligned_axes,
    fixed=fixed,
)
