"""Reductions of the oracle, held to their definitions in exact fractions and plain loops."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.device.dtypes import numpy_dtype
from harness.oracle.reference.reductions import extrema, places_of_extrema, products, rows_of, sums, truths

FINITE = st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.lists(FINITE, max_size=12)
#: Numbers of widely different sizes whose sums cancel.
CANCELLING = st.lists(
    st.builds(math.ldexp, st.integers(-(2**53), 2**53).map(float), st.integers(-900, 900)), min_size=1, max_size=12
)


def nearest(value: Fraction) -> float:
    """The float64 nearest to a fraction."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


@given(row=ROWS | CANCELLING)
def test_a_sum_is_exact_and_rounded_once(row: list[float]) -> None:
    assert sums(np.array([row], np.float64))[0] == nearest(sum(map(Fraction, row), Fraction()))


@given(row=ROWS)
def test_a_product_is_exact_and_rounded_once(row: list[float]) -> None:
    expected = nearest(math.prod(map(Fraction, row), start=Fraction(1)))
    assert products(np.array([row], np.float64))[0] == expected


def test_long_rows_of_ones_among_factors_are_as_exact() -> None:
    row = np.where(np.arange(5000) % 1000 == 0, 0.9, -1.0)
    assert products(row[None])[0] == -nearest(Fraction(0.9) ** 5)


@pytest.mark.parametrize("row", [[2.0, -3.0], [-0.0, 5.0], [-0.0, -5.0], [0.5, -0.0, -1.0]])
def test_a_product_has_the_sign_of_all_its_factors(row: list[float]) -> None:
    negative = sum(math.copysign(1, value) < 0 for value in row) % 2 == 1
    assert math.copysign(1, products(np.array([row]))[0]) == (-1 if negative else 1)


SPECIAL = st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1.0, -2.0])


@pytest.mark.parametrize(
    ("reduce", "step", "start"),
    [(sums, lambda x, y: x + y, 0.0), (products, lambda x, y: x * y, 1.0)],
    ids=["sum", "product"],
)
@given(row=st.lists(SPECIAL, min_size=1, max_size=6))
def test_nan_and_infinities_go_through_as_in_any_order(
    reduce: Callable[[Any], Any], step: Callable[[float, float], float], start: float, row: list[float]
) -> None:
    expected = start
    for value in row:
        expected = step(expected, value)
    assert np.array_equal(reduce(np.array([row])), [expected], equal_nan=True)


def test_large_numbers_beside_an_infinity_do_not_overflow_the_other_way() -> None:
    largest = float(np.finfo(np.float64).max)
    assert sums(np.array([[math.inf, -largest, -largest]]))[0] == math.inf
    assert products(np.array([[math.inf, 2.0**-600, 2.0**-600]]))[0] == math.inf


def test_sums_of_integers_and_truth_values_are_whole() -> None:
    assert sums(np.array([[2**31, 2**31, 5]])).tolist() == [2**32 + 5]
    assert products(np.array([[2**31, 2**30, 3]])).tolist() == [3 * 2**61]
    assert sums(np.array([[True, True, False]])).tolist() == [2]


@given(row=st.lists(st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1.0, -2.0]), min_size=1, max_size=8))
def test_an_extremum_is_an_element_and_its_place_the_first_of_it(row: list[float]) -> None:
    terms = np.array([row])
    for largest, best in ((True, max), (False, min)):
        nans = [index for index, value in enumerate(row) if math.isnan(value)]
        if nans:
            assert math.isnan(extrema(terms, largest=largest)[0])
            assert places_of_extrema(terms, largest=largest)[0] == nans[0]
        else:
            assert extrema(terms, largest=largest)[0] == best(row)
            assert places_of_extrema(terms, largest=largest)[0] == row.index(best(row))


def test_everything_but_a_zero_is_true() -> None:
    terms = np.array([[0.0, -0.0, math.nan, math.inf, 5e-324, -1.0]])
    assert truths(terms).tolist() == [[False, False, True, True, True, True]]


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3, None])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "int8", "bool", "bfloat16"])
def test_rows_are_along_the_axis_and_results_have_its_shape(axis: int | None, keepdims: bool, dtype: str) -> None:
    values = (np.arange(24).reshape(2, 3, 4) % 7).astype(numpy_dtype(dtype))
    rows = rows_of(values, {"axis": axis, "keepdims": keepdims})
    wide = values.astype(np.float64)
    expected = wide.sum(axis=axis, keepdims=keepdims)
    assert rows.shape == expected.shape
    assert (rows.terms.astype(np.float64).sum(axis=1).reshape(rows.shape) == expected).all()


def test_rows_of_nothing_and_no_rows_have_shapes_too() -> None:
    assert rows_of(np.zeros((4, 0)), {"axis": -1}).terms.shape == (4, 0)
    assert rows_of(np.zeros((0, 4)), {"axis": -1}).shape == (0,)
    assert sums(np.zeros((4, 0))).tolist() == [0.0] * 4
    assert products(np.zeros((4, 0))).tolist() == [1.0] * 4
    assert rows_of(np.zeros(()), {}).shape == ()
