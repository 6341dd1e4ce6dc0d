"""Sums of all elements up to a place, each added up by itself, with what their bounds are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Prefixes:
    """For each place of a result: the sum of its terms, the sum of their absolute values, and how many are not zero."""

    total: Array
    magnitude: Array
    terms: Array


def prefixes(x: Array, axis: int, *, exclusive: bool = False, reverse: bool = False, initial: bool = False) -> Prefixes:
    """All sums along an axis: of the elements before a place and its own, or with ``reverse`` its own and those behind.

    Without its own where it is ``exclusive``; ``initial`` puts the sum of nothing in front. Sums of floating-point
    numbers are exact but for one rounding to float64, by ``twofold`` addition.
    """
    rows = np.moveaxis(x.astype(np.int64 if x.dtype.kind == "i" else np.float64), axis, 0)
    length = len(rows)
    if reverse:
        rows = rows[::-1]
    begin, end = (0, length) if exclusive or initial else (1, length + 1)
    end = length + 1 if initial else end
    with np.errstate(invalid="ignore", over="ignore"):
        found = [
            _running(part, np.zeros(rows.shape[1:], part.dtype), begin, end)
            for part in (rows, np.abs(rows), (rows != 0).astype(np.int64))
        ]
    return Prefixes(*(np.moveaxis(part[::-1] if reverse else part, 0, axis) for part in found))


def _running(rows: Array, nothing: Array, begin: int, end: int) -> Array:
    """The sums of the first ``begin`` to ``end - 1`` rows."""
    high, low = nothing, nothing
    sums = [nothing]
    for row in rows:
        high, low = twofold(high, low, row)
        sums.append(high + low if rows.dtype.kind == "f" else high)
    chosen = sums[begin:end]
    return np.stack(chosen) if chosen else np.empty((0, *nothing.shape), rows.dtype)


def twofold(high: Array, low: Array, term: Array) -> tuple[Array, Array]:
    """A sum held in two float64 numbers, with one more term (Knuth, The Art of Computer Programming 2, 4.2.2)."""
    total = high + term
    if total.dtype.kind != "f":
        return total, low
    part = total - high
    lost = (high - (total - part)) + (term - part)
    return total, np.where(np.isfinite(lost), low + lost, low)
