"""Numbers for the operands of products: whole ones, full mantissas and fractions of any dtype that products take."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.oracle import numbers
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, integer_range, is_float
from harness.oracle.task import Task

Array = NDArray[Any]
Shape = tuple[int, ...]

#: Whole numbers of at most eleven bits.
_MOST = 1 << 11
#: The bits of whole numbers an accumulator adds exactly.
_ACCUMULATED = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


def largest_whole(task: Task, depth: int) -> int:
    """The largest whole number for which products of this depth stay exact in any order, and finite in the result.

    There is room for a factor of two, and for one term more.
    """
    room = (1 << _ACCUMULATED.get(task.types.working, 31)) // (2 * max(depth + 1, 1))
    if task.types.out == "float16":
        # Products of numbers up to w, n of them and of either sign, add up to about w**2 sqrt(n) / 3: a tenth of what
        # the output holds is seldom too much.
        room = min(room, 3 * 65504 // (10 * math.isqrt(depth + 1)))
    return max(1, min(math.isqrt(room), _MOST))


def whole(draw: Draw, dtype: str, shape: Shape, most: int) -> Array:
    """Whole numbers of either sign, none of them zero: a product of zero can be -0, whose sum has an open sign."""
    if is_float(dtype):
        most = min(most, 1 << FORMATS[dtype].p)
        low = -most
    else:
        low, high = integer_range(dtype)
        low, most = max(low, -most), min(high, most)
    found = draw.integers(low, most, shape)
    found = np.where(found == 0, 1, found)
    return found.astype(np.float64 if is_float(dtype) else np.int64).astype(numpy_dtype(dtype))


def full(draw: Draw, dtype: str, shape: Shape, exponents: tuple[int, int] = (-4, 4)) -> Array:
    """Numbers of random sign whose last bit is set; of integers, any."""
    if not is_float(dtype):
        return numbers.any_bits(draw, dtype, shape)
    # The largest binade of a format without infinities is not complete.
    return numbers.full_mantissa(draw, dtype, shape, (exponents[0], min(exponents[1], FORMATS[dtype].emax - 1)))


def fractions(draw: Draw, dtype: str, shape: Shape, kind: str) -> Array:
    """Numbers of full precision from -1 to 1 (``centred``) or from one half to 1 (``one-to-two``); of integers, any."""
    if not is_float(dtype):
        return numbers.any_bits(draw, dtype, shape)
    bits = FORMATS[dtype].p
    least, most = 1 << (bits - 1), (1 << bits) - 1
    whole = draw.integers(least, most, shape) if kind == "one-to-two" else draw.integers(-most, most, shape)
    return np.asarray(np.ldexp(whole.astype(np.float64), -bits)).astype(numpy_dtype(dtype))


def times_powers(values: Array, exponents: Array) -> Array:
    """Numbers times powers of two that their format has room for."""
    return np.asarray(np.ldexp(values.astype(np.float64), exponents)).astype(values.dtype)
