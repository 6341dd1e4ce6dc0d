"""The bound of a product of matrices holds for every order, for factors and flushing, and for nothing much worse."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.matrix_products import factors_of, matrix_product_bound, of_short_operands
from harness.oracle.bounds.sums import inner_product_bound
from harness.oracle.draw import Draw
from harness.oracle.reference.exact_products import exact_product
from harness.oracle.reference.matrix_products import Product, evaluate
from tests.oracle.exact import Binary

Array = NDArray[Any]

SMALL = Binary(6, -12, 40)
SMALL_NUMBERS = st.builds(lambda m, e: Fraction(m) * Fraction(2) ** e, st.integers(-63, 63), st.integers(-12, 6))
#: An accumulator of six bits, whose result stays as it is; rounding, truncating, and flushing what is subnormal.
KINDS = {
    "nearest": Arithmetic("small", 2.0**-6, 2.0**-17, 2.0**-6, 2.0**-17),
    "truncating": Arithmetic("small", 2.0**-5, 2.0**-17, 2.0**-6, 2.0**-17),
    "flushing": Arithmetic("small", 2.0**-6, 2.0**-12, 2.0**-6, 2.0**-12),
}


def rounding(kind: str, value: Fraction) -> Fraction:
    """One operation's rounding, the worst of the legal ones."""
    if kind == "flushing" and abs(value) < Fraction(2) ** SMALL.emin:
        return Fraction(0)
    return Fraction(SMALL.toward_zero(value) if kind == "truncating" else SMALL.nearest(value))


def add_up(kind: str, terms: list[Fraction], data: st.DataObject) -> Fraction:
    """The sum in an order that the data decide: any two partial sums are added, until one is left."""
    left = list(terms)
    while len(left) > 1:
        first = left.pop(data.draw(st.integers(0, len(left) - 1)))
        second = left.pop(data.draw(st.integers(0, len(left) - 1)))
        left.append(rounding(kind, first + second))
    return left[0]


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(
    pairs=st.lists(st.tuples(SMALL_NUMBERS, SMALL_NUMBERS), min_size=1, max_size=10),
    factors=st.tuples(*[st.sampled_from([Fraction(1), Fraction(7, 10), Fraction(-13, 10)])] * 2),
    c=SMALL_NUMBERS,
    data=st.data(),
)
@settings(deadline=None, max_examples=150)
def test_any_order_of_products_factors_and_c_is_within_the_bound(
    kind: str,
    pairs: list[tuple[Fraction, Fraction]],
    factors: tuple[Fraction, Fraction],
    c: Fraction,
    data: st.DataObject,
) -> None:
    alpha, beta = factors
    products = [a * b for a, b in pairs]
    exact = alpha * sum(products) + beta * c
    magnitude = abs(alpha) * sum(map(abs, products)) + abs(beta) * abs(c)
    terms = sum(product != 0 for product in products) + (c != 0)
    bound = matrix_product_bound(
        KINDS[kind],
        np.array(float(magnitude)),
        np.array(terms),
        np.array(float(exact)),
        factors_of(float(alpha), float(beta)),
    )

    def times(value: Fraction, factor: Fraction) -> Fraction:
        return value if factor == 1 else rounding(kind, rounding(kind, factor) * value)

    total = add_up(kind, [rounding(kind, product) for product in products], data)
    found = rounding(kind, times(total, alpha) + times(c, beta))
    assert abs(found - exact) <= Fraction(float(bound))
    fused = Fraction(0)
    for product in products:
        fused = rounding(kind, fused + product)
    found = rounding(kind, times(fused, alpha) + rounding(kind, beta) * c)
    assert abs(found - exact) <= Fraction(float(bound))


@pytest.mark.parametrize("kind", ["nearest", "truncating"])
@given(pairs=st.lists(st.tuples(SMALL_NUMBERS, SMALL_NUMBERS), min_size=1, max_size=12), data=st.data())
@settings(deadline=None)
def test_the_plain_bound_of_an_inner_product_holds_for_any_order(
    kind: str, pairs: list[tuple[Fraction, Fraction]], data: st.DataObject
) -> None:
    products = [a * b for a, b in pairs]
    exact, magnitude = sum(products, Fraction(0)), sum(map(abs, products), Fraction(0))
    terms = np.array(sum(product != 0 for product in products))
    bound = inner_product_bound(KINDS[kind], np.array(float(magnitude)), terms, np.array(float(exact)))
    found = add_up(kind, [rounding(kind, product) for product in products], data)
    assert abs(found - exact) <= Fraction(float(bound))
    fused = Fraction(0)
    for product in products:
        fused = rounding(kind, fused + product)
    assert abs(fused - exact) <= Fraction(float(bound))


def test_the_bound_is_that_of_the_formula() -> None:
    to = Arithmetic("float32", 2.0**-24, 0.0, 2.0**-24, 0.0)
    found = matrix_product_bound(to, np.array([10.0]), np.array([5]), np.array([-3.0]), factors=2)
    assert found[0] == pytest.approx((5 + 2 + 2) * 2.0**-24 * 10 + 2.0**-24 * 3, rel=1e-6)


def test_no_terms_at_all_must_give_zero() -> None:
    assert not matrix_product_bound(KINDS["nearest"], np.zeros(2), np.zeros(2), np.zeros(2), 4).any()


def test_factors_of_zero_and_one_bring_in_no_roundings() -> None:
    assert [factors_of(0.0), factors_of(1.0), factors_of(0.7), factors_of(-1.0, 1.3)] == [0, 0, 2, 4]


@pytest.mark.parametrize("depth", [1, 33, 1030])
def test_the_references_own_error_is_far_within_what_the_bound_gives_it(depth: int) -> None:
    draw = Draw("seed", "bound", str(depth))
    a, b = (np.ldexp(draw.integers(-(2**24), 2**24, s).astype(np.float64), -24) for s in ((9, depth), (depth, 7)))
    known = evaluate(Product(a, b), exactly=False)
    error = np.abs(known.value - exact_product(a, b))
    assert (error <= (depth + 3) * 2.0**-53 * known.magnitude).all()


@pytest.mark.parametrize(("dtype", "depth"), [("float32", 1), ("float32", 33), ("float32", 1030)])
def test_operands_of_eleven_bits_in_place_of_24_leave_the_bound_where_terms_are_few(dtype: str, depth: int) -> None:
    draw, u = Draw("seed", "short", str(depth)), 2.0**-24
    a, b = (np.ldexp(draw.integers(-(2**24), 2**24, s).astype(np.float64), -24) for s in ((9, depth), (depth, 7)))
    a[:, 3:] = 0
    known = evaluate(Product(a, b), exactly=False)
    to = Arithmetic(dtype, u, 0.0, u, 0.0)
    bound = matrix_product_bound(to, known.magnitude, known.terms, known.value)
    short = np.rint(a * 2**11) / 2**11 @ b
    assert (np.abs(short - known.value) / bound).max() > 100


@pytest.mark.parametrize(("depth", "few"), [(64, 3), (64, 64), (1030, 1030)])
@pytest.mark.parametrize("centred", [True, False])
def test_sums_of_products_aligned_to_14_bits_are_within_the_bound_of_8_bit_operands(
    depth: int, few: int, centred: bool
) -> None:
    draw = Draw("seed", "aligned", f"{depth}{few}{centred}")
    a, b = (draw.integers(-15 if centred else 8, 15, shape).astype(np.float64) for shape in ((9, depth), (depth, 7)))
    a[:, few:] = 0
    known = evaluate(Product(a, b), exactly=False)
    total = np.zeros((9, 7))
    for start in range(0, depth, 32):
        terms = [total, *(a[:, k, None] * b[None, k, :] for k in range(start, min(start + 32, depth)))]
        step = np.ldexp(1.0, np.frexp(np.max(np.abs(terms), axis=0))[1] - 1 - 13)
        total = sum((np.trunc(term / step) * step for term in terms), np.zeros((9, 7)))
    to = of_short_operands(Arithmetic("float32", 2.0**-23, 0.0, 2.0**-24, 0.0), to_nearest=False)
    bound = matrix_product_bound(to, known.magnitude, known.terms, known.value)
    assert (np.abs(total - known.value) <= bound).all()


def test_rounding_to_nearest_that_is_declared_is_held_to() -> None:
    to = KINDS["nearest"]
    assert of_short_operands(to, to_nearest=True) == to
