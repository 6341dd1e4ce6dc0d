"""Numbers drawn for real and complex dtypes alike: of a complex number both parts are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.oracle import numbers
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, component

Array = NDArray[Any]
Shape = tuple[int, ...]


def is_complex(dtype: str) -> bool:
    """Whether a dtype has a real and an imaginary part."""
    return component(dtype) != dtype


def joined(dtype: str, real: Array, imaginary: Array) -> Array:
    """Numbers of a complex dtype from their parts."""
    found = np.empty(np.shape(real), numpy_dtype(dtype))
    found.real, found.imag = real, imaginary
    return found


def nonzero(draw: Draw, dtype: str, shape: Shape, most: int) -> Array:
    """Whole numbers from 1 to ``most`` of either sign, in every part."""
    if is_complex(dtype):
        return joined(dtype, nonzero(draw, component(dtype), shape, most), nonzero(draw, component(dtype), shape, most))
    return np.asarray(draw.signs(shape) * draw.integers(1, most, shape)).astype(numpy_dtype(dtype))


def full(draw: Draw, dtype: str, shape: Shape, exponents: tuple[int, int]) -> Array:
    """Numbers of full significand in every part; exponents within those given."""
    if is_complex(dtype):
        part = component(dtype)
        return joined(
            dtype,
            numbers.full_mantissa(draw, part, shape, exponents),
            numbers.full_mantissa(draw, part, shape, exponents),
        )
    return numbers.full_mantissa(draw, dtype, shape, exponents)


def dense(draw: Draw, dtype: str, shape: Shape, kind: str) -> Array:
    """Numbers of full precision: ``centred`` from -1 to 1, or ``one-to-two``, in every part."""
    if is_complex(dtype):
        part = component(dtype)
        return joined(dtype, dense(draw, part, shape, kind), dense(draw, part, shape, kind))
    form = FORMATS[dtype]
    if kind == "one-to-two":
        return np.abs(numbers.full_mantissa(draw, dtype, shape, (0, 0)))
    most = (1 << form.p) - 1
    return np.ldexp(draw.integers(-most, most, shape).astype(np.float64), -form.p).astype(numpy_dtype(dtype))


def factor(draw: Draw, dtype: str, most: int | None = None) -> Any:
    """A factor as an attribute: a number, of a complex dtype the pair of its parts.

    Whole and not zero up to ``most``, or of 24 bits between one half and two.
    """
    if is_complex(dtype):
        return [factor(draw, component(dtype), most), factor(draw, component(dtype), most)]
    if most is not None:
        return float(nonzero(draw, dtype, (), most))
    return float(numbers.full_mantissa(draw, "float32", (), (-1, 0)))


def number_of(value: Any) -> complex | float:
    """The number that a factor among the attributes is."""
    if isinstance(value, (list, tuple)):
        return complex(*map(float, value))
    return float(value)


def not_a_number(dtype: str) -> Any:
    """NaN, in both parts of a complex number."""
    return complex(np.nan, np.nan) if is_complex(dtype) else np.nan
