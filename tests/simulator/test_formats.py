"""Number formats: what every word means, against the definition's own reading of the standards."""

from __future__ import annotations

import math
import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.simulator.formats import FINITE, FORMATS, INFINITE, NAN, ZERO, Format, decode
from tests.simulator.number_formats import decoded

SHORT = sorted(name for name, form in FORMATS.items() if form.width <= 16)
KINDS = {"nan": NAN, "infinite": INFINITE}


def value_of(significand: int, exponent: int, form: Format) -> Fraction:
    """What a significand and an exponent stand for."""
    return significand * Fraction(2) ** (exponent - form.fraction_bits)


@pytest.mark.parametrize("name", SHORT)
def test_every_word_of_a_short_format_means_what_its_standard_says(name: str) -> None:
    form = FORMATS[name]
    found = decode(np.arange(1 << form.width, dtype=form.word), form)
    for word in range(1 << form.width):
        expected = decoded(word, name)
        kind, significand, exponent = int(found.kind[word]), int(found.significand[word]), int(found.exponent[word])
        assert kind == KINDS.get(expected.kind, ZERO if expected.zero else FINITE), f"{word:#x}"
        if expected.kind == "finite":
            sign = -1 if expected.negative else 1
            value = sign * expected.significand * Fraction(2) ** expected.power
            assert value_of(significand, exponent, form) == value, f"{word:#x}"
            assert exponent == expected.exponent, f"{word:#x}"
        else:
            assert significand == (-1 if expected.negative else 1), f"{word:#x}"


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_an_element_fits_its_word(name: str) -> None:
    form = FORMATS[name]
    assert form.word.kind == "u"
    assert form.word.itemsize * 8 >= form.width
    assert form.fraction_bits == form.precision - 1


def check_long(word: int, form: Format, value: float) -> None:
    """Assert that a word of a long format is read as the machine reads it, ``value``."""
    found = decode(np.array([word], form.word), form)
    kind, significand, exponent = int(found.kind[0]), int(found.significand[0]), int(found.exponent[0])
    if math.isnan(value):
        assert (kind, significand) == (NAN, 1)
    elif math.isinf(value):
        assert (kind, significand) == (INFINITE, 1 if value > 0 else -1)
    else:
        assert kind == (FINITE if value else ZERO)
        assert value_of(significand, exponent, form) == Fraction(value)
        assert form.least <= exponent <= form.greatest
        assert abs(significand) >> form.fraction_bits == 1 or exponent == form.least


@given(st.integers(0, (1 << 64) - 1))
def test_a_word_of_64_bits_is_the_double_the_machine_reads(word: int) -> None:
    check_long(word, FORMATS["float64"], struct.unpack("<d", struct.pack("<Q", word))[0])


@given(st.integers(0, (1 << 32) - 1))
def test_a_word_of_32_bits_is_the_float_the_machine_reads(word: int) -> None:
    check_long(word, FORMATS["float32"], struct.unpack("<f", struct.pack("<I", word))[0])


@pytest.mark.parametrize("name", ["tf32", "xf32"])
@given(word=st.integers(0, (1 << 32) - 1))
def test_the_low_13_bits_of_a_float_that_a_unit_shortens_do_not_count(name: str, word: int) -> None:
    kept = word & ~((1 << 13) - 1)
    check_long(word, FORMATS[name], struct.unpack("<f", struct.pack("<I", kept))[0])


LONG_EDGES = {
    "float32": [0, 1 << 31, 1, 0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001],
    "float64": [0, 1 << 63, 1, (1 << 52) - 1, 1 << 52, (0x7FF << 52) - 1, 0x7FF << 52, 0xFFF << 52, (0x7FF << 52) + 1],
}


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, words in LONG_EDGES.items() for word in words])
def test_the_edges_of_a_long_format_are_read_as_the_machine_reads_them(name: str, word: int) -> None:
    form = FORMATS[name]
    code, kind = ("<f", "<I") if form.width == 32 else ("<d", "<Q")
    check_long(word, form, struct.unpack(code, struct.pack(kind, word))[0])
