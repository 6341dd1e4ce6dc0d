"""Products of matrices, held to their definition term by term."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.oracle.reference.matrix_products import Product, evaluate, whole_product

Array = NDArray[Any]

#: Numbers whose products and sums are exact, with zeros of either sign, infinities and NaN.
NUMBERS = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.5, -3.0, 8.0, math.inf, -math.inf, math.nan])


def matrices(*shape: int) -> st.SearchStrategy[Array]:
    """Matrices of such numbers."""
    return st.lists(NUMBERS, min_size=math.prod(shape), max_size=math.prod(shape)).map(
        lambda values: np.array(values).reshape(shape)
    )


def products(a: Array, b: Array, i: int, j: int) -> list[float]:
    """The terms of one element."""
    return [float(x) * float(y) for x, y in zip(a[i], b[:, j], strict=True)]


@given(a=matrices(3, 3), b=matrices(3, 2))
@settings(deadline=None)
def test_every_element_is_the_sum_of_its_products(a: Array, b: Array) -> None:
    for exactly in (False, True):
        known = evaluate(Product(a, b), exactly=exactly)
        for i in range(3):
            for j in range(2):
                terms = products(a, b, i, j)
                right = sum(terms)
                found = float(known.value[i, j])
                assert found == right or (math.isnan(found) and math.isnan(right))


@given(a=matrices(2, 3), b=matrices(3, 2))
@settings(deadline=None)
def test_a_zero_has_an_open_sign_where_every_term_is_minus_zero_and_nowhere_else(a: Array, b: Array) -> None:
    known = evaluate(Product(a, b), exactly=False)
    for i in range(2):
        for j in range(2):
            terms = products(a, b, i, j)
            all_minus = all(term == 0 and math.copysign(1, term) < 0 for term in terms)
            assert bool(known.open_sign[i, j]) == all_minus


@given(a=matrices(2, 3), b=matrices(3, 2), c=matrices(2, 2), alpha=st.sampled_from([0.0, 1.0, 2.0, -0.5]))
@settings(deadline=None)
def test_factors_of_zero_leave_their_operands_unread(a: Array, b: Array, c: Array, alpha: float) -> None:
    for beta in (0.0, 1.0, -2.0):
        known = evaluate(Product(a, b, c, alpha, beta), exactly=False)
        for i in range(2):
            for j in range(2):
                right = alpha * sum(products(a, b, i, j)) if alpha else 0.0
                right += beta * float(c[i, j]) if beta else 0.0
                found = float(known.value[i, j])
                assert found == right or (math.isnan(found) and math.isnan(right))


def test_magnitude_and_number_of_terms_are_those_of_the_definition() -> None:
    a, b, c = np.array([[1.0, -2.0, 0.0]]), np.array([[3.0, 0.0], [4.0, 5.0], [6.0, 7.0]]), np.array([[0.0, -9.0]])
    known = evaluate(Product(a, b, c, -2.0, 0.5), exactly=False)
    assert known.magnitude.tolist() == [[2 * (3 + 8), 2 * 10 + 4.5]]
    assert known.terms.tolist() == [[2, 2]]


def test_whole_numbers_are_multiplied_exactly() -> None:
    a = np.full((1, 65536), -128, np.int8)
    assert whole_product(a, a.T).tolist() == [[2**30]]


def test_an_empty_depth_gives_plus_zero() -> None:
    known = evaluate(Product(np.zeros((2, 0)), np.zeros((0, 3))), exactly=True)
    assert known.value.tolist() == [[0.0] * 3] * 2
    assert not known.open_sign.any()
