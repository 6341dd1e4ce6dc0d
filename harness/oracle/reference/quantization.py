"""Conversion to and from whole numbers of eight bits by a scale and a zero point, as ONNX defines it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.formats import integer_range, round_to

Array = NDArray[Any]


def along(parameter: Array, shape: tuple[int, ...], axis: int) -> Array:
    """A scale or zero point in float64, so that it broadcasts to a shape: one for all, or one for each place."""
    values = parameter.astype(np.float64)
    if values.size == 1 and values.ndim < 2:
        return values.reshape(())
    lengths = [1] * len(shape)
    lengths[axis] = -1
    return values.reshape(lengths)


def quantize(x: Array, scale: Array, zero: Array, dtype: str) -> tuple[Array, Array]:
    """Quotients rounded to whole numbers, plus the zero point, cut off at the dtype's range: least and greatest.

    The division is one of the scale's format. Which of the two it is to round, the quotient or what that format makes
    of it, the definition leaves to the reader, so that both are given; they differ only beside a tie. NaN gives NaN.
    """
    low, high = integer_range(dtype)
    with np.errstate(all="ignore"):
        quotient = x.astype(np.float64) / scale
        rounded = round_to(quotient, x.dtype.name).astype(np.float64)
        both = [np.clip(np.rint(found) + zero, low, high) for found in (_away_from_ties(x, scale, quotient), rounded)]
    return np.minimum(*both), np.maximum(*both)


def _away_from_ties(x: Array, scale: Array, quotient: Array) -> Array:
    """The quotient, moved to the side of a tie that it lies on where float64 rounded it onto one.

    Two whole numbers and a half times a scale are exact in float64 for scales of up to 24 bits and quotients of
    interest, so that a comparison of products tells the side.
    """
    tie = np.isfinite(quotient) & (np.abs(quotient) < 2.0**20) & (np.floor(quotient) + 0.5 == quotient)
    beyond = x.astype(np.float64) * np.sign(scale) - quotient * np.abs(scale)
    return np.where(tie & (beyond != 0), quotient + np.sign(beyond) * 0.25, quotient)


def dequantize(x: Array, scale: Array, zero: Array, dtype: str) -> Array:
    """The distance from the zero point, which is exact, times the scale, rounded once."""
    with np.errstate(all="ignore"):
        return round_to((x.astype(np.float64) - zero) * scale, dtype)
