"""The exact result of every exact elementwise operation, rounded once into the type of its output.

Operands are taken as numbers: floats widened to float64, which holds them exactly, integers to int64. float64 results
are rounded once more into a narrower output; for + - * / and sqrt that second rounding is harmless, because float64
has at least 2p + 2 bits of any narrower format's p (Figueroa, When is double rounding innocuous?, 1995). A remainder
is exact but for the one addition that gives it its divisor's sign.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.oracle.formats import FORMATS, is_float, round_to

Array = NDArray[Any]

_OPERATIONS: Mapping[str, Callable[..., Array]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "remainder": np.remainder,
    "floor_divide": np.floor_divide,
    "sqrt": np.sqrt,
    "reciprocal": lambda x: 1.0 / x,
    "square": np.square,
    "positive": lambda x: x,
    "negative": np.negative,
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "round": np.rint,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "copysign": np.copysign,
    "where": np.where,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "isnan": np.isnan,
    "isinf": np.isinf,
    "isfinite": np.isfinite,
    "signbit": np.signbit,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
    "logical_not": np.logical_not,
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
    "bitwise_invert": np.invert,
    "bitwise_left_shift": np.left_shift,
    "bitwise_right_shift": np.right_shift,
}


def exact(name: str, operands: Sequence[Array], out: str) -> Array:
    """The expected output of an operation, in its dtype."""
    with np.errstate(all="ignore"):
        if name == "nextafter":
            return next_after(operands[0], operands[1])
        return into(np.asarray(_OPERATIONS[name](*map(as_numbers, operands))), out)


def as_numbers(array: Array) -> Array:
    """An operand as numbers numpy computes with exactly: float64, int64 or bool."""
    if is_float(array.dtype.name):
        return np.asarray(array, dtype=np.float64)
    return array if array.dtype == np.bool_ else array.astype(np.int64)


def into(values: Array, dtype: str) -> Array:
    """Exact values in the dtype of an output: rounded once to a float, modulo two to the bits to an integer."""
    return round_to(values, dtype) if is_float(dtype) else np.asarray(values).astype(numpy_dtype(dtype))


def next_after(start: Array, toward: Array) -> Array:
    """The neighbour of each number on the way to another (IEEE 754-2019, 5.3.1), by counting its words."""
    start, toward = np.broadcast_arrays(start, toward)
    x, y = as_numbers(start), as_numbers(toward)
    form = FORMATS[start.dtype.name]
    word = np.dtype(f"i{start.dtype.itemsize}")
    away = np.where(np.signbit(x) == (y < x), 1, -1).astype(word)
    beside = (np.ascontiguousarray(start).view(word) + away).view(start.dtype)
    smallest = np.copysign(form.smallest_subnormal, y - x).astype(start.dtype)
    found = np.where(x == y, toward, np.where(x == 0, smallest, beside))
    return np.asarray(np.where(np.isnan(x) | np.isnan(y), np.nan, found.astype(np.float64)).astype(start.dtype))


def flush(array: Array, dtype: str) -> Array:
    """Subnormal numbers of a format replaced by zeros of their sign."""
    if not is_float(dtype):
        return array
    with np.errstate(invalid="ignore"):  # of signalling NaN
        values = array.astype(np.float64)
    small = np.abs(values) < FORMATS[dtype].smallest_normal
    return np.where(small, np.copysign(0.0, values), values).astype(array.dtype)
