"""Conversions by their definition: rounded once, to nearest even; what is too large for eight bits, in both ways."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.oracle.formats import FORMATS, is_float, round_to

Array = NDArray[Any]

#: Formats for which OFP8 leaves two ways to convert what is too large.
SATURABLE = frozenset({"float8_e4m3fn", "float8_e5m2"})


def converted(values: Array, dtype: str) -> Array:
    """Numbers in another type: rounded once to a floating-point format, the fraction dropped for an integer type."""
    with np.errstate(all="ignore"):
        numbers = values.astype(np.float64) if is_float(values.dtype.name) else values
        if is_float(dtype):
            return round_to(numbers, dtype)
        if dtype == "bool":
            return np.asarray(numbers != 0)
        return np.asarray((np.trunc(numbers) if numbers.dtype.kind == "f" else numbers).astype(numpy_dtype(dtype)))


def saturated(values: Array, found: Array) -> Array:
    """A conversion ``found`` to eight bits with the largest number of its sign in place of infinity, or of NaN for it.

    OCP 8-bit Floating Point Specification 1.0, 2023: a conversion may saturate, infinities among its operands too, or
    give infinity or, in E4M3, NaN.
    """
    largest = FORMATS[found.dtype.name].largest
    with np.errstate(invalid="ignore"):
        numbers, result = values.astype(np.float64), found.astype(np.float64)
    beyond = ~np.isnan(numbers) & ~np.isfinite(result)
    return np.where(beyond, np.copysign(largest, numbers), result).astype(found.dtype)


def flush(values: Array, dtype: str) -> Array:
    """Subnormal numbers of a format replaced by zeros of their sign; anything else as it is."""
    if not is_float(dtype):
        return values
    small = subnormal(values, dtype)
    with np.errstate(invalid="ignore"):  # of signalling NaN
        zeros = np.copysign(0.0, values.astype(np.float64)).astype(values.dtype)
    return np.where(small, zeros, values)


def subnormal(values: Array, dtype: str) -> NDArray[np.bool_]:
    """Which values are subnormal numbers of a format."""
    with np.errstate(invalid="ignore"):
        magnitude = np.abs(values.astype(np.float64))
    return np.asarray((magnitude > 0) & (magnitude < FORMATS[dtype].smallest_normal))
