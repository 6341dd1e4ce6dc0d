"""Arithmetic one step at a time, in float32 as a device might have it: to nearest, truncating, or flushing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic

Array = NDArray[Any]
Round = Callable[[Any], Array]

_U, _TINY, _NORMAL = 2.0**-24, 2.0**-149, 2.0**-126


def nearest(values: Any) -> Array:
    """Rounded to nearest even."""
    return np.asarray(values, dtype=np.float64).astype(np.float32).astype(np.float64)


def truncated(values: Any) -> Array:
    """Rounded toward zero."""
    exact = np.asarray(values, dtype=np.float64)
    found = exact.astype(np.float32)
    beyond = np.abs(found.astype(np.float64)) > np.abs(exact)
    return np.where(beyond, np.nextafter(found, np.float32(0)), found).astype(np.float64)


def flushed(values: Any) -> Array:
    """Rounded to nearest even, with zero in place of subnormal numbers."""
    found = nearest(values)
    return np.where(np.abs(found) < _NORMAL, 0.0, found)


#: Each way of rounding, and the arithmetic a result of it is held to.
WAYS: dict[str, tuple[Round, Arithmetic]] = {
    "nearest": (nearest, Arithmetic("float32", _U, _TINY, _U, _TINY)),
    "truncated": (truncated, Arithmetic("float32", 2 * _U, _TINY, _U, _TINY)),
    "flushed": (flushed, Arithmetic("float32", _U, _NORMAL, _U, _NORMAL)),
}


def total(terms: Array, rounded: Round, order: str) -> Array:
    """The sum along the last axis: one after another, from either end, or halves put together."""
    if order == "halves":
        while terms.shape[-1] > 1:
            if terms.shape[-1] % 2:
                terms = np.concatenate([terms, np.zeros((*terms.shape[:-1], 1))], axis=-1)
            terms = rounded(terms[..., ::2] + terms[..., 1::2])
        return terms[..., 0]
    found = np.zeros(terms.shape[:-1])
    for term in np.moveaxis(terms if order == "forward" else terms[..., ::-1], -1, 0):
        found = rounded(found + term)
    return found
