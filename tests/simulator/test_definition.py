"""The definition of matrix units by itself: published values, exact fractions and public data types agree with it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from tests.simulator.definition import Parameters, dot
from tests.simulator.dot_vectors import power, word
from tests.simulator.number_formats import FORMS, Number, decoded, rounded

_SINGLE: dict[str, Any] = {"c": "float32", "d": "float32", "depth": 16}
_ZERO = {"rounding": "toward-zero"}


def fused(form: str, block: int, bits: int, zero: int, **more: Any) -> Parameters:
    """A unit that aligns its products and C to the largest of them."""
    said = {**_SINGLE, **_ZERO, "block": block, "alignment_bits": bits, "zero_exponent": zero, **more}
    return Parameters(form, form, model="fused", **said)


def late(form: str, block: int, **more: Any) -> Parameters:
    """A unit that adds its products first, and C in a second step."""
    said = {**_SINGLE, "block": block, "alignment_bits": 24, "addend": "late", "late_bits": 31, **more}
    return Parameters(form, form, model="fused", product_range="accumulator", **said)


def plain(form: str, model: str, block: int | None = None, **more: Any) -> Parameters:
    """A unit that aligns nothing."""
    return Parameters(form, form, model=model, block=block, **{**_SINGLE, **more})


#: Known units as public sources describe them, and what a = [-2^13, -1/2, -1/4, -1/8], b = [2^10, 1, 1, 1], c = 2^23 is
#: published to give there; the exact sum is -0.875.
PUBLISHED = [
    ("MI100, f16", plain("float16", "exact", 4), -0.875),
    ("MI100, bf16", plain("bfloat16", "exact", 2), -0.875),
    ("fma", plain("float32", "fma"), -0.875),
    ("MI250, bf16", plain("bfloat16", "pairwise", 2, flush="both"), -0.375),
    ("MI250, f16", plain("float16", "pairwise", 4, flush="both"), 0),
    ("MI250, bf16_1k", plain("bfloat16", "pairwise", 4, flush="both"), 0),
    ("MI300X, f16", late("float16", 8), -0.5),
    ("MI300X, bf8", late("float8_e5m2fnuz", 16, groups=2, addend_reach=25), -1.0),
    ("V100, f16", fused("float16", 4, 23, -131), 0),
    ("T4, f16", fused("float16", 8, 24, -132), -0.5),
    ("A100, f16", fused("float16", 8, 24, -132), -0.5),
    ("L40S, e5m2", fused("float8_e5m2", 16, 13, -132, fraction_bits=13), 0),
    ("H100, e5m2", fused("float8_e5m2", 32, 13, -133, fraction_bits=13), 0),
    ("H100, f16", fused("float16", 16, 25, -133), -0.75),
    ("B200, f16", fused("float16", 16, 25, -133), -0.75),
]


@pytest.mark.parametrize(("unit", "published"), [pytest.param(unit, value, id=name) for name, unit, value in PUBLISHED])
def test_the_definition_gives_the_published_value_of_every_known_unit(unit: Parameters, published: float) -> None:
    a = words([-(2**13), Fraction(-1, 2), Fraction(-1, 4), Fraction(-1, 8)], unit.a)
    found = dot(unit, a, words([2**10, 1, 1, 1], unit.b), words([2**23], "float32")[0])
    assert number(found, "float32") == Fraction(published)


def words(values: Iterable[Fraction | int], form: str) -> list[int]:
    """The words of numbers that a format has."""
    found = [word(Fraction(value), form) for value in values]
    assert None not in found
    return [each for each in found if each is not None]


def number(bits: int | str, form: str) -> Fraction:
    """The number a word means, which is finite."""
    assert isinstance(bits, int)
    found = decoded(bits, form)
    assert found.kind == "finite"
    size = found.significand * power(found.power)
    return -size if found.negative else size


def nearest(exact: Fraction, form: str) -> Fraction | None:
    """The number of a format that is nearest, in fractions alone; ``None`` beyond its range."""
    found = FORMS[form]
    size, exponent = abs(exact), found.least
    while size >= power(exponent + 1):
        exponent += 1
    step = power(exponent - found.fraction)
    result = round(exact / step) * step
    return None if abs(result) >= power(found.greatest + 1) else result


def drawn(form: str, draw: random.Random, around: int) -> int:
    """A finite word near an exponent."""
    found = FORMS[form]
    exponent = min(max(around + draw.randint(-6, 6), found.least - found.fraction), found.greatest - 1)
    value = draw.choice((1, -1)) * (1 + Fraction(draw.getrandbits(10), 1 << 10)) * power(exponent)
    return word(number_of(rounded(int(value * power(2400)), form, "toward-zero")), form) or 0


def number_of(found: Number) -> Fraction:
    """The value of a finite number."""
    size: Fraction = found.significand * power(found.power)
    return -size if found.negative else size


@pytest.mark.parametrize("form", ["float16", "bfloat16", "float32", "float8_e4m3fnuz", "float6_e2m3fn"])
@pytest.mark.parametrize("result", ["float32", "float16"])
def test_an_exact_sum_is_the_fraction_rounded_once(form: str, result: str) -> None:
    unit, draw = Parameters(form, form, result, result, 4, model="exact", block=4), random.Random(form)
    wide = Parameters(form, form, result, result, 4, model="fused", block=4, alignment_bits=2000)
    for _ in range(300):
        a, b = ([drawn(form, draw, draw.choice((0, 0, FORMS[form].least))) for _ in range(4)] for _ in "ab")
        c = drawn(result, draw, draw.choice((0, FORMS[result].least)))
        exact = sum((number(x, form) * number(y, form) for x, y in zip(a, b, strict=True)), number(c, result))
        expected = nearest(exact, result)
        for each in (unit, wide):  # nothing is cut off of terms aligned to so many bits
            found = dot(each, a, b, c)
            assert (None if is_infinite(found, result) else number(found, result)) == expected


@pytest.mark.parametrize("form", ["float64", "float32", "float16"])
def test_a_chain_of_fused_multiply_adds_rounds_the_fraction_at_every_step(form: str) -> None:
    unit, draw = Parameters(form, form, form, form, 4, model="fma"), random.Random(form)
    for _ in range(300):
        a, b = ([drawn(form, draw, draw.choice((0, 0, FORMS[form].least // 2))) for _ in range(5)] for _ in "ab")
        c = drawn(form, draw, 0)
        expected: Fraction | None = number(c, form)
        for x, y in zip(a, b, strict=True):
            assert expected is not None
            expected = nearest(number(x, form) * number(y, form) + expected, form)
        assert number(dot(unit, a, b, c), form) == expected


def is_infinite(bits: int | str, form: str) -> bool:
    """Whether a word means an infinity."""
    return isinstance(bits, int) and decoded(bits, form).kind == "infinite"


@pytest.mark.parametrize(
    "form", [form for form in FORMS if form not in ("float64", "float32", "tf32", "xf32", "ue4m3")]
)
def test_the_definition_reads_every_word_as_the_public_data_types_do(form: str) -> None:
    found = FORMS[form]
    every = np.arange(1 << found.width, dtype=f"uint{max(8, found.width)}")
    kind = np.dtype(np.float16 if form == "float16" else getattr(ml_dtypes, form))
    with np.errstate(invalid="ignore"):  # some are signalling NaNs
        values = every.view(kind).astype(np.float64)
    for bits, value in zip(every.tolist(), values.tolist(), strict=True):
        meant = decoded(bits, form)
        if meant.kind == "finite":
            assert number(bits, form) == Fraction(value)
            assert meant.negative == bool(np.signbit(value))
        else:
            assert meant.kind == ("nan" if np.isnan(value) else "infinite")


def test_the_definition_rounds_in_every_direction_as_ieee_754_names_them() -> None:
    eighth = {  # by direction: what 9/8 of a unit, 12/8, 15/8 and 20/8 become, and their negatives
        "nearest-even": (1, 2, 2, 2, -1, -2, -2, -2),
        "nearest-away": (1, 2, 2, 3, -1, -2, -2, -3),
        "toward-zero": (1, 1, 1, 2, -1, -1, -1, -2),
        "toward-positive": (2, 2, 2, 3, -1, -1, -1, -2),
        "toward-negative": (1, 1, 1, 2, -2, -2, -2, -3),
    }
    for direction, expected in eighth.items():
        for eighths, units in zip((9, 12, 15, 20, -9, -12, -15, -20), expected, strict=True):
            subnormal = Fraction(eighths, 8) * power(-149)
            assert number_of(rounded(int(subnormal * power(2400)), "float32", direction)) == units * power(-149)
