"""Sums and means along an axis: exact where every order is, else within a bound that follows the terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isqrt
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.bounds.sums import sum_bound
from harness.oracle.definition import Definition, Size, aligned_axes
from harness.oracle.draw import Draw
from harness.oracle.families.sum_inputs import INPUTS
from harness.oracle.formats import FORMATS, is_float, round_to
from harness.oracle.inputs.rows import ALONG, some_empty, sweep
from harness.oracle.numbers import whole
from harness.oracle.problem import Array, Wanted, exactly, within
from harness.oracle.reference.reductions import rows_of, sums
from harness.oracle.task import Task

Operands = tuple[Sequence[Array], Mapping[str, Any]]

#: Whole numbers of at most eleven bits, which every floating-point format but bfloat16 has room for.
_MOST = 1 << 11


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """The sum of each row, or its mean: rounded once where every order is exact, else with its bound.

    A mean of exact sums is exact where the number of terms is a power of two.
    """
    rows, out = rows_of(operands[0], attributes), task.types.out
    count = rows.terms.shape[1] if task.name == "mean" else 1
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (sums(rows.terms) / count if task.name == "mean" else sums(rows.terms)).reshape(rows.shape)
    if not is_float(out):
        return (exactly(out, found.astype(numpy_dtype(out))),)
    rounded = round_to(found, out)
    lost = _flushed(task, rows.terms).reshape(rows.shape)
    if exact and count & (count - 1) == 0 and not lost.any():
        return (exactly(out, rounded),)
    with np.errstate(over="ignore"):
        terms = np.where(np.isfinite(rows.terms), np.abs(rows.terms), 0.0)
        magnitude = (sums(terms) / max(count, 1)).reshape(rows.shape)
        number = (terms != 0).sum(axis=1).reshape(rows.shape)
        bound = sum_bound(task.held_to, magnitude, number, found, divided=count > 1) + lost / max(count, 1)
    overflows = np.isinf(rounded.astype(np.float64))
    expected = np.where(overflows, np.copysign(np.inf, found), found)
    return (within(out, expected, np.where(np.isfinite(expected), bound, 0.0)),)


def _flushed(task: Task, terms: Array) -> Array:
    """The most that flushing, where it is declared, takes from each row by its subnormal terms."""
    smallest = FORMATS[task.dtype].smallest_normal
    small = (terms != 0) & (np.abs(terms) < smallest)
    return np.asarray(small.sum(axis=1) * smallest if task.flushes else np.zeros(len(terms)))


def most_whole(task: Task, length: int) -> int:
    """The largest whole number of which rows of a length have exact sums, that a narrow result seldom is too small for.

    Terms up to w, n of them and of either sign, add up to about w sqrt(n) / 2.
    """
    out = task.types.out
    if not is_float(out):
        return _MOST
    room = (1 << FORMATS[task.types.working].p) // max(length, 1)
    reach = int(min(FORMATS[out].largest, 2.0**60)) // isqrt(max(length, 1))
    return max(1, min(room, reach, _MOST))


def plain(task: Task, draw: Draw, size: Size) -> Operands:
    """Whole numbers whose sums along any axes are exact in the accumulator."""
    # A launch may reduce all axes of a size of three.
    length = int(np.prod(size)) if len(size) > 2 else size[-1]
    return (whole(draw, task.dtype, size, most_whole(task, length)),), ALONG


def rough(task: Task, draw: Draw, size: Size) -> Operands:
    """Numbers of full precision from -1 to 1."""
    if not task.floating:
        return plain(task, draw, size)
    p = FORMATS[task.dtype].p
    most = (1 << p) - 1
    values = np.ldexp(draw.integers(-most, most, size).astype(np.float64), -p)
    return (values.astype(numpy_dtype(task.dtype)),), ALONG


def size(task: Task) -> Size:
    """Seven rows; of a mean, of a power of two of terms, so that it is exact."""
    return (7, 64) if task.name == "mean" else (7, 33)


DEFINITION = Definition(
    size=size,
    draw=plain,
    solve=solve,
    sweep=sweep,
    plainly_exact=lambda task: True,
    inputs=INPUTS,
    rough=rough,
    empty=some_empty,
    axes=aligned_axes,
)
