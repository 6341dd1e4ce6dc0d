"""Conversions of the oracle: by exact fractions, and what a flushed or a saturated one gives."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.device.dtypes import numpy_dtype
from harness.oracle.reference.conversion import SATURABLE, converted, flush, saturated, subnormal
from tests.oracle.exact import BINARY

NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("target", sorted(BINARY))
@given(value=NUMBERS)
def test_a_conversion_is_the_nearest_number(target: str, value: float) -> None:
    found = float(converted(np.array([value], np.float32), target)[0])
    expected = BINARY[target].nearest(Fraction(value))
    assert found == expected or (math.isnan(found) and math.isnan(expected))


@given(value=st.integers(-(2**31), 2**31 - 1))
def test_integers_go_to_the_nearest_number(value: int) -> None:
    found = converted(np.array([value], np.int32), "float32")
    assert float(found[0]) == BINARY["float32"].nearest(Fraction(value))


@given(value=st.floats(-(2.0**31), 2.0**31 - 128, width=32))
def test_integers_lose_the_fraction(value: float) -> None:
    assert int(converted(np.array([value], np.float32), "int32")[0]) == math.trunc(value)


def test_truth_values_are_nought_and_one_and_all_but_zero_is_true() -> None:
    assert converted(np.array([True, False]), "float32").tolist() == [1.0, 0.0]
    assert converted(np.array([0.0, -0.0, math.nan, 0.5]), "bool").tolist() == [False, False, True, True]


@pytest.mark.parametrize("target", sorted(SATURABLE))
@given(value=st.floats(width=32))
def test_saturated_is_the_same_but_for_what_is_too_large(target: str, value: float) -> None:
    found = converted(np.array([value], np.float32), target)
    other = float(saturated(np.array([value], np.float32), found)[0])
    largest = {"float8_e4m3fn": 448, "float8_e5m2": 57344}[target]
    if math.isnan(value):
        assert math.isnan(other)
    elif math.isfinite(float(found[0])):
        assert other == float(found[0])
    else:
        assert other == math.copysign(largest, value)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "float32"])
def test_flushing_keeps_all_but_subnormal_numbers_and_the_sign_of_those(dtype: str) -> None:
    form = BINARY[dtype]
    smallest = 2.0**form.emin
    step = 2.0 ** (form.emin - form.precision + 1)
    values = np.array([smallest, smallest - step, step, -step, 0.0, -0.0, 1.0, math.nan]).astype(numpy_dtype(dtype))
    assert subnormal(values, dtype).tolist() == [False, True, True, True, False, False, False, False]
    found = flush(values, dtype).astype(np.float64)
    assert found[[0, 6]].tolist() == [smallest, 1.0]
    assert np.signbit(found[1:6]).tolist() == [False, False, True, False, True]
    assert (found[1:6] == 0).all()
    assert np.isnan(found[7])


def test_integers_are_never_flushed() -> None:
    values = np.array([1, -1], np.int8)
    assert flush(values, "int8") is values
