"""Floating-point formats by their definition, in exact fractions (IEEE 754-2019, 3.3 and 4.3.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Binary:
    """A binary format: bits of precision, exponents of the smallest and of the largest normal number.

    ``lost`` is how many patterns of the highest exponent are no numbers, where not all of the next one are.
    """

    precision: int
    emin: int
    emax: int
    lost: int = 0

    def step(self, value: Fraction) -> Fraction:
        """The distance between neighbours in the binade of a value; that of subnormal numbers below all binades."""
        magnitude = abs(value)
        if not magnitude:
            return Fraction(2) ** (self.emin - self.precision + 1)
        # 2**exponent <= magnitude < 2**(exponent + 2): one too small, or right.
        exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length() - 1
        if magnitude >= Fraction(2) ** (exponent + 1):
            exponent += 1
        return Fraction(2) ** (min(max(exponent, self.emin), self.emax) - self.precision + 1)

    def nearest(self, value: Fraction) -> float:
        """The number nearest to a value, of two the even one; infinity from half a step beyond the largest on.

        Where the highest exponent has patterns that are no numbers, NaN stands for infinity.
        """
        step = self.step(value)
        found = round(value / step) * step
        if abs(found) >= Fraction(2) ** (self.emax + 1) - self.lost * Fraction(2) ** (self.emax - self.precision + 1):
            return math.nan if self.lost else math.inf if value > 0 else -math.inf
        return float(found)

    def toward_zero(self, value: Fraction) -> float:
        """The number nearest to a value among those no larger in magnitude."""
        step = self.step(value)
        return float(math.trunc(value / step) * step)


BINARY = {
    "float16": Binary(11, -14, 15),
    "bfloat16": Binary(8, -126, 127),
    "float32": Binary(24, -126, 127),
    "float64": Binary(53, -1022, 1023),
    "float8_e4m3fn": Binary(4, -6, 8, lost=1),
    "float8_e5m2": Binary(3, -14, 15),
}
