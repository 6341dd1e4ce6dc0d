"""Numbers and their formats by definition: whole numbers of any size, straight from the standards.

Every finite number is a whole number of units of 2**UNIT, so that sums and products are exact until they are rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Literal, NamedTuple

#: Numbers are counted in units of two to this power, which divides every product and every sum.
UNIT = -2400

# Formats, from their standards: width, exponent bits, fraction bits, bias, and which words are no numbers.


class Form(NamedTuple):
    """A format: exponent and fraction bits, the bias, what its highest words mean, and bits that are not looked at."""

    exponent_bits: int
    fraction: int
    bias: int
    special: Literal["ieee", "one-nan", "negative-zero", "none"] = "ieee"
    unread: int = 0

    @property
    def least(self) -> int:
        """The exponent of the smallest normal number, and of every subnormal."""
        return 1 - self.bias

    @property
    def greatest(self) -> int:
        """The exponent of the largest numbers."""
        return (1 << self.exponent_bits) - 1 - self.bias - (self.special == "ieee")

    @property
    def width(self) -> int:
        """Bits of a word."""
        return 1 + self.exponent_bits + self.fraction + self.unread


FORMS = {
    "float64": Form(11, 52, 1023),
    "float32": Form(8, 23, 127),
    "tf32": Form(8, 10, 127, unread=13),
    "xf32": Form(8, 10, 127, unread=13),
    "float16": Form(5, 10, 15),
    "bfloat16": Form(8, 7, 127),
    "float8_e5m2": Form(5, 2, 15),
    "float8_e4m3fn": Form(4, 3, 7, "one-nan"),
    "float8_e5m2fnuz": Form(5, 2, 16, "negative-zero"),
    "float8_e4m3fnuz": Form(4, 3, 8, "negative-zero"),
    "float6_e3m2fn": Form(3, 2, 3, "none"),
    "float6_e2m3fn": Form(2, 3, 1, "none"),
    "float4_e2m1fn": Form(2, 1, 1, "none"),
    "ue4m3": Form(4, 3, 7, "one-nan"),
}
INTEGERS = {f"{sign}int{width}": (sign == "", width) for sign in ("", "u") for width in (4, 8, 16, 32, 64)}


def ends(form: str) -> tuple[int, int]:
    """The lowest and the highest number of an integer format."""
    signed, width = INTEGERS[form]
    lowest = -(1 << (width - 1)) if signed else 0
    return lowest, lowest + (1 << width) - 1


class Number(NamedTuple):
    """A number: its class, its sign, and for a finite one ``significand`` * 2**``power``.

    ``exponent`` is what units compare when they align: a subnormal has its format's least, a product the sum of its
    factors' exponents.
    """

    kind: Literal["finite", "infinite", "nan"]
    negative: bool
    significand: int
    power: int
    exponent: int

    @property
    def zero(self) -> bool:
        """Whether this is zero, of either sign."""
        return self.kind == "finite" and self.significand == 0

    @property
    def units(self) -> int:
        """The value in units of 2**UNIT."""
        size = self.significand << (self.power - UNIT)
        return -size if self.negative else size

    @property
    def whole(self) -> int:
        """The value of a whole number, as integer formats have them."""
        assert self.power == 0
        return -self.significand if self.negative else self.significand


NOT_A_NUMBER = Number("nan", False, 0, 0, 0)
NOTHING = Number("finite", False, 0, 0, 0)


def infinity(negative: bool) -> Number:
    """Infinity of one sign."""
    return Number("infinite", negative, 0, 0, 0)


@cache
def decoded(word: int, form: str) -> Number:
    """What a word means in a format."""
    if form == "float8_e8m0fnu":  # 2**(word - 127), neither zero nor sign; all ones is NaN
        return NOT_A_NUMBER if word == 0xFF else Number("finite", False, 1, word - 127, word - 127)
    if form in INTEGERS:
        signed, width = INTEGERS[form]
        value = word & ((1 << width) - 1)
        value -= (1 << width) if signed and value >> (width - 1) else 0
        return Number("finite", value < 0, abs(value), 0, 0)
    exponent_bits, fraction, bias, special, unread = found = FORMS[form]
    word >>= unread
    low = word & ((1 << fraction) - 1)
    field = (word >> fraction) & ((1 << exponent_bits) - 1)
    negative = form != "ue4m3" and bool((word >> (fraction + exponent_bits)) & 1)
    highest = field == (1 << exponent_bits) - 1
    if special == "ieee" and highest:
        return NOT_A_NUMBER if low else infinity(negative)
    if special == "one-nan" and highest and low == (1 << fraction) - 1:
        return NOT_A_NUMBER
    if special == "negative-zero" and negative and field == low == 0:
        return NOT_A_NUMBER
    exponent = max(field, 1) - bias
    assert exponent >= found.least
    return Number("finite", negative, low | (bool(field) << fraction), exponent - fraction, exponent)


def encoded(number: Number, form: str) -> int:
    """The word of a number, finite or infinite, that has one in a format."""
    found = FORMS[form]
    assert number.kind != "nan"
    sign = int(number.negative) << (found.exponent_bits + found.fraction)
    if number.kind == "infinite":
        return sign | (((1 << found.exponent_bits) - 1) << found.fraction)
    size = abs(number.units)
    least = 1 << (found.least - found.fraction - UNIT)
    if size < least << found.fraction:
        assert size % least == 0
        return sign | (size // least)
    exponent = size.bit_length() - 1 + UNIT
    significand, rest = divmod(size, 1 << (exponent - found.fraction - UNIT))
    assert not rest
    assert exponent <= found.greatest
    return sign | ((exponent + found.bias) << found.fraction) | (significand - (1 << found.fraction))


def multiple(units: int, power: int, direction: str) -> int:
    """The multiple of 2**power that a direction of rounding leads to; all in units of 2**UNIT."""
    shift = power - UNIT
    if shift <= 0:
        return units
    floor = units >> shift
    rest, half = units - (floor << shift), 1 << (shift - 1)
    if rest:
        up = {
            "floor": False,
            "toward-negative": False,
            "ceiling": True,
            "toward-positive": True,
            "truncate": units < 0,
            "toward-zero": units < 0,
            "nearest-even": rest > half or (rest == half and floor % 2 == 1),
            "nearest-away": rest > half or (rest == half and units > 0),
        }[direction]
        floor += up
    return floor << shift


def rounded(units: int, form: str, direction: str, fraction: int | None = None, negative_zero: bool = False) -> Number:
    """A sum rounded to a format, with fewer fraction bits if so said: subnormals kept, beyond the range infinite.

    A magnitude of 2**(greatest exponent + 1) or more is infinite whatever the direction. ``negative_zero`` is the
    sign of an exact zero; a number that rounds to zero keeps its own.
    """
    found = FORMS[form]
    fraction = found.fraction if fraction is None else fraction
    negative = units < 0 or (units == 0 and negative_zero)
    exponent = max(abs(units).bit_length() - 1 + UNIT, found.least)
    size = abs(multiple(units, exponent - fraction, direction))
    if size >> (found.greatest + 1 - UNIT):
        return infinity(negative)
    exponent = max(size.bit_length() - 1 + UNIT, found.least)
    power = exponent - fraction
    return Number("finite", negative, size >> (power - UNIT), power, exponent)


def flushed(number: Number, form: str, *, signed: bool = True) -> Number:
    """Zero for a subnormal number of a format; without a sign, minus zero becomes zero too."""
    if number.kind == "finite" and abs(number.units) < 1 << (FORMS[form].least - UNIT):
        return number._replace(significand=0, negative=number.negative and signed)
    return number


def product(a: Number, b: Number) -> Number:
    """The exact product, whose exponent is the sum of the exponents."""
    negative = a.negative != b.negative
    if "nan" in (a.kind, b.kind) or (a.zero and b.kind == "infinite") or (b.zero and a.kind == "infinite"):
        return NOT_A_NUMBER
    if "infinite" in (a.kind, b.kind):
        return infinity(negative)
    return Number("finite", negative, a.significand * b.significand, a.power + b.power, a.exponent + b.exponent)


def special(terms: Sequence[Number]) -> Number | None:
    """What a sum is that has a NaN or an infinity among its terms, or ``None`` where all are finite."""
    signs = {term.negative for term in terms if term.kind == "infinite"}
    if any(term.kind == "nan" for term in terms) or len(signs) == 2:
        return NOT_A_NUMBER
    return infinity(signs.pop()) if signs else None


def tree(terms: list[Number], add: Callable[[Number, Number], Number]) -> Number:
    """Neighbours added, then the sums of neighbours, until one is left; one without a neighbour waits."""
    while len(terms) > 1:
        pairs = [add(*terms[at : at + 2]) for at in range(0, len(terms) - 1, 2)]
        terms = pairs + (terms[-1:] if len(terms) % 2 else [])
    return terms[0]
