"""Conversion rounds the exact value once, whatever the two formats; to integers it truncates and saturates."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.simulator.conversion import convert, flush, widen
from tests.simulator.exact import FORMATS
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
