"""Conversion between formats: one rounding to nearest even (IEEE 754-2019, clause 4.3.1), whatever the two formats are.

Libraries convert float64 to the short formats by way of float32 and round twice; here the step in between rounds to
odd, after which the second rounding is that of the exact value (Boldo and Melquiond, 2008).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype

Array = NDArray[Any]

#: What numpy rounds to directly; everything else is rounded by way of float32.
_DIRECT = frozenset({"float16", "float32", "float64"})


def is_float(dtype: np.dtype[Any]) -> bool:
    """Whether a dtype is a floating-point format, numpy's or an extension's."""
    return dtype.kind == "f" or dtype.name.startswith(("bfloat", "float"))


def widen(values: Array) -> Array:
    """The same values in a format numpy computes in: short formats become float32, others stay."""
    return values.astype(np.float32) if is_float(values.dtype) and values.dtype.itemsize < 4 else values


def convert(values: Array, target: str) -> Array:
    """``values`` in the format ``target``.

    To a floating-point format: rounded to nearest even, overflow as the format has it (infinity, or NaN in formats
    without one). From floating point to integers: truncated towards zero, out of range the nearest limit, NaN zero.
    From integer to integer: modulo two to the number of bits. To bool: whether the value is not zero.
    """
    dtype = numpy_dtype(target)
    if values.dtype == dtype:
        return values
    if target == "bool":
        return np.asarray(widen(values) != 0)
    if not is_float(dtype):
        return _truncate(values, dtype) if is_float(values.dtype) else values.astype(dtype)
    if target in _DIRECT:
        return widen(values).astype(dtype)
    if values.dtype.kind in "iu" and values.dtype.itemsize == 8:
        values = _float64_to_odd(values)
    elif values.dtype.kind in "iub":
        values = values.astype(np.float64)
    if values.dtype == np.float64:
        values = _float32_to_odd(values)
    return values.astype(dtype)


def flush(values: Array, name: str) -> Array:
    """``values`` of the format ``name`` with each subnormal replaced by the zero of its sign."""
    dtype = numpy_dtype(name)
    if not is_float(dtype):
        return values
    wide = widen(values)
    subnormal = (wide != 0) & (np.abs(wide) < _smallest_normal(name))
    return np.where(subnormal, np.copysign(wide.dtype.type(0), wide), wide).astype(dtype)


def _smallest_normal(name: str) -> float:
    if name in ("float16", "float32", "float64"):
        return float(np.finfo(name).smallest_normal)
    import ml_dtypes

    return float(ml_dtypes.finfo(numpy_dtype(name)).smallest_normal)  # type: ignore[no-untyped-call]


def _truncate(values: Array, dtype: np.dtype[Any]) -> Array:
    wide = np.trunc(widen(values).astype(np.float64))
    limits = np.iinfo(dtype)
    low, high = wide <= float(limits.min), wide >= float(limits.max)
    inside = np.where(low | high | np.isnan(wide), 0.0, wide).astype(dtype)
    return np.where(high, dtype.type(limits.max), np.where(low, dtype.type(limits.min), inside))


def _float32_to_odd(values: Array) -> Array:
    """float64 to float32, inexact values to the neighbour whose last bit is one."""
    nearest = values.astype(np.float32)
    back = nearest.astype(np.float64)
    truncated = np.where(np.abs(back) > np.abs(values), np.nextafter(nearest, np.float32(0)), nearest)
    inexact = (truncated.astype(np.float64) != values) & ~np.isnan(values)
    return np.asarray((truncated.view(np.uint32) | inexact.astype(np.uint32)).view(np.float32))


def _float64_to_odd(values: Array) -> Array:
    """64-bit integers to float64, inexact values to the neighbour whose last bit is one."""
    magnitude = np.where(values < 0, -values, values).astype(np.uint64)
    large = magnitude >= np.uint64(1 << 53)
    sticky = (magnitude & np.uint64(0x7FF)) != 0
    odd = (magnitude & ~np.uint64(0xFFF)) | (magnitude & np.uint64(0x800)) | (sticky.astype(np.uint64) << np.uint64(11))
    exact = np.where(large, odd, magnitude).astype(np.float64)
    return np.where(values < 0, -exact, exact)
