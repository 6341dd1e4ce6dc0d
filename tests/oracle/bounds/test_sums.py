"""Bounds hold for every order of evaluation, with and without fusing, and do not hold for a narrower accumulator."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.oracle.bounds.arithmetic import Arithmetic, held_to
from harness.oracle.bounds.sums import inner_product_bound, sum_bound
from harness.profile.store import parse_profile
from tests.interface.numeric import numeric_interface
from tests.oracle.exact import BINARY, Binary

OPERATIONS = numeric_interface().operations
PROFILE = """
profile: some/one
version: "1.0"
kind: accelerator
product: {{vendor: Some, vendor_zh: 某, name: One}}
sources: {{paper: {{title: a paper, kind: definition}}}}
arithmetic:
  vector:
    status: definition
    source: paper
    float16: {{support: native{said}}}
    float32: {{support: native{said}}}
"""


def arithmetic(said: str = "", operation: str = "matmul", dtype: str = "float16") -> Arithmetic:
    """What an operation is held to where a profile says this and nothing else of its units."""
    types = next(types for types in OPERATIONS[operation].types if types.label == dtype)
    return held_to(OPERATIONS[operation], types, parse_profile(PROFILE.format(said=said).encode(), "p"))


def test_undeclared_arithmetic_is_the_interfaces_with_truncation_allowed() -> None:
    assert arithmetic() == Arithmetic("float32", 2 * 2.0**-24, 2.0**-149, 2.0**-11, 2.0**-24)


def test_declared_rounding_to_nearest_halves_the_bound() -> None:
    assert arithmetic(", rounding: nearest-even").u == 2.0**-24
    assert arithmetic(", rounding: toward-zero").u == 2.0**-23


def test_a_wider_accumulator_that_is_claimed_is_held_to() -> None:
    assert arithmetic(", accumulator: float64, rounding: nearest-even").u == 2.0**-53


def test_a_narrower_accumulator_than_the_interfaces_gives_no_wider_bound() -> None:
    assert arithmetic(", accumulator: float16, rounding: nearest-even").u == 2.0**-24


@pytest.mark.parametrize("flush", ["inputs", "outputs", "both"])
def test_declared_flushing_lets_numbers_up_to_the_smallest_normal_go(flush: str) -> None:
    found = arithmetic(f", flush: {flush}")
    assert (found.eta, found.eta_out) == (2.0**-126, 2.0**-14)
    assert arithmetic(", flush: none").eta == 2.0**-149


SMALL = Binary(6, -40, 40)
SMALL_NUMBERS = st.builds(lambda m, e: Fraction(m) * Fraction(2) ** e, st.integers(-63, 63), st.integers(-12, 6))
#: An accumulator of six bits, whose result stays as it is.
NEAREST = Arithmetic("float32", 2.0**-6, 2.0**-45, 2.0**-6, 2.0**-45)
TRUNCATING = Arithmetic("float32", 2.0**-5, 2.0**-45, 2.0**-6, 2.0**-45)


def rounding(to: Arithmetic, value: Fraction) -> Fraction:
    """One operation's rounding, the worse of the legal ones."""
    return Fraction(SMALL.nearest(value) if to is NEAREST else SMALL.toward_zero(value))


def add_up(to: Arithmetic, terms: list[Fraction], data: st.DataObject) -> Fraction:
    """A sum in an order of the test's choosing: any two of what is left, until one is left."""
    left = list(terms)
    while len(left) > 1:
        first = left.pop(data.draw(st.integers(0, len(left) - 1)))
        second = left.pop(data.draw(st.integers(0, len(left) - 1)))
        left.append(rounding(to, first + second))
    return left[0]


def bounded(bound: np.ndarray, error: Fraction) -> bool:
    """Whether an exact error is within a bound."""
    return error <= Fraction(float(bound))


@pytest.mark.parametrize("to", [NEAREST, TRUNCATING], ids=["nearest", "truncating"])
@given(terms=st.lists(SMALL_NUMBERS, min_size=1, max_size=14), data=st.data())
@settings(deadline=None)
def test_a_sum_in_any_order_is_within_its_bound(to: Arithmetic, terms: list[Fraction], data: st.DataObject) -> None:
    exact, magnitude = sum(terms, Fraction(0)), sum(map(abs, terms), Fraction(0))
    bound = sum_bound(
        to,
        np.array(float(magnitude)),
        np.array(sum(t != 0 for t in terms)),
        np.array(float(exact)),
        divided=False,
    )
    assert bounded(bound, abs(add_up(to, terms, data) - exact))


@pytest.mark.parametrize("to", [NEAREST, TRUNCATING], ids=["nearest", "truncating"])
@given(terms=st.lists(SMALL_NUMBERS, min_size=2, max_size=14), data=st.data())
@settings(deadline=None)
def test_a_mean_is_within_its_bound(to: Arithmetic, terms: list[Fraction], data: st.DataObject) -> None:
    count = len(terms)
    exact, magnitude = sum(terms, Fraction(0)) / count, sum(map(abs, terms), Fraction(0)) / count
    bound = sum_bound(
        to, np.array(float(magnitude)), np.array(sum(t != 0 for t in terms)), np.array(float(exact)), divided=True
    )
    assert bounded(bound, abs(rounding(to, add_up(to, terms, data) / count) - exact))


@pytest.mark.parametrize("to", [NEAREST, TRUNCATING], ids=["nearest", "truncating"])
@given(pairs=st.lists(st.tuples(SMALL_NUMBERS, SMALL_NUMBERS), min_size=1, max_size=12), data=st.data())
@settings(deadline=None)
def test_an_inner_product_in_any_order_is_within_its_bound(
    to: Arithmetic, pairs: list[tuple[Fraction, Fraction]], data: st.DataObject
) -> None:
    products = [a * b for a, b in pairs]
    exact, magnitude = sum(products, Fraction(0)), sum(map(abs, products), Fraction(0))
    terms = np.array(sum(p != 0 for p in products))
    bound = inner_product_bound(to, np.array(float(magnitude)), terms, np.array(float(exact)))
    assert bounded(bound, abs(add_up(to, [rounding(to, p) for p in products], data) - exact))
    fused = Fraction(0)
    for product in products:
        fused = rounding(to, fused + product)
    assert bounded(bound, abs(fused - exact))


def test_a_sum_of_nothing_must_be_zero() -> None:
    none = np.array([0, 0])
    assert not sum_bound(NEAREST, np.zeros(2), none, np.zeros(2), divided=False).any()
    assert not inner_product_bound(NEAREST, np.zeros(2), none, np.zeros(2)).any()


def test_the_inner_product_bound_is_that_of_the_formula() -> None:
    to = Arithmetic("float32", 2.0**-24, 0.0, 2.0**-24, 0.0)
    bound = inner_product_bound(to, np.array([10.0]), np.array([5]), np.array([-3.0]), factors=2)
    assert bound[0] == pytest.approx((5 + 2 + 2) * 2.0**-24 * 10 + 2.0**-24 * 3, rel=1e-6)


def test_the_sum_bound_is_that_of_the_formula() -> None:
    to = Arithmetic("float32", 2.0**-24, 0.0, 2.0**-24, 0.0)
    summed = sum_bound(to, np.array([10.0]), np.array([5]), np.array([-3.0]), divided=False)
    assert summed[0] == pytest.approx(4 * 2.0**-24 * 10 + 2.0**-24 * 3, rel=1e-6)
    divided = sum_bound(to, np.array([10.0]), np.array([5]), np.array([-3.0]), divided=True)
    assert divided[0] == pytest.approx(5 * 2.0**-24 * 10 + 2.0**-24 * 3, rel=1e-6)


def test_an_accumulator_as_narrow_as_float16_does_not_stay_within_the_bound_of_float32() -> None:
    half, to = BINARY["float16"], arithmetic(", rounding: nearest-even")
    terms = [Fraction(2047 - 2 * k, 2048) for k in range(300)]
    total = Fraction(0)
    for term in terms:
        total = Fraction(half.nearest(total + term))
    exact = sum(terms, Fraction(0))
    bound = sum_bound(to, np.array(float(exact)), np.array(300), np.array(float(exact)), divided=False)
    assert not bounded(bound, abs(total - exact))
