"""Rounding into formats and the size of a last place, held to their definitions in exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.device.dtypes import numpy_dtype
from harness.oracle.formats import FORMATS, integer_range, round_to, ulp_of
from tests.oracle.exact import BINARY

#: Numbers of float64 in and around the range of every format, halves between its neighbours among them.
NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-70000, 70000, allow_nan=False),
    st.builds(
        lambda m, e, nudge: float(np.nextafter(math.ldexp(m, e), [-np.inf, math.ldexp(m, e), np.inf][nudge])),
        st.integers(-(2**26), 2**26),
        st.integers(-170, 110),
        st.integers(0, 2),
    ),
)


def same(found: float, expected: float) -> bool:
    """Whether two numbers are equal, or both none."""
    return found == expected or (math.isnan(found) and math.isnan(expected))


@pytest.mark.parametrize("dtype", sorted(FORMATS))
@given(value=NUMBERS)
def test_rounding_gives_the_nearest_number_and_of_two_the_even_one(dtype: str, value: float) -> None:
    found = float(round_to(np.array([value]), dtype)[0])
    assert same(found, BINARY[dtype].nearest(Fraction(value)))
    assert math.isnan(found) or math.copysign(1, found) == math.copysign(1, value)


@pytest.mark.parametrize("dtype", sorted(FORMATS))
@given(value=st.integers(-(2**31), 2**31 - 1))
def test_integers_are_rounded_once_as_well(dtype: str, value: int) -> None:
    found = float(round_to(np.array([value], np.int64), dtype)[0])
    assert same(found, BINARY[dtype].nearest(Fraction(value)))


@pytest.mark.parametrize("dtype", sorted(FORMATS))
def test_nan_and_infinity_come_through(dtype: str) -> None:
    found = round_to(np.array([np.nan, np.inf, -np.inf]), dtype).astype(np.float64)
    assert np.isnan(found[0])
    if FORMATS[dtype].infinities:
        assert list(found[1:]) == [np.inf, -np.inf]
    else:
        assert np.isnan(found[1:]).all()


def test_bfloat16_is_not_reached_by_rounding_twice() -> None:
    # 1 + 2**-8 is half way between two numbers of bfloat16; 2**-40 above it is not, but float32 cannot tell.
    assert float(round_to(np.array([1 + 2.0**-8 + 2.0**-40]), "bfloat16")[0]) == 1 + 2.0**-7
    assert float(round_to(np.array([1 + 2.0**-8]), "bfloat16")[0]) == 1.0


@pytest.mark.parametrize("dtype", sorted(FORMATS))
@given(value=NUMBERS)
def test_the_last_place_is_the_step_of_the_binade(dtype: str, value: float) -> None:
    assert Fraction(float(ulp_of(np.array([value]), dtype)[0])) == BINARY[dtype].step(Fraction(value))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_figures_of_a_format_are_those_numpy_knows(dtype: str) -> None:
    known, form = np.finfo(dtype), FORMATS[dtype]
    assert form.largest == float(known.max)
    assert form.smallest_normal == float(known.smallest_normal)
    assert form.smallest_subnormal == float(known.smallest_subnormal)
    assert form.unit_roundoff == float(known.eps) / 2


def test_the_figures_of_bfloat16_are_those_of_its_patterns() -> None:
    patterns = np.array([0x0001, 0x0080, 0x7F7F], np.uint16).view(numpy_dtype("bfloat16")).astype(np.float64)
    form = FORMATS["bfloat16"]
    assert [form.smallest_subnormal, form.smallest_normal, form.largest] == list(patterns)


def test_the_range_of_an_integer_is_that_of_twos_complement() -> None:
    assert integer_range("int8") == (-128, 127)
    assert integer_range("int32") == (-(2**31), 2**31 - 1)
    assert integer_range("uint8") == (0, 255)


#: OCP 8-bit Floating Point Specification 1.0, table of encodings: the largest, the smallest normal and the smallest.
OFP8 = {"float8_e4m3fn": (448.0, 2.0**-6, 2.0**-9), "float8_e5m2": (57344.0, 2.0**-14, 2.0**-16)}
EIGHT_BITS = sorted(OFP8)


@pytest.mark.parametrize("dtype", EIGHT_BITS)
def test_the_figures_of_the_8_bit_formats_are_those_of_their_standard(dtype: str) -> None:
    form = FORMATS[dtype]
    assert (form.largest, form.smallest_normal, form.smallest_subnormal) == OFP8[dtype]


@pytest.mark.parametrize("dtype", EIGHT_BITS)
def test_all_numbers_of_an_8_bit_format_stay_themselves(dtype: str) -> None:
    every = np.arange(256, dtype=np.uint8).view(numpy_dtype(dtype))
    again = round_to(every.astype(np.float64), dtype)
    nan = np.isnan(every.astype(np.float64))
    assert (again.view(np.uint8) == every.view(np.uint8))[~nan].all()
    assert np.isnan(again.astype(np.float64))[nan].all()


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("source", ["float16", "bfloat16"])
@pytest.mark.parametrize("dtype", EIGHT_BITS)
def test_every_16_bit_number_is_rounded_to_8_bits_as_ml_dtypes_does(dtype: str, source: str) -> None:
    every = np.arange(1 << 16, dtype=np.uint16).view(numpy_dtype(source))
    found = round_to(every.astype(np.float64), dtype)
    theirs = every.astype(np.float32).astype(numpy_dtype(dtype))
    nan = np.isnan(theirs.astype(np.float32))
    assert (found.view(np.uint8) == theirs.view(np.uint8))[~nan].all()
    assert (np.isnan(found.astype(np.float32)) == nan).all()


@pytest.mark.parametrize("dtype", EIGHT_BITS)
def test_every_float16_number_is_rounded_to_8_bits_by_the_definition(dtype: str) -> None:
    every = np.arange(1 << 15, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)].astype(np.float64)
    found = round_to(finite, dtype).astype(np.float64)
    known = {}
    for value, got in zip(finite.tolist(), found.tolist(), strict=True):
        known[value] = same(got, BINARY[dtype].nearest(Fraction(value)))
    assert all(known.values())
