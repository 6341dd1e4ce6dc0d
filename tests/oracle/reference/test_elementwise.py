"""References of exact elementwise operations, held to exact arithmetic in fractions and integers."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.oracle.reference.elementwise import exact, flush
from tests.oracle.exact import BINARY

Array = NDArray[Any]
FLOATS = ("float16", "bfloat16", "float32", "float64")


def exactly(name: str, dtype: str, *operands: Any, out: str = "") -> Any:
    """The reference's result for single numbers of one dtype."""
    return exact(name, [np.array([value]).astype(numpy_dtype(dtype)) for value in operands], out or dtype)[0]


def numbers(dtype: str) -> st.SearchStrategy[float]:
    """Numbers of a format, from its smallest to its largest."""
    form = BINARY[dtype]
    most = (1 << form.precision) - 1
    return st.builds(
        lambda m, e: float(Fraction(m) * Fraction(2) ** e),
        st.integers(-most, most),
        st.integers(form.emin - form.precision + 1, form.emax - form.precision + 1),
    )


def small(dtype: str) -> st.SearchStrategy[float]:
    """Numbers within a few binades of one, so that one is seldom nothing beside another."""
    most = (1 << BINARY[dtype].precision) - 1
    scale = 2.0 ** -BINARY[dtype].precision
    return st.builds(lambda m, e: m * scale * 2.0**e, st.integers(-most, most), st.integers(-3, 4))


_RATIONAL: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
}


@pytest.mark.parametrize("name", sorted(_RATIONAL))
@pytest.mark.parametrize("dtype", FLOATS)
@given(data=st.data())
def test_arithmetic_is_the_exact_result_rounded_once(name: str, dtype: str, data: st.DataObject) -> None:
    a, b = data.draw(numbers(dtype)), data.draw(numbers(dtype))
    if name == "divide" and b == 0:
        b = 1.0
    assert float(exactly(name, dtype, a, b)) == BINARY[dtype].nearest(_RATIONAL[name](Fraction(a), Fraction(b)))


@pytest.mark.parametrize("dtype", FLOATS)
@given(data=st.data())
def test_a_remainder_is_what_the_floor_of_the_quotient_leaves_rounded_once(dtype: str, data: st.DataObject) -> None:
    a, b = data.draw(small(dtype)), data.draw(small(dtype)) or 1.0
    x, y = Fraction(a), Fraction(b)
    assert float(exactly("remainder", dtype, a, b)) == BINARY[dtype].nearest(x - y * math.floor(x / y))


@pytest.mark.parametrize("dtype", FLOATS)
@given(x=st.integers(-100, 100), y=st.integers(1, 16), negative=st.booleans())
def test_a_floor_division_is_the_floor_of_the_quotient(dtype: str, x: int, y: int, negative: bool) -> None:
    divisor = -y if negative else y
    assert float(exactly("floor_divide", dtype, x / 2, divisor)) == math.floor(Fraction(x, 2) / divisor)


@pytest.mark.parametrize("dtype", FLOATS)
@given(data=st.data())
def test_a_square_root_lies_between_its_neighbours_halves(dtype: str, data: st.DataObject) -> None:
    value = abs(data.draw(numbers(dtype)))
    found = Fraction(float(exactly("sqrt", dtype, value)))
    half = BINARY[dtype].step(found) / 2
    assert (found - half) ** 2 <= Fraction(value) or found == 0
    assert Fraction(value) <= (found + half) ** 2


@pytest.mark.parametrize("dtype", FLOATS)
@given(data=st.data())
def test_a_reciprocal_and_a_square_are_rounded_once(dtype: str, data: st.DataObject) -> None:
    value = data.draw(numbers(dtype)) or 1.0
    assert float(exactly("reciprocal", dtype, value)) == BINARY[dtype].nearest(1 / Fraction(value))
    assert float(exactly("square", dtype, value)) == BINARY[dtype].nearest(Fraction(value) ** 2)


@pytest.mark.parametrize("dtype", FLOATS)
@given(data=st.data())
def test_roundings_to_whole_numbers(dtype: str, data: st.DataObject) -> None:
    value = data.draw(st.one_of(numbers(dtype), st.integers(-100, 100).map(lambda n: n / 2)))
    definitions: dict[str, Callable[[Fraction], int]] = {
        "floor": math.floor,
        "ceil": math.ceil,
        "trunc": math.trunc,
        "round": round,
    }
    for name, definition in definitions.items():
        assert float(exactly(name, dtype, value)) == definition(Fraction(value)), name


@pytest.mark.parametrize("dtype", FLOATS)
@given(data=st.data())
def test_no_number_lies_between_a_number_and_its_neighbour(dtype: str, data: st.DataObject) -> None:
    a, b = data.draw(numbers(dtype)), data.draw(numbers(dtype))
    found = float(exactly("nextafter", dtype, a, b))
    if a == b:
        assert found == b
        return
    assert a < found <= b if b > a else b <= found < a
    middle = (Fraction(a) + Fraction(found)) / 2
    assert BINARY[dtype].nearest(middle) in (a, found)


@pytest.mark.parametrize("dtype", FLOATS)
def test_neighbours_at_the_ends(dtype: str) -> None:
    form = BINARY[dtype]
    tiny, largest = float(form.step(Fraction(0))), (2.0 - 2.0 ** (1 - form.precision)) * 2.0**form.emax
    assert float(exactly("nextafter", dtype, 0.0, 1.0)) == tiny
    assert float(exactly("nextafter", dtype, -0.0, -1.0)) == -tiny
    assert float(exactly("nextafter", dtype, largest, math.inf)) == math.inf
    assert float(exactly("nextafter", dtype, -math.inf, 0.0)) == -largest
    assert math.copysign(1, float(exactly("nextafter", dtype, tiny, -1.0))) == 1
    assert math.copysign(1, float(exactly("nextafter", dtype, 0.0, -0.0))) == -1
    assert math.isnan(float(exactly("nextafter", dtype, math.nan, 1.0)))


@given(a=st.integers(-(2**31), 2**31 - 1), b=st.integers(-(2**31), 2**31 - 1), bits=st.integers(0, 31))
def test_integers_are_computed_as_integers(a: int, b: int, bits: int) -> None:
    if -(2**31) <= a + b < 2**31:
        assert int(exactly("add", "int32", a, b)) == a + b
    if -(2**31) <= a - b < 2**31:
        assert int(exactly("subtract", "int32", a, b)) == a - b
    if b not in (0, -1):
        assert (int(exactly("floor_divide", "int32", a, b)), int(exactly("remainder", "int32", a, b))) == divmod(a, b)
    assert int(exactly("bitwise_xor", "int32", a, b)) == a ^ b
    assert int(exactly("bitwise_invert", "int32", a)) == ~a
    assert int(exactly("bitwise_right_shift", "int32", a, bits)) == a >> bits
    assert int(exactly("bitwise_left_shift", "int32", a, bits)) == ((a << bits) + 2**31) % 2**32 - 2**31
    assert bool(exactly("less", "int32", a, b, out="bool")) == (a < b)
    assert int(exactly("maximum", "int32", a, b)) == max(a, b)
    assert int(exactly("clip", "int32", a, min(b, bits), max(b, bits))) == sorted((a, b, bits))[1]


def test_signs_and_bounds() -> None:
    assert math.copysign(1, float(exactly("copysign", "float32", 3.0, -0.0))) == -1
    assert float(exactly("positive", "float32", -3.0)) == -3
    assert float(exactly("clip", "float32", 5.0, -1.0, 2.0)) == 2
    assert math.isnan(float(exactly("clip", "float32", 1.0, math.nan, 2.0)))


@pytest.mark.parametrize("dtype", FLOATS)
def test_flushing_leaves_a_zero_of_the_same_sign_and_touches_no_normal_number(dtype: str) -> None:
    normal = float(Fraction(2) ** BINARY[dtype].emin)
    values = np.array([normal, -normal, normal / 2, -normal / 2, 0.0, -0.0, np.inf]).astype(numpy_dtype(dtype))
    found = flush(values, dtype).astype(np.float64)
    assert found.tolist() == [normal, -normal, 0, 0, 0, 0, math.inf]
    assert np.signbit(found).tolist() == [False, True, False, True, False, True, False]
