"""Conversion to and from whole numbers, held to fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.oracle.reference.quantization import along, dequantize, quantize
from tests.oracle.exact import BINARY


@given(
    x=st.floats(-1e4, 1e4, width=32),
    scale=st.floats(2.0**-10, 16, width=32),
    zero=st.integers(-128, 127),
)
@settings(deadline=None)
def test_quotients_are_rounded_to_even_and_cut_off(x: float, scale: float, zero: int) -> None:
    exact = Fraction(x) / Fraction(scale)
    in_format = Fraction(BINARY["float32"].nearest(exact)) if exact else exact
    right = {min(max(round(value) + zero, -128), 127) for value in (exact, in_format)}
    low, high = quantize(np.array([x], np.float32), np.array(float(scale)), np.array(float(zero)), "int8")
    assert {int(low[0]), int(high[0])} == right


def test_beside_a_tie_both_neighbours_are_given() -> None:
    # 1.5 times (1 + 2**-23) over 1 + 2**-22: below 1.5 by less than float32 can tell from it at other scales.
    x = np.array([np.float32(3) * np.float32(0.1)], np.float32)
    low, high = quantize(x, np.array(float(np.float32(0.2))), np.array(0.0), "uint8")
    exact = Fraction(float(x[0])) / Fraction(float(np.float32(0.2)))
    assert {round(exact), round(Fraction(BINARY["float32"].nearest(exact)))} == {int(low[0]), int(high[0])}


@given(x=st.integers(-128, 127), zero=st.integers(-128, 127), scale=st.floats(2.0**-10, 16, width=16))
def test_distances_from_the_zero_point_are_scaled_and_rounded_once(x: int, zero: int, scale: float) -> None:
    found = dequantize(np.array([x], np.int8), np.array(scale), np.array(float(zero)), "float16")
    right = BINARY["float16"].nearest((x - zero) * Fraction(scale))
    assert float(found[0]) == right


def test_parameters_lie_along_their_axis() -> None:
    assert along(np.arange(3), (2, 3, 4), 1).shape == (1, 3, 1)
    assert along(np.arange(4), (2, 3, 4), -1).shape == (1, 1, 4)
    assert along(np.array([5]), (2, 3), 1).shape == ()
