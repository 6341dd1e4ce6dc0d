"""Another implementation of formats and roundings, gfloat, decodes and converts to the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gfloat import Domain, FormatInfo, RoundMode, decode_ndarray, round_ndarray
from gfloat.formats import (
    format_info_bfloat16,
    format_info_binary16,
    format_info_binary32,
    format_info_binary64,
    format_info_ocp_e2m1,
    format_info_ocp_e2m3,
    format_info_ocp_e3m2,
    format_info_ocp_e4m3,
    format_info_ocp_e5m2,
    format_info_ocp_e8m0,
)
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.simulator.conversion import convert
from harness.simulator.formats import FORMATS, INFINITE, NAN, decode

Array = NDArray[Any]


def described(name: str, k: int, precision: int, bias: int, **others: Any) -> FormatInfo:
    """A format gfloat has no name for."""
    usual = {"is_signed": True, "domain": Domain.Finite, "has_nz": False, "num_high_nans": 0}
    return FormatInfo(
        name, k, precision, bias=bias, has_subnormals=True, is_twos_complement=False, **{**usual, **others}
    )


IEEE = {"domain": Domain.Extended, "has_nz": True, "num_high_nans": 2**10 - 1}
THEIRS = {
    "float64": format_info_binary64,
    "float32": format_info_binary32,
    "tf32": described("tf32", 19, 11, 127, **IEEE),
    "xf32": described("xf32", 19, 11, 127, **IEEE),
    "float16": format_info_binary16,
    "bfloat16": format_info_bfloat16,
    "float8_e4m3fn": format_info_ocp_e4m3,
    "float8_e5m2": format_info_ocp_e5m2,
    "float8_e4m3fnuz": described("e4m3fnuz", 8, 4, 8),
    "float8_e5m2fnuz": described("e5m2fnuz", 8, 3, 16),
    "float6_e3m2fn": format_info_ocp_e3m2,
    "float6_e2m3fn": format_info_ocp_e2m3,
    "float4_e2m1fn": format_info_ocp_e2m1,
    "float8_e8m0fnu": format_info_ocp_e8m0,
    "ue4m3": described("ue4m3", 7, 4, 7, is_signed=False, num_high_nans=1),
}
MODES = {
    "nearest-even": RoundMode.TiesToEven,
    "nearest-away": RoundMode.TiesToAway,
    "toward-zero": RoundMode.TowardZero,
    "toward-positive": RoundMode.TowardPositive,
    "toward-negative": RoundMode.TowardNegative,
}
#: Formats whose every pattern is converted.
SHORT = [name for name, form in FORMATS.items() if form.width <= 16 and name != "ue4m3"]


def every_pattern(name: str) -> Array:
    """Every word of a format of at most 16 bits."""
    form = FORMATS[name]
    return np.arange(1 << form.width).astype(form.word)


@np.errstate(all="ignore")
def taken_apart(words: Array, name: str) -> Array:
    """The values of words as ``decode`` has them; a zero without its sign, which it does not give."""
    form = FORMATS[name]
    found = decode(words, form)
    numbers = np.ldexp(found.significand.astype(np.float64), found.exponent - form.fraction_bits)
    numbers = np.where(found.kind == INFINITE, np.copysign(np.inf, found.significand), numbers)
    return np.where(found.kind == NAN, np.nan, numbers)


def same(found: Array, expected: Array) -> Array:
    """Where two arrays of float64 hold the same number, with the sign of zero, or both NaN."""
    signs = np.signbit(found) == np.signbit(expected)
    return np.where(np.isnan(expected), np.isnan(found), (found == expected) & signs)


@np.errstate(all="ignore")
def agrees(values: Array, target: str, mode: str) -> None:
    """Hold a conversion against gfloat's, where that has one: NaN and overflow need a place in the format."""
    info, form = THEIRS[target], FORMATS[target]
    wide = values.astype(np.float64)
    if form.special == "none":
        values, wide = (given[np.abs(wide) <= info.max] for given in (values, wide))
    if not form.signed:
        values, wide = (given[~np.signbit(wide)] for given in (values, wide))
    if form.special == "all-ones":
        values, wide = (given[~(wide < info.min)] for given in (values, wide))
    expected = np.asarray(round_ndarray(info, wide, MODES[mode]))
    found = convert(values, target, mode)
    assert found.dtype == numpy_dtype(FORMATS[target].held_as)
    assert same(found.astype(np.float64), expected).all()


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.width <= 16])
def test_every_pattern_is_the_same_number_there(name: str) -> None:
    words = every_pattern(name)
    theirs = words.astype(np.int64) % (1 << THEIRS[name].k)
    expected = decode_ndarray(THEIRS[name], theirs)
    found = taken_apart(words, name)
    assert np.array_equal(found, expected, equal_nan=True)


@pytest.mark.parametrize("name", ["float32", "float64", "tf32", "xf32"])
def test_patterns_of_wide_formats_are_the_same_numbers_there(name: str) -> None:
    form = FORMATS[name]
    words = np.random.default_rng(1).integers(0, 1 << form.width, 1 << 17, dtype=form.word, endpoint=False)
    expected = decode_ndarray(THEIRS[name], words >> form.word.type(form.dropped)) if form.width < 64 else None
    if expected is None:
        expected = words.view(np.float64)
    assert np.array_equal(taken_apart(words, name), expected, equal_nan=True)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("target", FORMATS)
def test_every_pattern_of_a_short_format_is_converted_to_the_same_number(target: str, mode: str) -> None:
    for name in SHORT:
        agrees(every_pattern(name).view(numpy_dtype(FORMATS[name].held_as)), target, mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", ["float32", "float64"])
def test_numbers_of_wide_formats_are_converted_to_the_same_number(source: str, target: str, mode: str) -> None:
    """Random patterns, and numbers on, just below and just above the middles between neighbours of a target."""
    form = FORMATS[target]
    random = np.random.default_rng(7)
    exponents = random.integers(form.least - form.precision - 2, form.greatest + 2, 1 << 15)
    halves = random.integers(0, 1 << (form.precision + 1), 1 << 15).astype(np.float64)
    with np.errstate(over="ignore"):
        middles = np.ldexp(halves, exponents)
    middles = middles * random.choice([1.0, -1.0], middles.shape)
    word = np.dtype(f"uint{8 * np.dtype(source).itemsize}")
    anything = random.integers(0, 1 << (8 * word.itemsize), 1 << 15, dtype=word, endpoint=False).view(source)
    with np.errstate(all="ignore"):
        near = middles.astype(source)
        above, below = np.nextafter(near, near.dtype.type(np.inf)), np.nextafter(near, near.dtype.type(-np.inf))
    agrees(np.concatenate([anything, near, above, below]), target, mode)


def test_every_format_is_held_against_gfloat() -> None:
    assert set(THEIRS) == set(FORMATS)
