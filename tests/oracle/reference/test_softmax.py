"""Softmax by its definition, held to exponentials of forty digits."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest

from harness.oracle.reference.softmax import log_softmax, rows_of, softmax


def by_definition(row: list[float]) -> tuple[list[Decimal], Decimal]:
    powers = [Decimal(value).exp() for value in row]
    total = sum(powers, Decimal(0))
    return [power / total for power in powers], total


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shares_and_their_logarithms_are_those_of_the_definition(dtype: str) -> None:
    row = np.array([0.5, -3.25, 2.0, 11.0, -40.0, 10.999], dtype)
    with localcontext(prec=40):
        shares, _ = by_definition(row.tolist())
        for found, logarithm, share in zip(softmax(row), log_softmax(row), shares, strict=True):
            assert abs(Decimal(float(found)) / share - 1) < Decimal(2) ** -51
            assert abs(Decimal(float(logarithm)) - share.ln()) < Decimal(2) ** -48


def test_what_bounds_follow_is_how_far_below_the_largest_and_the_logarithm_of_the_sum() -> None:
    rows = rows_of(np.array([[1.0, 3.0, 3.0]], np.float32))
    assert rows.below.tolist() == [[2.0, 0.0, 0.0]]
    assert math.isclose(rows.logarithm[0], math.log(2 + math.exp(-2.0)), rel_tol=1e-14)


def test_nan_and_infinities_are_as_in_the_difference_from_the_largest() -> None:
    x = np.array([[0, np.nan, 1], [0, np.inf, 1], [-np.inf, 0, -np.inf], [-np.inf] * 3, [1e38, -1e38, 0]], np.float32)
    found = softmax(x)
    assert np.isnan(found[[0, 1, 3]]).all()
    assert found[2].tolist() == [0, 1, 0]
    assert found[4].tolist() == [1, 0, 0]
    assert log_softmax(x)[2].tolist() == [-np.inf, 0, -np.inf]
