"""What problems are made of: seeded draws, and the numbers drawn for a dtype."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.oracle.draw import Draw
from harness.oracle.numbers import all_patterns, any_bits, full_mantissa, subnormals, whole
from tests.oracle.exact import BINARY

Array = NDArray[Any]
FLOATS = ("float16", "bfloat16", "float32", "float64")


def draw(word: str = "") -> Draw:
    """A source of draws."""
    return Draw("seed", "test", word)


def test_the_same_seed_test_and_case_give_the_same_draws_and_others_do_not() -> None:
    first, again = draw("a").integers(-9, 9, 50), draw("a").integers(-9, 9, 50)
    assert (first == again).all()
    for other in (draw("b"), Draw("seed", "other", "a"), Draw("other", "test", "a")):
        assert (first != other.integers(-9, 9, 50)).any()


def test_draws_stand_for_ever() -> None:
    # Philox4x64-10 of Salmon et al., SC 2011, keyed by BLAKE2b: a change here would change every bundle's inputs.
    import hashlib

    key = int.from_bytes(hashlib.blake2b(b"seed\0test\0", digest_size=16).digest(), "little")
    assert draw().raw(4).tolist() == philox(key, 1)


def philox(key: int, counter: int) -> list[int]:
    """One block of Philox4x64 with ten rounds, by its definition."""
    mask = (1 << 64) - 1
    x = [counter, 0, 0, 0]
    k = [key & mask, key >> 64]
    for _ in range(10):
        one, two = 0xD2E7470EE14C6C93 * x[0], 0xCA5A826395121157 * x[2]
        x = [(two >> 64) ^ x[1] ^ k[0], two & mask, (one >> 64) ^ x[3] ^ k[1], one & mask]
        k = [(k[0] + 0x9E3779B97F4A7C15) & mask, (k[1] + 0xBB67AE8584CAA73B) & mask]
    return x


@given(size=st.integers(0, 300), word=st.text(max_size=5))
def test_a_permutation_holds_every_number_once(size: int, word: str) -> None:
    assert sorted(Draw("seed", word, "").permutation(size)) == list(range(size))


@pytest.mark.parametrize("dtype", FLOATS)
def test_full_mantissas_have_their_last_bit_set_and_keep_to_their_exponents(dtype: str) -> None:
    values = full_mantissa(draw(), dtype, (500,), (-4, 5)).astype(np.float64)
    precision = BINARY[dtype].precision
    for value in values:
        mantissa, exponent = math.frexp(abs(value))
        assert int(math.ldexp(mantissa, precision)) % 2 == 1
        assert -4 <= exponent - 1 <= 5
    assert set(np.sign(values)) == {-1.0, 1.0}
    assert len(set(np.frexp(np.abs(values))[1])) == 10


@pytest.mark.parametrize("dtype", FLOATS)
def test_subnormals_are_below_every_normal_number_and_reach_both_ends(dtype: str) -> None:
    values = np.abs(subnormals(draw(), dtype, (200,)).astype(np.float64))
    form = BINARY[dtype]
    smallest, normal = Fraction(2) ** (form.emin - form.precision + 1), Fraction(2) ** form.emin
    assert Fraction(float(values.min())) == smallest
    assert Fraction(float(values.max())) == normal - smallest


def test_every_pattern_of_sixteen_bits_comes_once() -> None:
    for dtype in ("float16", "bfloat16"):
        assert len(set(all_patterns(dtype).view(np.uint16).tolist())) == 1 << 16


@pytest.mark.parametrize("dtype", ["bool", "int8", "int32", "int64", *FLOATS])
def test_whole_numbers_are_whole_and_no_larger_than_asked(dtype: str) -> None:
    values = whole(draw(), dtype, (400,), 37).astype(np.float64)
    assert (values == np.rint(values)).all()
    assert np.abs(values).max() == (1 if dtype == "bool" else 37)
    assert any_bits(draw(), "int8", (4000,)).min() == -128
