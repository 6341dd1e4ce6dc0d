"""Bounds of evenly spaced values: they hold for values multiplied out, interpolated from either end, or added up."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.storage import stored
from harness.oracle.bounds.sums import rounded
from harness.oracle.formats import round_to

Array = NDArray[Any]


def range_bound(to: Arithmetic, dtype: str, values: Sequence[Fraction], step: Fraction) -> Array:
    """The error of element i of ``arange``: ``(i + 3) u (|start| + i |step|) + i eta``, and the rounding of the output.

    Element i is start and i steps. Added one after another they err by ``i u`` of the sum of their absolute values
    (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., 4.2); ``i * step`` and one addition, with a step
    that was itself found as the difference of the first two elements, err by no more. The standard asks for no wider
    type than the result's. As long as every number on the way is one of that type, the error is zero.
    """
    own = stored(to, dtype)
    reference = floats(values)
    place = np.arange(len(values), dtype=np.float64)
    magnitude = abs(float(values[0]) if values else 0.0) + place * abs(float(step))
    error = (place + 3) * own.u * magnitude + place * own.eta
    found = rounded(own, error, magnitude, np.ones_like(place), reference)
    steps = [number * step for number in range(len(values))]
    on_the_way = holds(dtype, values) & holds(dtype, steps) & holds(dtype, [*map(Fraction, range(len(values)))])
    return np.where(np.logical_and.accumulate(on_the_way), 0.0, found)


def spacing_bound(
    to: Arithmetic, dtype: str, values: Sequence[Fraction], ends: tuple[Fraction, Fraction], *, endpoint: bool
) -> Array:
    """The error of ``linspace``: ``(n + 4) u (|start| + |stop|) + n eta``, and the rounding of the output.

    A step errs by 2 u, its multiple by one u more, the sum by u of an element; interpolation between both ends errs by
    no more, and steps added up from either end by n u (Higham, 4.2). The first element is start, and the last is stop
    where the end point is included. If every number on each of these ways is one of the type, all errors are zero.
    """
    own, count = stored(to, dtype), len(values)
    start, stop = ends
    magnitude = np.full(count, abs(float(start)) + abs(float(stop)))
    error = (count + 4) * own.u * magnitude + count * own.eta
    found = rounded(own, error, magnitude, np.ones(count), floats(values))
    found[:1] = 0.0
    if endpoint and count > 1:
        found[-1] = 0.0
    return np.zeros(count) if _exact(dtype, values, start, stop, endpoint=endpoint) else found


def _exact(dtype: str, values: Sequence[Fraction], start: Fraction, stop: Fraction, *, endpoint: bool) -> bool:
    gaps = max(len(values) - endpoint, 1)
    parts = [Fraction(place, gaps) for place in range(gaps + 1)]
    ways = [
        [Fraction(place) for place in range(gaps + 1)],
        parts,
        [part * start for part in parts],
        [part * stop for part in parts],
        [part * (stop - start) for part in parts],
        [start + part * (stop - start) for part in parts],
    ]
    return all(bool(holds(dtype, numbers).all()) for numbers in ways)


def floats(values: Sequence[Fraction]) -> Array:
    """The nearest float64 of each number."""
    return np.array([float(value) for value in values], np.float64)


def holds(dtype: str, values: Sequence[Fraction]) -> NDArray[np.bool_]:
    """Which numbers a floating-point dtype has."""
    nearest = floats(values)
    exact = np.array([Fraction(float(near)) == value for near, value in zip(nearest, values, strict=True)], np.bool_)
    return np.asarray(exact & (round_to(nearest, dtype).astype(np.float64) == nearest))
