"""Conversion rounds the exact value once, whatever the two formats; to integers it truncates and saturates."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.simulator import formats
from harness.simulator.conversion import convert, flush, widen
from harness.simulator.rounding_modes import round_float64
from tests.simulator.exact import FORMATS, _floor_log2
from tests.simulator.launching import array

ROUNDED = ("float16", "bfloat16", "float32", "float8_e5m2")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")

finite = st.floats(allow_nan=False, allow_infinity=False)


def near_a_tie(name: str) -> st.SearchStrategy[float]:
    """float64 numbers on, just above and just below the middle between two neighbours of a format."""
    precision = FORMATS[name].precision
    mantissas = st.integers(0, 2**precision - 1).map(lambda m: 2 * m + 1)
    exponents = st.integers(FORMATS[name].smallest - precision - 2, FORMATS[name].largest - precision)
    middles = st.builds(math.ldexp, mantissas.map(float), exponents)
    return st.builds(lambda x, towards, sign: sign * math.nextafter(x, x * towards), middles,
                     st.sampled_from([0.5, 1.0, 2.0]), st.sampled_from([-1, 1]))  # fmt: skip


def same(found: float, expected: float) -> bool:
    """Equal, with the sign of zero."""
    return found == expected and math.copysign(1, found) == math.copysign(1, expected)


@pytest.mark.parametrize("name", ROUNDED)
@given(data=st.data())
def test_float64_is_rounded_to_nearest_even_once(name: str, data: st.DataObject) -> None:
    value = data.draw(near_a_tie(name) | finite)
    expected = math.copysign(FORMATS[name].round(Fraction(value)), value)
    with np.errstate(all="ignore"):
        assert same(float(convert(np.array([value]), name)[0]), expected)


def test_two_roundings_would_have_been_seen() -> None:
    """Just above the middle between two neighbours, float32 lies exactly on it, and a second rounding goes down."""
    value = np.array([1 + 2.0**-8 + 2.0**-40])
    assert float(value.astype(np.float32).astype(convert(value, "bfloat16").dtype)[0]) == 1.0
    assert float(convert(value, "bfloat16")[0]) == 1 + 2.0**-7


def in_mode(name: str, exact: Fraction, mode: str) -> float:
    """A number rounded to a format by definition (IEEE 754-2019, clauses 4.3 and 7.4); zero without a sign."""
    form, magnitude, negative = FORMATS[name], abs(exact), exact < 0
    if exact == 0:
        return 0.0
    exponent = max(_floor_log2(magnitude), form.smallest)
    step = Fraction(2) ** (exponent - form.precision + 1)
    below = magnitude // step * step
    away = {
        "nearest-even": magnitude - below > step / 2 or (magnitude - below == step / 2 and below / step % 2 == 1),
        "nearest-away": magnitude - below >= step / 2,
        "toward-zero": False,
        "toward-positive": not negative,
        "toward-negative": negative,
    }[mode]
    found = below + step if away and below != magnitude else below
    if found <= form.maximum:
        return float(-found if negative else found)
    nowhere_beyond = mode in ("toward-zero", "toward-positive" if negative else "toward-negative")
    return math.copysign(float(form.maximum) if nowhere_beyond else math.inf, -1 if negative else 1)


MODES = ("nearest-even", "nearest-away", "toward-zero", "toward-positive", "toward-negative")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ROUNDED)
@given(data=st.data())
def test_float64_is_rounded_once_in_every_mode(name: str, mode: str, data: st.DataObject) -> None:
    value = data.draw(near_a_tie(name) | finite)
    with np.errstate(all="ignore"):
        found = float(convert(np.array([value]), name, mode)[0])
    assert same(found, math.copysign(in_mode(name, Fraction(value), mode), value))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", [*ROUNDED, "float64"])
@given(value=st.integers(-(2**63), 2**63 - 1) | st.integers(2**63 - 2**12, 2**64 - 1))
def test_wide_integers_are_rounded_once_in_every_mode(name: str, mode: str, value: int) -> None:
    dtype = np.uint64 if value >= 2**63 else np.int64
    with np.errstate(all="ignore"):
        assert float(convert(np.array([value], dtype), name, mode)[0]) == in_mode(name, Fraction(value), mode)


@pytest.mark.parametrize("mode", MODES)
@given(value=st.integers(-(2**31), 2**31 - 1))
def test_other_integers_are_rounded_once_in_every_mode(mode: str, value: int) -> None:
    with np.errstate(all="ignore"):
        found = float(convert(np.array([value], np.int32), "float16", mode)[0])
    assert found == in_mode("float16", Fraction(value), mode)


#: What numbers too large become: to nearest and to zero, upward if positive, downward if positive.
TOO_LARGE = {
    "float16": (math.inf, 65504.0),
    "float8_e4m3fn": (math.nan, 448.0),
    "float8_e4m3fnuz": (math.nan, 240.0),
    "float8_e5m2fnuz": (math.nan, 57344.0),
    "float6_e3m2fn": (28.0, 28.0),
    "float6_e2m3fn": (7.5, 7.5),
    "float4_e2m1fn": (6.0, 6.0),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_overflow_is_infinity_or_nan_or_the_largest_as_the_mode_and_the_format_have_it(name: str) -> None:
    beyond, largest = TOO_LARGE[name]
    ends = {
        "nearest-even": (beyond, -beyond),
        "nearest-away": (beyond, -beyond),
        "toward-zero": (largest, -largest),
        "toward-positive": (beyond, -largest),
        "toward-negative": (largest, -beyond),
    }
    for mode, expected in ends.items():
        with np.errstate(all="ignore"):
            found = convert(np.array([1e9, -1e9]), name, mode).astype(np.float64)
            infinite = convert(np.array([math.inf, -math.inf]), name, mode).astype(np.float64)
        assert np.array_equal(found, np.array(expected), equal_nan=True)
        assert np.array_equal(infinite, np.array([beyond, -beyond]), equal_nan=True)


def test_a_format_without_nan_has_its_largest_number_in_its_place() -> None:
    for name, largest in (("float6_e3m2fn", 28.0), ("float6_e2m3fn", 7.5), ("float4_e2m1fn", 6.0)):
        assert convert(np.array([np.nan, -np.nan]), name).astype(float).tolist() == [largest, largest]


def test_short_formats_convert_to_one_another_rounded_once() -> None:
    sixteenths = array([1.0625, 1.1875, -1.1875, 2.0**-10], "float16")
    for mode, expected in (
        ("nearest-even", [1.0, 1.25, -1.25, 0.0]),
        ("nearest-away", [1.125, 1.25, -1.25, 2.0**-9]),
        ("toward-zero", [1.0, 1.125, -1.125, 0.0]),
        ("toward-positive", [1.125, 1.25, -1.125, 2.0**-9]),
        ("toward-negative", [1.0, 1.125, -1.25, 0.0]),
    ):
        assert convert(sixteenths, "float8_e4m3fn", mode).astype(float).tolist() == expected
    sixths = convert(np.array([0.75, 3.5, -28.0]), "float6_e3m2fn")
    assert convert(sixths, "float8_e5m2").astype(float).tolist() == [0.75, 3.5, -28.0]
    assert convert(sixths, "float4_e2m1fn").astype(float).tolist() == [1.0, 4.0, -6.0]
    assert convert(sixths, "float32", "toward-zero").tolist() == [0.75, 3.5, -28.0]
    assert convert(sixths, "float64", "toward-zero").tolist() == [0.75, 3.5, -28.0]


def test_formats_of_scales_have_no_numbers_below_zero() -> None:
    values = np.array([-1.0, 0.0, 2.0**-140, 0.75, 1.5, 3.0, 2.0**127, 2.0**128])
    with np.errstate(all="ignore"):
        exponents = convert(values, "float8_e8m0fnu").view(np.uint8).tolist()
        numbers = convert(values, "ue4m3").view(np.uint8).tolist()
    # Ties go to the even word: 0.75 from between 126 and 127 to 126, 1.5 and 3 both to 128.
    assert exponents == [0xFF, 0xFF, 0, 126, 128, 128, 254, 0xFF]
    assert numbers == [0x7F, 0, 0, 0x34, 0x3C, 0x44, 0x7F, 0x7F]


def test_rounded_numbers_come_back_as_float64() -> None:
    values = np.array([0.3, 1.0625, -0.0, 1e9])
    # In steps of 2**-12, 0.3 is 1228.8; in steps of 2**19, 10**9 is 1907.3.
    for name, expected in (
        ("float32", [float(np.float32(0.3)), 1.0625, -0.0, 1e9]),
        ("tf32", [1229 / 4096, 1.0625, -0.0, 1907 * 2.0**19]),
        ("float4_e2m1fn", [0.5, 1.0, -0.0, 6.0]),
        ("ue4m3", [0.3125, 1.0, 0.0, math.nan]),
    ):
        found = round_float64(values, formats.FORMATS[name], "nearest-even")
        assert np.array_equal(found, np.array(expected), equal_nan=True)
        assert np.signbit(found).tolist() == np.signbit(expected).tolist()


def test_tf32_and_xf32_are_float32_numbers_of_eleven_bits() -> None:
    values = np.array([1 + 2.0**-11, 1 + 3 * 2.0**-11, -(1 + 2.0**-20)], dtype=np.float32)
    for name in ("tf32", "xf32"):
        assert convert(values, name).dtype == np.float32
        assert convert(values, name).tolist() == [1.0, 1 + 2.0**-9, -1.0]
        assert convert(values, name, "toward-negative").tolist() == [1.0, 1 + 2.0**-10, -(1 + 2.0**-10)]


def test_a_mode_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no rounding 'sideways'"):
        convert(np.array([1.5]), "float16", "sideways")


shifted = st.builds(lambda mantissa, places: mantissa << places, st.integers(-(2**13), 2**13), st.integers(0, 48))


@pytest.mark.parametrize("name", ROUNDED)
@given(value=st.integers(-(2**63), 2**63 - 1) | shifted)
def test_int64_is_rounded_to_nearest_even_once(name: str, value: int) -> None:
    with np.errstate(all="ignore"):
        assert float(convert(np.array([value], dtype=np.int64), name)[0]) == FORMATS[name].round(Fraction(value))


@pytest.mark.parametrize("name", [*ROUNDED, "float64"])
@given(value=st.integers(2**63 - 2**12, 2**64 - 1))
def test_large_uint64_are_rounded_to_nearest_even_once(name: str, value: int) -> None:
    with np.errstate(all="ignore"):
        assert float(convert(np.array([value], dtype=np.uint64), name)[0]) == FORMATS[name].round(Fraction(value))


@given(value=st.floats(-448, 448) | near_a_tie("float8_e4m3fn").filter(lambda x: abs(x) <= 448))
def test_the_format_without_infinity_rounds_the_same_up_to_its_largest_number(value: float) -> None:
    expected = math.copysign(FORMATS["float8_e4m3fn"].round(Fraction(value)), value)
    assert same(float(convert(np.array([value]), "float8_e4m3fn")[0]), expected)


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float8_e5m2", "float8_e4m3fn"])
def test_a_short_format_converts_to_float32_and_back_without_change(name: str) -> None:
    dtype = array([], name).dtype
    values = np.arange(256**dtype.itemsize, dtype=f"u{dtype.itemsize}").view(dtype)
    numbers = values[~np.isnan(widen(values))]
    assert convert(convert(numbers, "float32"), name).tobytes() == numbers.tobytes()


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64", "float8_e5m2", "float8_e4m3fn"])
def test_nan_stays_nan_and_infinity_infinity_where_there_is_one(name: str) -> None:
    with np.errstate(all="ignore"):
        found = widen(convert(np.array([np.nan, np.inf, -np.inf]), name))
    assert np.isnan(found[0])
    assert np.isnan(found[1:]).all() if name == "float8_e4m3fn" else found[1:].tolist() == [np.inf, -np.inf]


@pytest.mark.parametrize("source", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("name", INTEGERS)
@given(value=st.floats(allow_nan=False) | st.floats(-300, 300) | st.integers(-(2**64), 2**64).map(float))
def test_floats_are_truncated_towards_zero_and_saturate(source: str, name: str, value: float) -> None:
    with np.errstate(all="ignore"):
        given_value = convert(np.array([value]), source)
    held, limits = float(given_value[0]), np.iinfo(name)
    truncated = held if math.isinf(held) else math.trunc(held)
    assert int(convert(given_value, name)[0]) == min(max(truncated, int(limits.min)), int(limits.max))


@pytest.mark.parametrize("name", INTEGERS)
def test_nan_becomes_integer_zero(name: str) -> None:
    assert convert(np.array([np.nan, -np.nan]), name).tolist() == [0, 0]


@given(value=st.integers(-(2**63), 2**63 - 1))
def test_integers_convert_to_integers_modulo_two_to_the_bits(value: int) -> None:
    assert int(convert(np.array([value]), "uint8")[0]) == value % 256


def test_bool_is_whether_the_value_is_not_zero() -> None:
    assert convert(np.array([0.0, -0.0, 1e-310, np.nan]), "bool").tolist() == [False, False, True, True]
    assert convert(array([0, 0.25], "float8_e5m2"), "bool").tolist() == [False, True]
    assert convert(np.array([True, False]), "bfloat16").astype(float).tolist() == [1, 0]


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_flushing_replaces_subnormals_by_the_zero_of_their_sign_and_nothing_else(name: str) -> None:
    normal = 2.0 ** FORMATS[name].smallest
    step = normal * 2.0 ** (1 - FORMATS[name].precision)
    values = array([normal, -normal, normal - step, step, -step, 0.0, -0.0, np.inf, 1.0], name)
    found = widen(flush(values, name)).astype(float)
    expected = [normal, -normal, 0.0, 0.0, -0.0, 0.0, -0.0, np.inf, 1.0]
    assert all(map(same, found.tolist(), expected))
    assert np.isnan(widen(flush(array([np.nan], name), name)))
    assert flush(np.array([1, 0]), "int64").tolist() == [1, 0]
