"""Bounds of convolutions and averages: no legal order of evaluation exceeds them, and what is not legal does."""

from __future__ import annotations

import numpy as np
import pytest

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.convolution import convolution_bound
from harness.oracle.bounds.pooling import average_bound
from harness.oracle.draw import Draw
from tests.oracle.bounds.stepwise import WAYS, Array, nearest, total

ORDERS = ("forward", "backward", "halves")


def operands(name: str, depth: int, spread: int) -> tuple[Array, Array]:
    """Two sets of 200 rows of float32 numbers, from one half to one, times powers of two."""
    draw = Draw("0", "convolution", f"{name}/{depth}/{spread}")
    whole = draw.integers(2**23, 2**24 - 1, (2, 200, depth)) * draw.signs((2, 200, depth))
    values = np.ldexp(whole.astype(float), draw.integers(-spread, spread, (2, 200, depth)) - 24)
    return values[0], values[1]


def worst(found: Array, exact: Array, bound: Array) -> float:
    return float((np.abs(found - exact) / bound).max())


@pytest.mark.parametrize("depth", [1, 2, 9, 64, 297])
@pytest.mark.parametrize("spread", [0, 12])
@pytest.mark.parametrize("way", WAYS)
def test_a_convolution_in_any_order_stays_within_its_bound(way: str, spread: int, depth: int) -> None:
    rounded, to = WAYS[way]
    x, w = operands("conv", depth, spread)
    magnitude = np.abs(x * w).sum(axis=-1)
    bound = convolution_bound(to, magnitude, np.full(200, depth), (x * w).sum(axis=-1))
    for order in ORDERS:
        found = total(rounded(x * w), rounded, order)
        assert worst(found, (x * w).sum(axis=-1), bound) <= 1


@pytest.mark.parametrize("number", [1, 2, 6, 9, 323])
@pytest.mark.parametrize("way", WAYS)
def test_an_average_may_be_divided_before_or_after_or_multiplied_by_the_reciprocal(way: str, number: int) -> None:
    rounded, to = WAYS[way]
    x, _ = operands("average", number, 3)
    exact, magnitude = x.sum(axis=-1) / number, np.abs(x).sum(axis=-1) / number
    bound = average_bound(to, magnitude, np.full(200, number), exact)
    reciprocal = rounded(1 / number)
    for order in ORDERS:
        after = total(x, rounded, order)
        for found in (
            rounded(after / number),
            rounded(after * reciprocal),
            total(rounded(x * reciprocal), rounded, order),
            total(rounded(x / number), rounded, order),
        ):
            assert worst(found, exact, bound) <= 1


def test_the_bound_of_an_average_is_not_idle() -> None:
    x, _ = operands("average", 9, 3)
    exact, magnitude = x.sum(axis=-1) / 9, np.abs(x).sum(axis=-1) / 9
    bound = average_bound(WAYS["nearest"][1], magnitude, np.full(200, 9), exact)
    short = np.ldexp(np.rint(np.ldexp(x, 14)), -14)
    assert worst(nearest(total(short, nearest, "forward") / 9), exact, bound) > 10


def test_without_a_term_the_result_is_zero_and_few_terms_leave_little_room() -> None:
    to = WAYS["nearest"][1]
    assert convolution_bound(to, np.zeros(1), np.zeros(1), np.zeros(1)) == 0
    assert average_bound(to, np.zeros(1), np.zeros(1), np.zeros(1)) == 0
    three = convolution_bound(to, np.ones(1), np.full(1, 3), np.ones(1))
    assert 5 * 2.0**-24 < three < 7 * 2.0**-24


def test_a_narrow_result_is_rounded_once_beside_a_wide_sum() -> None:
    to = Arithmetic("float32", 2.0**-24, 2.0**-149, 2.0**-11, 2.0**-24)
    x, w = operands("narrow", 33, 0)
    exact = (x * w).sum(axis=-1)
    bound = convolution_bound(to, np.abs(x * w).sum(axis=-1), np.full(200, 33), exact)
    right = total(nearest(x * w), nearest, "forward").astype(np.float16).astype(float)
    assert worst(right, exact, bound) <= 1
    running = np.zeros(200)
    for term in (x * w).T:
        running = (running + term).astype(np.float16).astype(float)
    assert worst(running, exact, bound) > 3
