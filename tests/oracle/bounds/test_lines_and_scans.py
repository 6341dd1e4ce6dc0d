"""Bounds of lines, scans and scattered sums: legal ways of computing stay below them, wrong ones lie far above."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.creation import range_bound, spacing_bound
from harness.oracle.bounds.indexing import scatter_bound
from harness.oracle.bounds.scans import scan_bound
from harness.oracle.bounds.storage import stored
from harness.oracle.draw import Draw
from harness.oracle.numbers import full_mantissa
from harness.oracle.reference.creation import exact_values, steps
from harness.oracle.reference.scans import prefixes

Array = NDArray[Any]
F = np.float32

TO_NEAREST = Arithmetic("float32", 2.0**-24, 2.0**-149, 2.0**-24, 2.0**-149)
TRUNCATING = Arithmetic("float32", 2.0**-23, 2.0**-149, 2.0**-24, 2.0**-149)


def worst(found: Array, expected: Array, bound: Array) -> float:
    """The largest error over its bound; an error where none is allowed counts as infinite."""
    error = np.abs(found.astype(np.float64) - expected)
    with np.errstate(all="ignore"):
        return float(np.where(error == 0, 0.0, error / bound).max())


def multiplied(start: F, step: F, count: int) -> Array:
    return np.array([start + F(i) * step for i in range(count)], F)


def added_up(start: F, step: F, count: int) -> Array:
    return np.add.accumulate(np.array([start, *[step] * (count - 1)], F), dtype=F)


def by_difference(start: F, step: F, count: int) -> Array:
    """As numpy has it: the step is the difference of the first two elements."""
    return multiplied(start, F(start + step) - start, count)


def some_ends(number: int, exponents: tuple[int, int] = (-3, 3)) -> tuple[F, F]:
    found = full_mantissa(Draw("0", "ends", str(number)), "float32", (2,), exponents)
    return found[0], found[1]


@pytest.mark.parametrize("way", [multiplied, added_up, by_difference])
@pytest.mark.parametrize("number", range(12))
def test_every_way_to_a_range_stays_below_its_bound(way: Callable[[F, F, int], Array], number: int) -> None:
    start, step = some_ends(number)
    attributes = {"start": float(start), "stop": float(start) + 99.5 * float(step), "step": float(step)}
    values, exact_step = exact_values("arange", attributes), steps("arange", attributes)[1]
    bound = range_bound(TO_NEAREST, "float32", values, exact_step)
    assert len(values) == 100
    assert worst(way(start, step, 100), np.array([float(value) for value in values]), bound) <= 1


def test_a_range_in_a_narrower_type_lies_far_above_its_bound() -> None:
    start, step = some_ends(3)
    attributes = {"start": float(start), "stop": float(start) + 64.5 * float(step), "step": float(step)}
    values = exact_values("arange", attributes)
    bound = range_bound(TO_NEAREST, "float32", values, steps("arange", attributes)[1])
    narrow = multiplied(start, F(np.float16(step)), 65)
    assert worst(narrow, np.array([float(value) for value in values]), bound) > 10


def test_a_range_of_few_bits_has_no_error_to_spare() -> None:
    values = [Fraction(-3) + place * Fraction(1, 4) for place in range(300)]
    assert not range_bound(TO_NEAREST, "float32", values, Fraction(1, 4)).any()
    narrow = range_bound(TO_NEAREST, "bfloat16", values, Fraction(1, 4))
    assert not narrow[:130].any()
    assert narrow[-1] > 0


def lerp(start: F, stop: F, count: int) -> Array:
    fractions = [F(i) / F(count - 1) for i in range(count)]
    return np.array([start * (F(1) - t) + stop * t for t in fractions], F)


def from_both_ends(start: F, stop: F, count: int) -> Array:
    """As torch has it: the second half is counted from the end."""
    step = (stop - start) / F(count - 1)
    half = count // 2
    return np.array([start + F(i) * step if i < half else stop - F(count - 1 - i) * step for i in range(count)], F)


def stepwise(start: F, stop: F, count: int) -> Array:
    found = added_up(start, (stop - start) / F(count - 1), count)
    found[-1] = stop
    return found


@pytest.mark.parametrize("way", [lerp, from_both_ends, stepwise])
@pytest.mark.parametrize("count", [2, 3, 10, 65, 200])
def test_every_way_to_evenly_spaced_values_stays_below_their_bound(
    way: Callable[[F, F, int], Array], count: int
) -> None:
    for number in range(6):
        start, stop = some_ends(number)
        attributes = {"start": float(start), "stop": float(stop), "num": count}
        values = exact_values("linspace", attributes)
        ends = (Fraction(float(start)), Fraction(float(stop)))
        bound = spacing_bound(TO_NEAREST, "float32", values, ends, endpoint=True)
        assert worst(way(start, stop, count), np.array([float(value) for value in values]), bound) <= 1


def test_evenly_spaced_values_begin_and_end_exactly() -> None:
    ends = (Fraction(1, 8), Fraction(7, 3))
    values = exact_values("linspace", {"start": ends[0], "stop": ends[1], "num": 5})
    bound = spacing_bound(TO_NEAREST, "float32", values, ends, endpoint=True)
    assert bound[0] == bound[-1] == 0
    assert (bound[1:-1] > 0).all()
    assert spacing_bound(TO_NEAREST, "float32", values, ends, endpoint=False)[-1] > 0


def test_lines_of_few_bits_are_exact_only_where_their_fractions_are() -> None:
    ends = (Fraction(-20), Fraction(12))
    for count, exact in ((33, True), (17, True), (34, False)):
        values = exact_values("linspace", {"start": -20, "stop": 12, "num": count})
        assert (not spacing_bound(TO_NEAREST, "float32", values, ends, endpoint=True).any()) == exact


def truncated(values: Array) -> Array:
    """float64 cut to float32."""
    nearest = values.astype(F)
    over = np.abs(nearest.astype(np.float64)) > np.abs(values)
    return np.where(over, np.nextafter(nearest, F(0)), nearest).astype(F)


def one_by_one(x: Array) -> Array:
    return np.add.accumulate(x, dtype=F)


def one_by_one_truncating(x: Array) -> Array:
    found = [F(0)]
    for value in x:
        found.append(F(truncated(np.asarray(np.float64(found[-1]) + np.float64(value)))))
    return np.array(found[1:], F)


def in_a_tree(x: Array) -> Array:
    """Hillis and Steele: each place adds what stood one, two, four ... before it."""
    found, distance = x.copy(), 1
    while distance < len(x):
        found = np.concatenate([found[:distance], found[distance:] + found[:-distance]])
        distance *= 2
    return found


def in_blocks(x: Array) -> Array:
    """Blocks of 16 by themselves, and what came before each added to all of it."""
    before, found = F(0), []
    for begin in range(0, len(x), 16):
        block = one_by_one(x[begin : begin + 16])
        found.append(before + block)
        before = F(before + block[-1])
    return np.concatenate(found)


WAYS = [
    *((one_by_one, TO_NEAREST), (in_a_tree, TO_NEAREST), (in_blocks, TO_NEAREST)),
    (one_by_one_truncating, TRUNCATING),
]


@pytest.mark.parametrize(("way", "to"), WAYS)
def test_every_way_to_a_scan_stays_below_its_bound(way: Callable[[Array], Array], to: Arithmetic) -> None:
    for number in range(8):
        x = full_mantissa(Draw("0", "scan", str(number)), "float32", (130,), (-6, 0))
        x = np.abs(x) if number % 2 else x
        found = prefixes(x, 0)
        assert worst(way(x), found.total, scan_bound(to, found)) <= 1


def test_a_truncating_scan_is_not_one_that_rounds_to_nearest() -> None:
    x = np.full(1000, F(1.0 + 2.0**-23))
    found = prefixes(x, 0)
    assert worst(one_by_one_truncating(x), found.total, scan_bound(TRUNCATING, found)) <= 1


def test_scans_that_subtract_or_add_in_a_narrower_type_lie_above_the_bound() -> None:
    x = full_mantissa(Draw("0", "scan", "narrow"), "float32", (130,), (-6, 0))
    x[-1] = F(2.0**20)
    found = prefixes(x, 0, exclusive=True)
    assert worst(one_by_one(x) - x, found.total, scan_bound(TO_NEAREST, found)) > 10
    x[-1] = 0
    found = prefixes(x, 0)
    narrow = np.add.accumulate(x.astype(np.float16), dtype=np.float16)
    assert worst(narrow, found.total, scan_bound(TO_NEAREST, found)) > 10


def test_a_scan_of_a_single_term_has_only_its_rounding_to_spare() -> None:
    x = np.array([0.0, 0.0, 1.5, 0.0], F)
    bound = scan_bound(TO_NEAREST, prefixes(x, 0))
    assert bound[:2].tolist() == [0.0, 0.0]
    assert (bound[2:] < 2.0**-22).all()


def test_scattered_sums_may_round_to_their_own_type_after_every_update() -> None:
    updates = full_mantissa(Draw("0", "scatter", "0"), "float16", (20,), (-3, 3))
    total = np.float16(0)
    for value in updates:
        total = np.float16(total + value)
    wide = updates.astype(np.float64)
    to = Arithmetic("float32", 2.0**-24, 2.0**-149, 2.0**-11, 2.0**-24)
    exact, magnitude = np.asarray(wide.sum()), np.asarray(np.abs(wide).sum())
    bound = scatter_bound(to, "float16", magnitude, np.asarray(20), exact)
    assert worst(np.asarray(total), exact, bound) <= 1
    assert bound < 20 * 2.0**-11 * magnitude * 1.2


def test_arithmetic_in_the_stored_type_keeps_the_doubling_of_truncation() -> None:
    assert stored(TRUNCATING, "float32").u == 2.0**-23
    assert stored(Arithmetic("float32", 2.0**-23, 2.0**-149, 2.0**-8, 2.0**-133), "bfloat16").u == 2.0**-7
