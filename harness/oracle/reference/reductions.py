"""Reductions by their definition: each result's elements in a row, and exact sums, products and extrema of rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.formats import is_float

Array = NDArray[Any]

#: Whole numbers up to here, and their sums, are exact in float64.
_EXACT = 2.0**53


@dataclass(frozen=True)
class Rows:
    """What a reduction reduces: for each result a row of ``terms`` (float64, int64 or bool), and the results' shape."""

    terms: Array
    shape: tuple[int, ...]


def rows_of(values: Array, attributes: Mapping[str, Any]) -> Rows:
    """The elements of each result, by ``axis`` (an int, or ``None`` for all) and ``keepdims``."""
    axis, shape = attributes.get("axis"), values.shape
    if axis is None:
        terms, left = values.reshape(1, -1), tuple(1 for _ in shape)
    else:
        axis = axis % values.ndim
        left = (*shape[:axis], 1, *shape[axis + 1 :])
        terms = np.moveaxis(values, axis, -1).reshape(math.prod(left), shape[axis])
    if not attributes.get("keepdims", False):
        left = () if axis is None else left[:axis] + left[axis + 1 :]
    return Rows(_as_numbers(terms), left)


def _as_numbers(values: Array) -> Array:
    if values.dtype == np.bool_:
        return values
    with np.errstate(invalid="ignore"):  # of signalling NaN
        return values.astype(np.float64 if is_float(values.dtype.name) else np.int64)


def sums(terms: Array) -> Array:
    """The sum of each row: exact of integers, of floats rounded once to float64; NaN and infinities by IEEE 754."""
    if terms.dtype.kind != "f":
        return np.asarray(terms.sum(axis=1, dtype=np.int64))
    finite = np.isfinite(terms)
    whole = np.where(finite, terms, 0.0)
    if (np.abs(whole) <= _EXACT).all() and (whole == np.rint(whole)).all() and np.abs(whole).sum() < _EXACT:
        found = whole.sum(axis=1)
    else:
        found = np.array([_sum(row.tolist()) for row in whole])
    with np.errstate(invalid="ignore"):
        special = np.where(finite, 0.0, terms).sum(axis=1)
    return np.asarray(np.where(finite.all(axis=1), found, special))


def _sum(row: list[float]) -> float:
    try:
        return math.fsum(row)
    except OverflowError:
        return _rounded(sum(map(Fraction, row), Fraction()))


def products(terms: Array) -> Array:
    """The product of each row: exact of integers, of floats rounded once to float64; NaN and infinities by IEEE 754."""
    if terms.dtype.kind != "f":
        return np.asarray(terms.astype(np.int64).prod(axis=1))
    ordinary = np.isfinite(terms) & (terms != 0)
    numbers = np.where(ordinary, terms, np.copysign(1.0, terms))
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        found, special = numbers.prod(axis=1), np.where(ordinary, np.copysign(1.0, terms), terms).prod(axis=1)
    for row in np.flatnonzero(ordinary.all(axis=1) & ~_exact_in_any_order(numbers)):
        found[row] = _product(numbers[row])
    return np.asarray(np.where(ordinary.all(axis=1), found, special))


def _exact_in_any_order(numbers: Array) -> NDArray[np.bool_]:
    """Rows so short of bits and so near one that float64 holds all their partial products."""
    significands, exponents = np.frexp(numbers)
    whole = np.ldexp(significands, 53).astype(np.int64)
    _, lowest = np.frexp((whole & -whole).astype(np.float64))
    bits = (54 - lowest).sum(axis=1)
    return np.asarray((bits <= 53) & (np.abs(exponents).sum(axis=1) + bits < 1000))


def _product(row: Array) -> float:
    significands, exponents = np.frexp(row)
    whole = np.ldexp(significands, 53).astype(np.int64)
    lowest = whole & -whole
    odd = whole // lowest
    exponent = int(exponents.sum()) - 53 * row.size + int(np.log2(lowest.astype(np.float64)).sum())
    return _rounded(Fraction(math.prod(odd[odd != 1].tolist())) * Fraction(2) ** exponent)


def _rounded(value: Fraction) -> float:
    """The float64 nearest to a fraction, or infinity."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def extrema(terms: Array, *, largest: bool) -> Array:
    """The largest or smallest element of each row; NaN where the row has one."""
    return np.asarray(terms.max(axis=1) if largest else terms.min(axis=1))


def places_of_extrema(terms: Array, *, largest: bool) -> Array:
    """Where in each row the first of the largest or smallest elements stands, or the first NaN."""
    extreme = extrema(terms, largest=largest)[:, None]
    found = terms == extreme
    if terms.dtype.kind == "f":
        found |= np.isnan(terms) & np.isnan(extreme)
    # Of truth values, argmax gives the first that is true.
    return np.asarray(found.argmax(axis=1).astype(np.int64))


def truths(terms: Array) -> Array:
    """Which elements count as true: all but zeros, NaN among them."""
    return np.asarray(terms != 0)
