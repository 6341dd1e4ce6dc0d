"""Rows in order: each element's place counted from how many stand before it. No NaN, and no zeros of both signs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Rows compared with themselves take the square of their length; so many elements at a time.
_AT_ONCE = 1 << 21


def order(x: Array, axis: int, *, descending: bool) -> Array:
    """The indices that put rows in order, of equal elements the one of smaller index first."""
    return along(_order_of_rows, x, axis, descending)


def along(of_rows: Callable[[Array, bool], Array], x: Array, axis: int, descending: bool) -> Array:
    """A function of the rows of a matrix, carried out along an axis."""
    rows = np.moveaxis(x, axis, -1)
    matrix = numbers(rows).reshape(int(np.prod(rows.shape[:-1])), rows.shape[-1])
    found = of_rows(matrix, descending).reshape(rows.shape)
    return np.moveaxis(found, -1, axis)


def numbers(x: Array) -> Array:
    """The same numbers in int64 or float64."""
    return x.astype(np.int64 if x.dtype.kind in "iu" else np.float64)


def _order_of_rows(rows: Array, descending: bool) -> Array:
    """An element's place is how many come before it: those that are beyond it, and equal ones of smaller index."""
    length = rows.shape[1]
    found = np.empty(rows.shape, np.int64)
    own = np.arange(length)
    chunk = max(1, _AT_ONCE // max(length * length, 1))
    for begin in range(0, len(rows), chunk):
        part = rows[begin : begin + chunk]
        mine, other = part[:, :, None], part[:, None, :]
        before = (other > mine if descending else other < mine) | ((other == mine) & (own[None, :] < own[:, None]))
        places = before.sum(axis=-1)
        np.put_along_axis(found[begin : begin + chunk], places, np.broadcast_to(own, places.shape), axis=1)
    return found


def insertion_points(row: Array, values: Array, side: str) -> Array:
    """How many elements of a sorted row lie before each value, equal ones counted on the side ``right``."""
    sorted_row, sought = numbers(row), numbers(values)[..., None]
    before = sorted_row <= sought if side == "right" else sorted_row < sought
    return np.asarray(before.sum(axis=-1)).astype(np.int64)
