"""The bound of a product holds for any order, rounding and accumulator that is legal, and for little else."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.products import product_bound
from tests.oracle.exact import BINARY

Step = Callable[[Fraction], float]

#: Ways to multiply a row in steps that are rounded by a function.
WAYS = ("forward", "backward", "tree", "lanes")


def multiplied(row: list[float], way: str, step: Step) -> float:
    """The product of a row in an order."""
    if way == "backward":
        return multiplied(row[::-1], "forward", step)
    if way == "tree":
        while len(row) > 1:
            pairs = [step(Fraction(a) * Fraction(b)) for a, b in zip(row[::2], row[1::2], strict=False)]
            row = pairs + ([row[-1]] if len(row) % 2 else [])
        return row[0]
    if way == "lanes":
        row = [multiplied(row[lane::4], "forward", step) for lane in range(min(4, len(row)))]
    total = 1.0
    for value in row:
        total = step(Fraction(total) * Fraction(value))
    return total


def arithmetic(accumulator: str, out: str, *, truncating: bool) -> Arithmetic:
    """What a product is held to."""
    form, result = BINARY[accumulator], BINARY[out]
    step, last = (float(2.0 ** (one.emin - one.precision + 1)) for one in (form, result))
    u = 2.0**-form.precision * (2 if truncating else 1)
    return Arithmetic(accumulator, u, step, 2.0**-result.precision, last)


def bound_of(row: list[float], to: Arithmetic) -> tuple[Fraction, float]:
    """The exact product, and how far off it may be."""
    exact = math.prod(map(Fraction, row), start=Fraction(1))
    largest = math.prod(max(abs(value), 1.0) for value in row)
    inexact = sum(abs(value) != 1 for value in row)
    bound = product_bound(to, np.array([inexact]), np.array([largest]), np.array([float(exact)]))
    return exact, float(bound[0])


def rows(accumulator: str) -> st.SearchStrategy[list[float]]:
    """Rows of numbers around one that the accumulator has."""
    p = min(BINARY[accumulator].precision, 24)
    return st.lists(
        st.integers(7 << (p - 3), 9 << (p - 3)).map(lambda m: math.ldexp(m & ~1, -p)), min_size=1, max_size=40
    )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("accumulator", "out"),
    [("float32", "float32"), ("float32", "float16"), ("float32", "bfloat16"), ("float16", "float16")],
)
@pytest.mark.parametrize("truncating", [False, True])
@given(data=st.data())
def test_every_legal_order_and_rounding_stays_within_it(
    way: str, accumulator: str, out: str, truncating: bool, data: st.DataObject
) -> None:
    row = data.draw(rows("float16" if out == "float16" else accumulator))
    form = BINARY[accumulator]
    step: Step = form.toward_zero if truncating else form.nearest
    exact, bound = bound_of(row, arithmetic(accumulator, out, truncating=truncating))
    got = BINARY[out].nearest(Fraction(multiplied(row, way, step)))
    assert abs(Fraction(got) - exact) <= Fraction(bound)


def test_it_is_reached_to_a_tenth_by_truncation_at_every_step() -> None:
    row = [1 + 2.0**-12 - 2.0**-23] * 40
    exact, bound = bound_of(row, arithmetic("float32", "float32", truncating=True))
    off = abs(Fraction(multiplied(row, "forward", BINARY["float32"].toward_zero)) - exact)
    assert Fraction(bound) / 10 < off <= Fraction(bound)


def test_factors_of_eight_bits_are_far_outside() -> None:
    row = [1 + 2.0**-9 + 2.0**-20] * 20
    exact, bound = bound_of(row, arithmetic("float32", "float32", truncating=True))
    got = multiplied([BINARY["bfloat16"].nearest(Fraction(value)) for value in row], "forward", float)
    assert abs(Fraction(got) - exact) > 1000 * Fraction(bound)


@pytest.mark.parametrize("way", WAYS)
def test_partial_products_that_underflow_stay_within_it(way: str) -> None:
    form = BINARY["float16"]
    row = [2.0**-12 * 1.25, 2.0**-9 * 1.375, 2.0**7 * 1.125, 2.0**6 * 1.5, 0.75]
    to = arithmetic("float16", "float16", truncating=False)
    exact, bound = bound_of(row, to)
    for order in ([0, 1, 2, 3, 4], [4, 0, 1, 3, 2], [2, 0, 1, 3, 4]):
        got = multiplied([row[index] for index in order], way, partial(form.nearest))
        assert abs(Fraction(got) - exact) <= Fraction(bound)
