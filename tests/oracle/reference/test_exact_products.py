"""Products of float64 matrices, held to fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.oracle.draw import Draw
from harness.oracle.reference.exact_products import exact_product

Array = NDArray[Any]


def schoolbook(a: Array, b: Array) -> list[list[float]]:
    """Every element as an exact fraction, rounded once."""
    found = []
    for row in a.tolist():
        sums = [
            sum((Fraction(x) * Fraction(y) for x, y in zip(row, column, strict=True)), Fraction(0)) for column in b.T
        ]
        found.append([_nearest(value) for value in sums])
    return found


def _nearest(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def spread(draw: Draw, shape: tuple[int, ...], reach: int) -> Array:
    """Full significands with exponents up to ``reach`` either way, a few zeros among them."""
    values = np.ldexp(draw.integers(-(2**53) + 1, 2**53 - 1, shape).astype(np.float64), -53)
    values = np.ldexp(values, draw.integers(-reach, reach, shape))
    return np.where(draw.integers(0, 9, shape) == 0, 0.0, values)


@pytest.mark.parametrize("reach", [0, 3, 60, 500, 1000])
def test_every_element_is_the_exact_sum_rounded_once(reach: int) -> None:
    draw = Draw("seed", "exact", str(reach))
    a, b = spread(draw, (5, 17), reach), spread(draw, (17, 4), min(reach, 520))
    assert exact_product(a, b).tolist() == schoolbook(a, b)


@given(st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.floats(-1e9, 1e9)), max_size=6))
@settings(deadline=None)
def test_any_finite_numbers_do(pairs: list[tuple[float, float]]) -> None:
    a = np.array([[x for x, _ in pairs]], dtype=np.float64)
    b = np.array([[y] for _, y in pairs], dtype=np.float64).reshape(-1, 1)
    assert exact_product(a, b).tolist() == (schoolbook(a, b) if pairs else [[0.0]])


def test_terms_that_cancel_leave_what_is_between_them() -> None:
    a = np.array([[1e300, 1e-300, -1e300], [2.0**53, 1.0, 1.0]])
    b = np.array([[1e8], [3.0], [1e8]])
    assert exact_product(a, b)[0, 0] == float(3 * Fraction(1e-300))
    assert exact_product(a, np.ones((3, 1)))[1, 0] == 2.0**53 + 2


def test_results_beyond_the_range_are_infinite_and_below_it_subnormal() -> None:
    assert exact_product(np.array([[1e308, 1e308]]), np.array([[-1.0], [-1.0]]))[0, 0] == -np.inf
    # A subnormal number is rounded once, too: to the nearer of two of its steps.
    a, b = np.array([[2.0**-537, 2.0**-600]]), np.array([[1.5 * 2.0**-537], [2.0**-600]])
    assert exact_product(a, b)[0, 0] == 2.0**-1073


def test_stacks_are_multiplied_each_with_its_own() -> None:
    draw = Draw("seed", "exact", "stacks")
    a, b = spread(draw, (2, 3, 5), 9), spread(draw, (5, 4), 9)
    assert exact_product(a, b).tolist() == [schoolbook(matrix, b) for matrix in a]
