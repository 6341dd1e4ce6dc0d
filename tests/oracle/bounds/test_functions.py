"""Bounds of functions hold for legal ways to compute them, and for no wrong one."""

from __future__ import annotations

import numpy as np
import pytest

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.functions import logaddexp_bound, ulp_bound
from harness.oracle.reference.functions import function
from tests.suites.asking import task

U = 2.0**-24
FLOAT32 = Arithmetic("float32", U, 2.0**-149, U, 2.0**-149)
TRUNCATING = Arithmetic("float32", 2 * U, 2.0**-149, U, 2.0**-149)


def test_units_are_the_chapters_and_what_the_reference_errs() -> None:
    assert ulp_bound(task("exp", "float32").types) == 3 + 2.0**-10
    assert ulp_bound(task("pow", "float64").types) == 16.5


def operands() -> tuple[np.ndarray, np.ndarray]:
    grid = np.concatenate([np.linspace(-1, 0, 41), np.linspace(-90, 90, 37), [1e-20, 3e4]]).astype(np.float32)
    a, b = np.meshgrid(grid, grid)
    return a.reshape(-1), b.reshape(-1)


@pytest.mark.parametrize("direction", [1.0, -1.0])
def test_a_sum_of_exponentials_whose_parts_all_err_one_way_stays_within_its_bound(direction: float) -> None:
    a, b = operands()
    right = function("logaddexp", [a, b])
    # In float64, each step off by all that is legal for it, so that nothing hides the errors' sum.
    gap = np.abs(a.astype(np.float64) - b) * (1 - direction * U)
    power = np.exp(-gap) * (1 + direction * 6 * U)
    tail = np.log1p(power) * (1 + direction * 4 * U)
    total = np.maximum(a, b).astype(np.float64) + tail
    got = total + direction * U * np.abs(total)
    figures = np.abs(got - right) / logaddexp_bound(FLOAT32, a.astype(np.float64), b.astype(np.float64), right)
    assert 0.5 < figures.max() <= 1


def test_a_naive_sum_of_exponentials_does_not() -> None:
    a, b = operands()
    right = function("logaddexp", [a, b])
    with np.errstate(all="ignore"):
        got = np.log(np.exp(a) + np.exp(b)).astype(np.float64)
        figures = np.abs(got - right) / logaddexp_bound(TRUNCATING, a.astype(np.float64), b.astype(np.float64), right)
    assert np.nanmax(figures) > 100
