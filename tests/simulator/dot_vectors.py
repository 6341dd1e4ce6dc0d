"""Dot products in words: what a vector is, and the words that have a wanted product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from tests.simulator.definition import Parameters
from tests.simulator.number_formats import FORMS, INTEGERS, encoded, rounded

#: A word of one for each format of scales.
ONE = {"float8_e8m0fnu": 127, "ue4m3": 0x38}


@dataclass(frozen=True)
class Vector:
    """One dot product in words, and what it is there to show."""

    shows: str
    a: tuple[int, ...]
    b: tuple[int, ...]
    c: int
    scales_a: tuple[int, ...] | None = None
    scales_b: tuple[int, ...] | None = None


@cache
def word(value: Fraction | int, form: str) -> int | None:
    """The word of a number in a format, or ``None`` where the format does not have it."""
    if form in INTEGERS:
        return int(value) & ((1 << INTEGERS[form][1]) - 1)
    if form == "float8_e8m0fnu":
        size = Fraction(value)
        exponent = size.numerator.bit_length() - size.denominator.bit_length()
        return exponent + 127 if size == power(exponent) and -127 <= exponent <= 127 else None
    units = Fraction(value) * power(2400)
    if units.denominator > 1:
        return None
    found = rounded(int(units), form, "toward-zero")
    if found.kind != "finite" or found.units != units:
        return None
    bits = encoded(found, form)
    top = FORMS[form]._replace(unread=0).width
    highest = (1 << (top - 1)) - 1
    if top == 8 and FORMS[form].special == "one-nan" and bits & 0x7F == highest:
        return None
    return bits << FORMS[form].unread


@cache
def power(exponent: int) -> Fraction:
    """Two to an exponent."""
    return Fraction(2) ** exponent


Terms = Mapping[int, Fraction] | Mapping[int, int] | Mapping[int, Fraction | int]


class Maker:
    """Vectors for one unit of floating-point operands."""

    def __init__(self, parameters: Parameters, every: int = 1) -> None:
        self.p = p = parameters
        self.every, self.asked = every, 0
        self.forms = FORMS[p.a], FORMS[p.b]
        self.kept = FORMS[p.kept]
        self.addend = FORMS[p.c]
        self.width = p.width if p.model != "fma" else 4
        self.bits = 24 if p.alignment_bits is None else p.alignment_bits
        self.fraction = self.kept.fraction if p.fraction_bits is None else p.fraction_bits
        least = sum(form.least - form.fraction for form in self.forms)
        greatest = sum(form.greatest for form in self.forms)
        self.range = range(least, greatest + 1)
        self.made: set[tuple[tuple[int, ...], tuple[int, ...], int]] = set()
        # groups deal neighbours to different sums, passes to different steps: these share both
        self.near = p.groups * (p.passes if p.passes > p.groups else 1)

    @cache  # noqa: B019 - a maker lives as long as its vectors are made
    def term(self, value: Fraction) -> tuple[int, int] | None:
        """Words of A and B whose product has a value."""
        if value == 0:
            return 0, 0
        odd, exponent = value.numerator, -(value.denominator.bit_length() - 1)
        while odd % 2 == 0:
            odd, exponent = odd // 2, exponent + 1
        first, second = self.forms
        # the less of a product's exponent comes from subnormal factors, the closer it is to that of the product's value
        splits = sorted(
            range(first.least - first.fraction, first.greatest + 1),
            key=lambda e: (max(e, first.least) + max(exponent - e, second.least), abs(2 * e - exponent)),
        )
        for left, right in _factors(odd):
            for e in splits:
                if second.least - second.fraction <= exponent - e <= second.greatest:
                    a, b = word(left * power(e), self.p.a), word(right * power(exponent - e), self.p.b)
                    if a is not None and b is not None:
                        return a, b
        return None

    def vector(self, shows: str, terms: Terms, c: Fraction | int, length: int) -> Iterator[Vector]:
        """A vector and its negative, where the formats have its numbers."""
        self.asked += 1
        if self.asked % self.every:
            return
        for sign in (1, -1):
            a, b = [0] * length, [0] * length
            addend = word(Fraction(sign * c), self.p.c)
            if addend is None:
                return
            for k, value in terms.items():
                found = self.term(Fraction(sign * value))
                if found is None or k >= length:
                    return
                a[k], b[k] = found
            made = self.scaled_by_one(shows, a, b, addend)
            key = made.a, made.b, made.c
            if key not in self.made:
                self.made.add(key)
                yield made

    def scaled_by_one(self, shows: str, a: Sequence[int], b: Sequence[int], c: int) -> Vector:
        """A vector of words, with scales of one where there have to be scales."""
        if self.p.scale_format is None:
            return Vector(shows, tuple(a), tuple(b), c)
        assert self.p.scale_block is not None
        scales = (ONE[self.p.scale_format],) * -(-len(a) // self.p.scale_block)
        return Vector(shows, tuple(a), tuple(b), c, scales, scales)

    def levels(self) -> list[int]:
        """Exponents to put the largest term at."""
        low, high = self.range.start, self.range.stop - 1
        wanted = {high, high - 1, 0, 1, low + self.bits, low + self.bits + 2, (low + high) // 2, high - 3}
        wanted |= {high + n for n in (4, 8)} | {self.bits + low + n for n in (4, 7, 10)}
        if self.p.zero_exponent is not None:
            wanted |= {self.p.zero_exponent + n for n in (-1, 0, 1)}
        return sorted(wanted)


@cache
def _factors(odd: int) -> tuple[tuple[int, int], ...]:
    """An odd number as a product of two, the simplest first."""
    sign, size = (1 if odd > 0 else -1), abs(odd)
    found = [(odd, 1), (1, odd)]
    if size.bit_length() <= 24:
        found += [(sign * n, size // n) for n in range(3, min(size, 256), 2) if size % n == 0]
    return tuple(found)
