"""Number formats as data: how many bits a significand has, which exponents there are, and what is infinite or NaN.

A finite number is a signed whole significand times a power of two. Names are numpy's and ml_dtypes'; ``tf32`` and
``xf32`` are float32 words whose low 13 bits the unit drops, ``ue4m3`` is ``float8_e4m3fn`` without its sign.
Sources: IEEE 754-2019, table 3.5; OCP 8-bit Floating Point Specification 1.0; OCP Microscaling Formats 1.0; for
``fnuz``, Noune et al. (2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Format:
    """One binary floating-point format.

    ``precision`` counts the significand's bits with the hidden one; ``least`` and ``greatest`` are the exponents of
    the smallest and the largest normal number. ``special`` says what the highest exponent means: ``ieee`` for
    infinities and NaNs, ``nan`` for NaN where the significand is all ones too, ``zero`` for one NaN in the place of
    negative zero, ``all-ones`` for a NaN whose bits are all set, ``none`` for no special values. ``dropped`` is how
    many low bits of the word are ignored.
    """

    name: str
    width: int
    precision: int
    least: int
    greatest: int
    special: Literal["ieee", "nan", "zero", "all-ones", "none"] = "ieee"
    signed: bool = True
    dropped: int = 0

    @property
    def fraction_bits(self) -> int:
        """The significand's bits without the hidden one."""
        return self.precision - 1

    @property
    def held_as(self) -> str:
        """The dtype, numpy's or ml_dtypes', whose elements hold numbers of this format."""
        if self.dropped:
            return "float32"
        return "float8_e4m3fn" if self.name == "ue4m3" else self.name

    @property
    def word(self) -> np.dtype[Any]:
        """The unsigned integer that holds one element."""
        return np.dtype(f"uint{max(self.width, 8)}")


FORMATS: dict[str, Format] = {
    found.name: found
    for found in (
        Format("float64", 64, 53, -1022, 1023),
        Format("float32", 32, 24, -126, 127),
        Format("tf32", 32, 11, -126, 127, dropped=13),
        Format("xf32", 32, 11, -126, 127, dropped=13),
        Format("float16", 16, 11, -14, 15),
        Format("bfloat16", 16, 8, -126, 127),
        Format("float8_e4m3fn", 8, 4, -6, 8, "nan"),
        Format("float8_e5m2", 8, 3, -14, 15),
        Format("float8_e4m3fnuz", 8, 4, -7, 7, "zero"),
        Format("float8_e5m2fnuz", 8, 3, -15, 15, "zero"),
        Format("float6_e3m2fn", 6, 3, -2, 4, "none"),
        Format("float6_e2m3fn", 6, 4, 0, 2, "none"),
        Format("float4_e2m1fn", 4, 2, 0, 2, "none"),
        Format("float8_e8m0fnu", 8, 1, -127, 127, "all-ones", signed=False),
        Format("ue4m3", 8, 4, -6, 8, "nan", signed=False),
    )
}

#: Classes of a word: a zero, another finite number, infinity, NaN.
ZERO, FINITE, INFINITE, NAN = range(4)


@dataclass(frozen=True)
class Decoded:
    """Words taken apart: value = ``significand`` * 2**(``exponent`` - fraction bits), and the class of each.

    A subnormal keeps its format's least exponent and is not normalised; a zero has the least exponent too. The
    significand of an infinity is its sign, that of a NaN is 1.
    """

    significand: Array
    exponent: Array
    kind: Array


def decode(words: Array, form: Format) -> Decoded:
    """Every word of an array of unsigned integers taken apart, in int64, int32 and uint8."""
    bits = words.astype(np.uint64) >> np.uint64(form.dropped)
    width, fraction = form.width - form.dropped, form.fraction_bits
    sign_bits = bits >> np.uint64(width - 1) if form.signed else np.zeros_like(bits)
    low = bits & np.uint64((1 << (width - 1 if form.signed or form.name == "ue4m3" else width)) - 1)
    field = (low >> np.uint64(fraction)).astype(np.int64)
    significand = (low & np.uint64((1 << fraction) - 1)).astype(np.int64)
    kind = _kinds(field, significand, sign_bits, low, form)
    if form.special == "all-ones":  # neither zero nor subnormal numbers: the field is the whole word
        significand, exponent = np.ones_like(field), field + form.least
    else:
        normal = field > 0
        significand = np.where(normal, significand | (1 << fraction), significand)
        exponent = np.where(normal, field - 1, 0) + form.least
    significand = np.where(kind >= INFINITE, 1, significand)
    signed = np.where((sign_bits == 1) & (kind != NAN), -significand, significand)
    return Decoded(signed, exponent.astype(np.int32), kind)


def _kinds(field: Array, significand: Array, sign: Array, low: Array, form: Format) -> Array:
    kind = np.where((field == 0) & (significand == 0), ZERO, FINITE).astype(np.uint8)
    top = form.greatest - form.least + (2 if form.special == "ieee" else 1)
    if form.special == "ieee":
        kind[(field == top) & (significand == 0)] = INFINITE
        kind[(field == top) & (significand != 0)] = NAN
    elif form.special == "nan":
        kind[(field == top) & (significand == (1 << form.fraction_bits) - 1)] = NAN
    elif form.special == "zero":
        kind[(low == 0) & (sign == 1)] = NAN
    elif form.special == "all-ones":
        kind[:] = FINITE
        kind[low == 0xFF] = NAN
    return kind
