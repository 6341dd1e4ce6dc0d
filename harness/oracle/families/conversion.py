"""Conversions between types: one right value each, or two where OFP8 leaves what is too large for eight bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.oracle.definition import Definition, Size, aligned_axes
from harness.oracle.draw import Draw
from harness.oracle.families.conversion_inputs import INPUTS
from harness.oracle.formats import FORMATS, integer_range, is_float
from harness.oracle.numbers import whole
from harness.oracle.problem import Array, Wanted, exactly
from harness.oracle.reference.conversion import SATURABLE, converted, flush, saturated
from harness.oracle.task import Task

#: Whole numbers up to here, as far as both types have them.
_MOST = 1 << 10


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """Each value in the other type, subnormal numbers flushed as declared; the sign of a flushed zero is left open."""
    values, out = operands[0], task.types.out
    kept = found = converted(values, out)
    if is_float(task.dtype) and is_float(out):
        if task.declared.flush_inputs:
            found = converted(flush(values, task.dtype), out)
        if task.declared.flush_outputs:
            found = flush(found, out)
    other = saturated(values, found) if out in SATURABLE else None
    if task.flushes and is_float(out):
        lost = (found == 0) & (kept != 0)
        other = np.where(lost, -found, found if other is None else other).astype(found.dtype)
    return (exactly(out, found, other),)


def draw_whole(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """Whole numbers that both types have room for."""
    out = task.types.out
    most = FORMATS[out].largest if is_float(out) else 1 if out == "bool" else integer_range(out)[1]
    return (whole(draw, task.dtype, size, int(min(most, _MOST))),), {}


def sweep(task: Task, length: int) -> Sequence[Size]:
    """Rows of a length, and so many rows."""
    return ((7, length), (length, 5))


DEFINITION = Definition(
    size=lambda task: (7, 19),
    draw=draw_whole,
    solve=solve,
    sweep=sweep,
    plainly_exact=lambda task: True,
    inputs=INPUTS,
    empty=lambda task: ((0, 5), (5, 0)),
    axes=aligned_axes,
)
