"""Floating-point formats by definition, in exact fractions (IEEE 754-2019, 3.3 and 4.3.1; OCP 8-bit formats)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Format:
    """A binary format: precision in bits, smallest and largest exponent of a normal number, and its largest number."""

    precision: int
    smallest: int
    largest: int
    maximum: Fraction

    def round(self, exact: Fraction) -> float:
        """The nearest number of the format, ties to the even one; beyond the largest number, infinity."""
        if exact == 0:
            return 0.0
        exponent = max(_floor_log2(abs(exact)), self.smallest)
        step = Fraction(2) ** (exponent - self.precision + 1)
        nearest = round(exact / step) * step
        if abs(nearest) > self.maximum:
            return math.inf if exact > 0 else -math.inf
        return float(nearest)


def _floor_log2(value: Fraction) -> int:
    estimate = value.numerator.bit_length() - value.denominator.bit_length()
    return estimate if Fraction(2) ** estimate <= value else estimate - 1


def _binary(precision: int, largest: int) -> Format:
    return Format(precision, 1 - largest, largest, (2 - Fraction(2) ** (1 - precision)) * Fraction(2) ** largest)


FORMATS = {
    "float16": _binary(11, 15),
    "bfloat16": _binary(8, 127),
    "float32": _binary(24, 127),
    "float64": _binary(53, 1023),
    "float8_e5m2": _binary(3, 15),
    "float8_e4m3fn": Format(4, -6, 8, Fraction(448)),
}
