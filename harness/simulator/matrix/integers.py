"""Matrix instructions on integers: sums are exact, and wrap in the format of D, or saturate at each instruction's end.

Products of integers of at most 8 bits are exact in float64, and so are sums of 2**37 of them, which BLAS adds fast.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.errors import UsageError
from harness.simulator.matrix.dot import Dot

Array = NDArray[Any]

_LIMITS = {"int4": (-8, 7), "uint4": (0, 15)}


def compute(dot: Dot, a: Array, b: Array, c: Array, *, products: bool) -> Array:
    """``a`` and ``b`` as rows along K: ``products`` of every row with every other plus C, else of each with its own.

    Beyond the format of D a sum wraps, or stops at the limit where that is declared. Raises ``UsageError`` for dtypes
    that do not fit.
    """
    left, right = _whole(dot.a, a, "a"), _whole(dot.b, b, "b")
    if c.dtype != numpy_dtype(dot.c):
        raise UsageError(f"c is an array of {c.dtype}, not of {dot.c}", remedy="convert it")
    total = c.astype(np.int64)
    saturates = dot.get("overflow", "wrap") == "saturate"
    step = dot.depth if saturates else max(left.shape[1], 1)
    limits = np.iinfo(dot.d)
    for begin in range(0, left.shape[1], step):
        in_a, in_b = left[:, begin : begin + step], right[:, begin : begin + step]
        if products:
            total = total + np.asarray(in_a.astype(np.float64) @ in_b.astype(np.float64).T).astype(np.int64)
        else:
            total = total + np.einsum("ij,ij->i", in_a, in_b)
        if saturates:
            total = np.clip(total, limits.min, limits.max)
    return total.astype(numpy_dtype(dot.d))


def _whole(name: str, array: Array, what: str) -> Array:
    """An operand in int64; four-bit integers may come in bytes."""
    if array.dtype != numpy_dtype(name) and not (name in _LIMITS and array.dtype in (np.int8, np.uint8)):
        raise UsageError(f"{what} is an array of {array.dtype}, not of {name}", remedy="convert it")
    found: Array = array.astype(np.int64)
    if name == "int4" and array.dtype == np.uint8:
        found = ((found & 15) ^ 8) - 8
    low, high = _LIMITS.get(name, (None, None))
    if low is not None and high is not None and found.size and (found.min() < low or found.max() > high):
        raise UsageError(f"{what} has values outside {low} to {high}, the range of {name}")
    return found
