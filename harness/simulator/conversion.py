"""Conversion between formats: one rounding, whatever the two formats are and whichever the mode.

Libraries convert float64 and integers to the short formats by way of float32 and round twice; here the bits of float64
are rounded once. Integers that it does not hold go there rounded to odd, after which the second rounding is that of the
exact value (Boldo and Melquiond, 2008).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.simulator.formats import FORMATS, Format
from harness.simulator.rounding_modes import MODES, words_of

Array = NDArray[Any]

#: What numpy rounds to directly.
_DIRECT = frozenset({"float16", "float32", "float64"})
#: Formats to which numpy and ml_dtypes round to nearest even correctly, given what they can round once.
_NEAREST = _DIRECT | {"bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"}


def is_float(dtype: np.dtype[Any]) -> bool:
    """Whether a dtype is a floating-point format, numpy's or an extension's."""
    return dtype.kind == "f" or dtype.name.startswith(("bfloat", "float"))


def widen(values: Array) -> Array:
    """The same values in a format numpy computes in: short formats become float32, others stay."""
    return values.astype(np.float32) if is_float(values.dtype) and values.dtype.itemsize < 4 else values


def convert(values: Array, target: str, rounding: str = "nearest-even") -> Array:
    """``values`` in the format ``target``.

    To a floating-point format: rounded once, in one of the modes of IEEE 754-2019, clause 4.3; ``rounding_modes`` says
    what becomes of what is too large, and of infinities and NaN in formats that lack them. ``tf32`` and ``xf32`` come
    as float32, ``ue4m3`` as float8_e4m3fn. From floating point to integers: truncated towards zero, out of range the
    nearest limit, NaN zero. From integer to integer: modulo two to the number of bits. To bool: whether the value is
    not zero.
    """
    if rounding == "nearest-even" and target in _NEAREST:
        return _nearest(values, target)
    if target in FORMATS:
        return _rounded(values, FORMATS[target], rounding)
    return _nearest(values, target)


def _nearest(values: Array, target: str) -> Array:
    """To nearest even, by the conversions of numpy and ml_dtypes where those round once."""
    dtype = numpy_dtype(target)
    if values.dtype == dtype:
        return values
    if target == "bool":
        return np.asarray(widen(values) != 0)
    if not is_float(dtype):
        return _truncate(values, dtype) if is_float(values.dtype) else values.astype(dtype)
    if target in _DIRECT:
        return widen(values).astype(dtype)
    if values.dtype == np.float64 or values.dtype.kind in "iub":
        return _rounded(values, FORMATS[target], "nearest-even")
    return (values if values.dtype.itemsize > 1 else widen(values)).astype(dtype)


def _rounded(values: Array, form: Format, rounding: str) -> Array:
    """To any floating-point format, in any mode."""
    if rounding not in MODES:
        raise ValueError(f"no rounding {rounding!r}")
    dtype = numpy_dtype(form.held_as)
    if values.dtype == dtype and dtype.name == form.name:
        return values
    if form.name == "float64":
        wide = values.dtype.kind in "iu" and values.dtype.itemsize == 8
        return _float64_of_integers(values, rounding) if wide else widen(values).astype(np.float64)
    if is_float(values.dtype) and values.dtype.itemsize < 4:
        word = np.dtype(f"uint{8 * values.dtype.itemsize}")
        found = _table(values.dtype, form.name, rounding)[np.ascontiguousarray(values).view(word)]
    elif values.dtype.kind in "iu" and values.dtype.itemsize == 8:
        found = words_of(_float64_to_odd(values), form, rounding)
    else:
        found = words_of(values.astype(np.float64, copy=False), form, rounding)
    return np.asarray(found).reshape(values.shape).view(dtype)


@lru_cache(maxsize=256)
def _table(source: np.dtype[Any], target: str, rounding: str) -> Array:
    """The words of a format that the words of a short one become."""
    words = np.arange(256**source.itemsize, dtype=f"uint{8 * source.itemsize}")
    with np.errstate(all="ignore"):
        values = widen(words.view(source)).astype(np.float64)
    found: Array = words_of(values, FORMATS[target], rounding)
    found.setflags(write=False)
    return found


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


def _float64_to_odd(values: Array) -> Array:
    """64-bit integers to float64, inexact values to the neighbour whose last bit is one."""
    magnitude = np.where(values < 0, -values, values).astype(np.uint64)
    large = magnitude >= np.uint64(1 << 53)
    sticky = (magnitude & np.uint64(0x7FF)) != 0
    odd = (magnitude & ~np.uint64(0xFFF)) | (magnitude & np.uint64(0x800)) | (sticky.astype(np.uint64) << np.uint64(11))
    exact = np.where(large, odd, magnitude).astype(np.float64)
    return np.where(values < 0, -exact, exact)


def _float64_of_integers(values: Array, rounding: str) -> Array:
    """64-bit integers to float64, in any mode; at most eleven bits go."""
    negative = values < 0
    magnitude = np.where(negative, -values, values).astype(np.uint64)
    bounds = np.uint64(1) << np.arange(53, 64, dtype=np.uint64)
    shift = np.searchsorted(bounds, magnitude, side="right").astype(np.uint64)
    kept = magnitude >> shift
    rest, unit = magnitude - (kept << shift), np.uint64(1) << shift
    up = {
        "nearest-even": 2 * rest + (kept & np.uint64(1)) > unit,
        "nearest-away": 2 * rest >= unit,
        "toward-zero": np.zeros(values.shape, np.bool_),
        "toward-positive": (rest > 0) & ~negative,
        "toward-negative": (rest > 0) & negative,
    }[rounding]
    exact = np.ldexp((kept + (up & (shift > 0))).astype(np.float64), shift.astype(np.int32))
    return np.asarray(np.where(negative, -exact, exact))
