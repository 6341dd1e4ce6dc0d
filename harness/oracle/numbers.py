"""Numbers drawn for a dtype: whole ones, full mantissas, subnormals; from integers and powers of two alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, integer_range, is_float

Array = NDArray[Any]
Shape = tuple[int, ...]


def whole(draw: Draw, dtype: str, shape: Shape, most: int) -> Array:
    """Whole numbers from -``most`` to ``most`` that the dtype holds exactly, and whose negatives it holds too."""
    if dtype == "bool":
        return draw.integers(0, 1, shape).astype(np.bool_)
    if is_float(dtype):
        most = min(most, 1 << FORMATS[dtype].p)
        return draw.integers(-most, most, shape).astype(np.float64).astype(numpy_dtype(dtype))
    low, high = integer_range(dtype)
    return draw.integers(max(low, -high, -most), min(high, most), shape).astype(numpy_dtype(dtype))


def full_mantissa(draw: Draw, dtype: str, shape: Shape, exponents: tuple[int, int]) -> Array:
    """Numbers of random sign whose last bit is set, so that a single lost bit shows; exponents within those given."""
    form = FORMATS[dtype]
    low, high = max(exponents[0], form.emin), min(exponents[1], form.emax)
    mantissa = draw.integers(0, (1 << (form.p - 1)) - 1, shape) | 1 | (1 << (form.p - 1))
    exponent = draw.integers(low, high, shape) - (form.p - 1)
    values = draw.signs(shape) * np.ldexp(mantissa.astype(np.float64), exponent)
    return np.asarray(values).astype(numpy_dtype(dtype))


def any_bits(draw: Draw, dtype: str, shape: Shape) -> Array:
    """Any bit patterns of an integer dtype or bool."""
    if dtype == "bool":
        return whole(draw, dtype, shape, 1)
    low, high = integer_range(dtype)
    if high - low >= 2**62:
        low, high = -(2**61), 2**61
    return draw.integers(low, high, shape).astype(numpy_dtype(dtype))


def subnormals(draw: Draw, dtype: str, shape: Shape) -> Array:
    """Subnormal numbers of random sign, the smallest and the largest among them."""
    form = FORMATS[dtype]
    count = (1 << (form.p - 1)) - 1
    steps = draw.integers(1, count, shape)
    flat = steps.reshape(-1)
    flat[:2] = [1, count][: flat.size]
    values = draw.signs(shape) * np.ldexp(steps.astype(np.float64), form.emin - form.p + 1)
    return np.asarray(values).astype(numpy_dtype(dtype))


def all_patterns(dtype: str) -> Array:
    """Every one of the 65,536 patterns of a 16-bit dtype, in the order of their bits."""
    return np.arange(1 << 16, dtype=np.uint16).view(numpy_dtype(dtype))
