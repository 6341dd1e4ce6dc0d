"""Variance and normalisations by their definitions, held to exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from harness.oracle.reference.normalization import layer_normalized, mean_square, moments_of, rms_normalized, variance

ROW = [1.0, 2.0, 4.5, -9.0, 1024.0]


def exactly(row: list[float]) -> tuple[Fraction, Fraction, Fraction]:
    """Mean, variance and mean square."""
    terms = list(map(Fraction, row))
    mean = sum(terms, Fraction()) / len(terms)
    variance_ = sum(((t - mean) * (t - mean) for t in terms), Fraction()) / len(terms)
    return mean, variance_, sum((t * t for t in terms), Fraction()) / len(terms)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_variance_is_the_mean_square_of_differences_from_the_mean(dtype: str) -> None:
    x = np.array([ROW], dtype)
    _, right, _ = exactly(ROW)
    assert math.isclose(variance(x, 0)[0], right, rel_tol=1e-15)
    assert math.isclose(variance(x, 1)[0], right * 5 / 4, rel_tol=1e-15)
    assert math.isclose(variance(x, 2.5)[0], right * 2, rel_tol=1e-15)
    assert np.isnan(variance(x, 5)).all()
    assert np.isnan(variance(x, 7)).all()


def test_variance_beside_a_large_mean_keeps_its_digits() -> None:
    row = [2.0**40 + k for k in (0, 1, 3, 7)]
    assert variance(np.array([row]), 0)[0] == exactly(row)[1] == Fraction(115, 16)


def test_bounds_follow_count_size_and_variance() -> None:
    moments = moments_of(np.array([[-1.0, 3.0]], np.float32))
    assert (moments.count, moments.size[0, 0], moments.variance[0, 0]) == (2, 2.0, 4.0)


def test_normalised_elements_are_those_of_the_definition() -> None:
    x = np.array([ROW])
    mean, spread, squares = exactly(ROW)
    for epsilon in (0.0, 0.5):
        for value, layer, rms in zip(ROW, layer_normalized(x, epsilon)[0], rms_normalized(x, epsilon)[0], strict=True):
            assert math.isclose(layer, float(Fraction(value) - mean) / math.sqrt(spread + Fraction(epsilon)))
            assert math.isclose(rms, value / math.sqrt(squares + Fraction(epsilon)))
    assert math.isclose(mean_square(x)[0, 0], squares)


def test_nan_and_infinity_make_a_row_nan() -> None:
    x = np.array([[1, np.nan, 2], [1, np.inf, 2], [1, 2, 3]], np.float32)
    assert np.isnan(variance(x, 0)).tolist() == [True, True, False]
    assert np.isnan(layer_normalized(x, 1e-5)).all(axis=1).tolist() == [True, True, False]
    assert rms_normalized(x, 1e-5)[1, 0] == 0
    assert np.isnan(rms_normalized(x, 1e-5)[1, 1])
