"""Elementwise operations, against IEEE 754 in exact fractions and the special cases of the array API."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.simulator.runtime import SimulatedDevice
from harness.simulator.vector_unit import UnitConduct, VectorUnit
from tests.simulator.claims import claims, simulate
from tests.simulator.exact import FORMATS
from tests.simulator.launching import array, elementwise

FLOATS = ("float16", "bfloat16", "float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")

DEVICE = simulate()


def numbers(name: str) -> st.SearchStrategy[float]:
    """Finite numbers of a format, subnormal ones too."""
    form = FORMATS[name]
    mantissas = st.integers(-(2**form.precision) + 1, 2**form.precision - 1).map(float)
    exponents = st.integers(form.smallest - form.precision + 1, form.largest - form.precision + 1)
    return st.builds(math.ldexp, mantissas, exponents | st.integers(-6, 2))


def one(operation: str, name: str, *values: float, dtype: str | None = None) -> Any:
    """The result of an operation on one element."""
    found = elementwise(DEVICE, operation, *(array([value], name) for value in values), dtype=dtype)[0]
    return found if found.dtype == np.bool_ else float(found)


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize(
    ("operation", "exact"),
    [
        ("add", operator.add),
        ("subtract", operator.sub),
        ("multiply", operator.mul),
        ("divide", operator.truediv),
    ],
)
@given(data=st.data())
def test_arithmetic_is_rounded_correctly(
    name: str, operation: str, exact: Callable[[Fraction, Fraction], Fraction], data: st.DataObject
) -> None:
    x, y = data.draw(numbers(name)), data.draw(numbers(name).filter(bool))
    assert one(operation, name, x, y) == FORMATS[name].round(exact(Fraction(x), Fraction(y)))


@pytest.mark.parametrize("name", FLOATS)
@given(data=st.data())
def test_squares_and_reciprocals_are_rounded_correctly(name: str, data: st.DataObject) -> None:
    x = data.draw(numbers(name).filter(bool))
    assert one("square", name, x) == FORMATS[name].round(Fraction(x) ** 2)
    assert one("reciprocal", name, x) == FORMATS[name].round(1 / Fraction(x))


@pytest.mark.parametrize("name", FLOATS)
@given(data=st.data())
def test_square_roots_are_rounded_correctly(name: str, data: st.DataObject) -> None:
    """The root lies between the middles to its neighbours; none of those can be a root itself."""
    x = data.draw(numbers(name).map(abs).filter(bool))
    root = Fraction(one("sqrt", name, x))
    below, above = (_neighbour(root, name, direction) for direction in (-1, 1))
    assert ((root + below) / 2) ** 2 < Fraction(x) < ((root + above) / 2) ** 2


def _neighbour(value: Fraction, name: str, direction: int) -> Fraction:
    """The next number of a format; roots of numbers are normal numbers with room on both sides."""
    exponent = math.frexp(float(value))[1] - 1
    step = Fraction(2) ** (exponent - FORMATS[name].precision + 1)
    at_power = value == Fraction(2) ** exponent and direction < 0
    return value + direction * (step / 2 if at_power else step)


def _alternating(x: Decimal, first: int) -> Decimal:
    """The series of the sine (``first`` is 1) or the cosine (0), until its terms vanish at the precision in force."""
    term, n, total = x**first, first, Decimal(0)
    while total + term != total:
        total, n = total + term, n + 2
        term = -term * x * x / (n * (n - 1))
    return total


EXACT: dict[str, Callable[[Decimal], Decimal]] = {
    "exp": Decimal.exp,
    "expm1": lambda x: x.exp() - 1,
    "log": Decimal.ln,
    "log1p": lambda x: (1 + x).ln(),
    "log2": lambda x: x.ln() / Decimal(2).ln(),
    "log10": Decimal.log10,
    "sinh": lambda x: (x.exp() - (-x).exp()) / 2,
    "cosh": lambda x: (x.exp() + (-x).exp()) / 2,
    "asinh": lambda x: (x + (x * x + 1).sqrt()).ln(),
    "tan": lambda x: _alternating(x, 1) / _alternating(x, 0),
    "tanh": lambda x: 1 - 2 / ((2 * x).exp() + 1),
    "sin": lambda x: _alternating(x, 1),
    "cos": lambda x: _alternating(x, 0),
}


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("operation", EXACT)
def test_functions_are_within_half_a_unit_and_a_thousandth(name: str, operation: str) -> None:
    """float64 functions err by less than 2**-50, which moves a short result by less than a thousandth of a unit."""
    points = [0.0078125, 0.3, 0.75, 1.5, 2.25, 5.0, 9.5]
    with localcontext(prec=60):
        for x in map(float, array(points, name)):
            true = EXACT[operation](Decimal(x))
            unit = Decimal(2) ** (math.frexp(float(true))[1] - FORMATS[name].precision)
            assert abs(Decimal(one(operation, name, x)) - true) <= unit * Decimal("0.501")


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
def test_functions_of_two_operands_and_of_a_part_of_the_line(name: str) -> None:
    unit = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24}[name]
    for operation, operands, right in (
        ("pow", (-1.5, 3.0), -3.375),
        ("pow", (2.0, 0.5), math.sqrt(2)),
        ("atan2", (1.0, -1.0), 3 * math.pi / 4),
        ("hypot", (3.0, -4.0), 5.0),
        ("logaddexp", (1.0, 1.0), 1 + math.log(2)),
        ("asin", (0.5,), math.pi / 6),
        ("acos", (-0.5,), 2 * math.pi / 3),
        ("atan", (1.0,), math.pi / 4),
        ("acosh", (1.25,), math.log(2)),
        ("atanh", (0.5,), math.log(3) / 2),
    ):
        assert one(operation, name, *operands) == pytest.approx(right, rel=1.01 * unit), operation


@pytest.mark.parametrize("name", FLOATS)
@given(data=st.data())
def test_a_remainder_has_the_sign_of_its_divisor_and_is_rounded_once(name: str, data: st.DataObject) -> None:
    values = st.integers(-200, 200).map(lambda n: n / 8)
    x, y = data.draw(values), data.draw(values.filter(bool))
    exact = Fraction(x) - Fraction(y) * math.floor(Fraction(x) / Fraction(y))
    found = one("remainder", name, x, y)
    assert found == FORMATS[name].round(exact)
    assert math.copysign(1, found) == math.copysign(1, y)
    assert one("floor_divide", name, x, y) == FORMATS[name].round(Fraction(math.floor(Fraction(x) / Fraction(y))))


@pytest.mark.parametrize("mode", ["toward-zero", "toward-positive", "toward-negative"])
def test_a_remainder_keeps_to_the_mode_of_its_unit(mode: str) -> None:
    conduct = UnitConduct(rounding=mode)
    x, y = array([-(2.0**-30), 5.0, 4.0], "float32"), array([1.0, -3.0, -2.0], "float32")
    found = VectorUnit(conduct).compute("remainder", [x, y], {}, "float32")
    below_one = 1.0 if mode == "toward-positive" else 1 - 2.0**-24
    assert found.tolist() == [below_one, -1.0, 0.0]
    assert np.signbit(found).tolist() == [False, True, True]


@pytest.mark.parametrize("name", FLOATS)
def test_neighbours_are_those_of_the_type(name: str) -> None:
    form = FORMATS[name]
    step, tiny = 2.0 ** (1 - form.precision), math.ldexp(1.0, form.smallest - form.precision + 1)
    assert one("nextafter", name, 1.0, 2.0) == 1 + step
    assert one("nextafter", name, 1.0, -2.0) == 1 - step / 2
    assert one("nextafter", name, 0.0, -1.0) == -tiny
    assert math.copysign(1, one("nextafter", name, -0.0, 0.0)) == 1
    assert math.isnan(one("nextafter", name, 1.0, math.nan))


@pytest.mark.parametrize("name", FLOATS)
def test_signs_and_bounds(name: str) -> None:
    assert math.copysign(1, one("copysign", name, 2.0, -0.0)) == -1
    assert one("positive", name, -2.0) == -2
    assert [one("clip", name, x, -1.0, 2.0) for x in (-3.0, 0.5, 5.0)] == [-1, 0.5, 2]
    assert all(math.isnan(one("clip", name, *operands)) for operands in ((math.nan, 0.0, 1.0), (0.5, math.nan, 1.0)))


@pytest.mark.parametrize("name", FLOATS)
def test_special_values_of_arithmetic(name: str) -> None:
    inf, nan = math.inf, math.nan
    assert math.isnan(one("subtract", name, inf, inf))
    assert math.isnan(one("multiply", name, 0.0, inf))
    assert math.isnan(one("divide", name, 0.0, 0.0))
    assert one("divide", name, 1.0, -0.0) == -inf
    assert one("reciprocal", name, -0.0) == -inf
    assert math.isnan(one("sqrt", name, -1.0))
    assert math.copysign(1, one("sqrt", name, -0.0)) == -1
    assert math.copysign(1, one("add", name, -0.0, -0.0)) == -1
    assert math.isnan(one("sign", name, nan))
    assert one("exp", name, -inf) == 0.0
    assert one("log", name, 0.0) == -inf
    assert math.isnan(one("log", name, -1.0))


@pytest.mark.parametrize("name", FLOATS)
def test_extrema_of_two_propagate_nan_from_either_side(name: str) -> None:
    for operation, expected in (("maximum", 2.0), ("minimum", -1.0)):
        assert one(operation, name, -1.0, 2.0) == expected
        assert math.isnan(one(operation, name, math.nan, 2.0))
        assert math.isnan(one(operation, name, 2.0, math.nan))


@pytest.mark.parametrize("name", FLOATS)
def test_rounding_to_whole_numbers(name: str) -> None:
    values = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.0]
    table = {
        "round": [-2.0, -2.0, -0.0, 0.0, 2.0, 2.0, 3.0],
        "floor": [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0],
        "ceil": [-2.0, -1.0, -0.0, 1.0, 2.0, 3.0, 3.0],
        "trunc": [-2.0, -1.0, -0.0, 0.0, 1.0, 2.0, 3.0],
    }
    for operation, expected in table.items():
        found = elementwise(DEVICE, operation, array(values, name)).astype(float)
        assert (found.tolist(), np.signbit(found).tolist()) == (expected, np.signbit(expected).tolist())


@pytest.mark.parametrize("name", INTEGERS)
@given(data=st.data())
def test_integer_arithmetic_is_modulo_two_to_the_bits(name: str, data: st.DataObject) -> None:
    limits = np.iinfo(name)
    integers = st.integers(int(limits.min), int(limits.max))
    x, y = data.draw(integers), data.draw(integers)

    def wrapped(exact: int) -> int:
        low = int(limits.min)
        return (exact - low) % (1 << int(limits.bits)) + low

    def found(operation: str, *values: int) -> int:
        return int(elementwise(DEVICE, operation, *(np.array([value], dtype=name) for value in values))[0])

    assert found("add", x, y) == wrapped(x + y)
    assert found("subtract", x, y) == wrapped(x - y)
    assert found("multiply", x, y) == wrapped(x * y)
    assert found("square", x) == wrapped(x * x)
    assert found("negative", x) == wrapped(-x)
    assert found("abs", x) == wrapped(abs(x))
    assert found("sign", x) == (x > 0) - (x < 0)
    assert (found("maximum", x, y), found("minimum", x, y)) == (max(x, y), min(x, y))
    assert [found(operation, x) for operation in ("floor", "ceil", "trunc", "round")] == [x] * 4
    assert (found("bitwise_and", x, y), found("bitwise_or", x, y)) == (x & y, x | y)
    assert (found("bitwise_xor", x, y), found("bitwise_invert", x)) == (x ^ y, wrapped(~x))
    bits = abs(y) % int(limits.bits)
    assert (found("bitwise_left_shift", x, bits), found("bitwise_right_shift", x, bits)) == (
        wrapped(x << bits),
        x >> bits,
    )
    if y not in (0, -1):
        assert (found("floor_divide", x, y), found("remainder", x, y)) == divmod(x, y)
    assert (found("positive", x), found("clip", x, min(x, y), max(x, y))) == (x, x)


@pytest.mark.parametrize("name", [*FLOATS, *INTEGERS])
def test_comparisons_answer_in_bools(name: str) -> None:
    table = {
        "equal": operator.eq,
        "not_equal": operator.ne,
        "less": operator.lt,
        "less_equal": operator.le,
        "greater": operator.gt,
        "greater_equal": operator.ge,
    }
    values = [0.0, 1.0, 2.0, 100.0] + ([math.nan, -0.0, -math.inf] if name in FLOATS else [])
    for operation, exact in table.items():
        for x in values:
            for y in values:
                assert one(operation, name, x, y, dtype="bool") == exact(x, y)


@pytest.mark.parametrize("name", FLOATS)
def test_classes_of_floats(name: str) -> None:
    values = array([math.nan, math.inf, -math.inf, -0.0, 1.0], name)
    table = {
        "isnan": [True, False, False, False, False],
        "isinf": [False, True, True, False, False],
        "isfinite": [False, False, False, True, True],
    }
    for operation, expected in table.items():
        assert elementwise(DEVICE, operation, values, dtype="bool").tolist() == expected
    assert elementwise(DEVICE, "signbit", values[1:], dtype="bool").tolist() == [False, True, True, False]


def test_logic_of_bools() -> None:
    x, y = np.array([False, False, True, True]), np.array([False, True, False, True])
    for suffix, expected in (
        ("and", [False, False, False, True]),
        ("or", [False, True, True, True]),
        ("xor", [False, True, True, False]),
    ):
        assert elementwise(DEVICE, f"logical_{suffix}", x, y).tolist() == expected
        assert elementwise(DEVICE, f"bitwise_{suffix}", x, y).tolist() == expected
    for operation in ("logical_not", "bitwise_invert"):
        assert elementwise(DEVICE, operation, x).tolist() == [True, True, False, False]


@pytest.mark.parametrize("name", [*FLOATS, *INTEGERS, "bool"])
def test_where_takes_bits_and_touches_none(name: str) -> None:
    dtype = array([], name).dtype
    patterns = np.arange(1, 1 + dtype.itemsize * 4, dtype=np.uint8)
    if name == "bool":
        patterns = np.array([1, 0, 1, 0], dtype=np.uint8)
    x, y = patterns.view(dtype), patterns[::-1].copy().view(dtype)
    found = elementwise(DEVICE, "where", np.array([True, False, False, True]), x, y)
    assert found.tobytes() == np.stack([x, y])[[0, 1, 1, 0], range(4)].tobytes()


def test_operands_broadcast_to_the_output() -> None:
    column, row = np.array([[10.0], [20.0]]), np.array([1.0, 2.0, 3.0])
    assert elementwise(DEVICE, "add", column, row).tolist() == [[11, 12, 13], [21, 22, 23]]


def test_overflow_of_a_cast_is_infinity() -> None:
    values = array([65519.0, 65520.0, -1e9], "float32")
    assert elementwise(DEVICE, "cast", values, dtype="float16").tolist() == [65504.0, math.inf, -math.inf]


TINY = 2.0**-126


def flushing(*, inputs: bool = False, outputs: bool = False) -> SimulatedDevice:
    return simulate(
        claims(flush={(True, False): "inputs", (False, True): "outputs", (True, True): "both"}[inputs, outputs])
    )


def test_subnormals_are_kept_where_nothing_is_declared() -> None:
    half = array([TINY / 2], "float32")
    assert elementwise(DEVICE, "multiply", array([TINY], "float32"), array([0.5], "float32")).tolist() == [TINY / 2]
    assert elementwise(DEVICE, "add", half, half).tolist() == [TINY]


def test_a_unit_that_flushes_inputs_flushes_only_those() -> None:
    device, half = flushing(inputs=True), array([-TINY / 2], "float32")
    assert elementwise(device, "add", half, half).tolist() == [0.0]
    assert elementwise(device, "multiply", array([TINY], "float32"), array([0.5], "float32")).tolist() == [TINY / 2]
    assert elementwise(device, "equal", half, array([0.0], "float32"), dtype="bool").tolist() == [True]
    assert elementwise(device, "abs", half).tolist() == [TINY / 2]


def test_a_unit_that_flushes_outputs_flushes_only_those() -> None:
    device, half = flushing(outputs=True), array([TINY / 2], "float32")
    assert elementwise(device, "multiply", array([-TINY], "float32"), array([0.5], "float32")).tobytes() == bytes(
        [0, 0, 0, 0x80]
    )
    assert elementwise(device, "add", half, half).tolist() == [TINY]
    assert elementwise(device, "negative", half).tolist() == [-TINY / 2]
