"""References held to exact arithmetic in fractions, integers and decimals of many digits."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.interface.operation import Operation, Types
from harness.oracle import reference
from tests.interface.numeric import numeric_interface
from tests.oracle.exact import BINARY

Array = NDArray[Any]
OPERATIONS = numeric_interface().operations
FLOATS = ("float16", "bfloat16", "float32", "float64")


def types_of(operation: Operation, label: str) -> Types:
    """The row of an operation by its label."""
    return next(types for types in operation.types if types.label == label)


def exactly(name: str, label: str, *operands: Any, **attributes: Any) -> Array:
    """The reference's result for operands given as lists."""
    operation = OPERATIONS[name]
    types = types_of(operation, label)
    typed = [np.asarray(o).astype(numpy_dtype(d)) for o, d in zip(operands, types.inputs, strict=True)]
    return reference.exact(operation, types, typed, attributes)


def numbers(dtype: str) -> st.SearchStrategy[float]:
    """Numbers of a format, from its smallest to its largest."""
    form = BINARY[dtype]
    most = (1 << form.precision) - 1
    return st.builds(
        lambda m, e: float(Fraction(m) * Fraction(2) ** e),
        st.integers(-most, most),
        st.integers(form.emin - form.precision + 1, form.emax - form.precision + 1),
    )


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
    found = float(exactly(name, dtype, [a], [b])[0])
    assert found == BINARY[dtype].nearest(_RATIONAL[name](Fraction(a), Fraction(b)))


@pytest.mark.parametrize("dtype", FLOATS)
@given(data=st.data())
def test_a_square_root_lies_between_its_neighbours_halves(dtype: str, data: st.DataObject) -> None:
    value = abs(data.draw(numbers(dtype)))
    found = Fraction(float(exactly("sqrt", dtype, [value])[0]))
    half = BINARY[dtype].step(found) / 2
    assert (found - half) ** 2 <= Fraction(value) or found == 0
    assert Fraction(value) <= (found + half) ** 2


@pytest.mark.parametrize("dtype", FLOATS)
@given(data=st.data())
def test_a_reciprocal_and_a_square_are_rounded_once(dtype: str, data: st.DataObject) -> None:
    value = data.draw(numbers(dtype)) or 1.0
    assert float(exactly("reciprocal", dtype, [value])[0]) == BINARY[dtype].nearest(1 / Fraction(value))
    assert float(exactly("square", dtype, [value])[0]) == BINARY[dtype].nearest(Fraction(value) ** 2)


_WHOLE: dict[str, Callable[[Fraction], int]] = {
    "floor": math.floor,
    "ceil": math.ceil,
    "trunc": math.trunc,
    "round": round,
}


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
        assert float(exactly(name, dtype, [value])[0]) == definition(Fraction(value)), name


@given(a=st.integers(-(2**31), 2**31 - 1), b=st.integers(-(2**31), 2**31 - 1))
def test_integers_are_computed_as_integers(a: int, b: int) -> None:
    if -(2**31) <= a + b < 2**31:
        assert int(exactly("add", "int32", [a], [b])[0]) == a + b
    if -(2**31) <= a - b < 2**31:
        assert int(exactly("subtract", "int32", [a], [b])[0]) == a - b
    assert int(exactly("bitwise_xor", "int32", [a], [b])[0]) == a ^ b
    assert int(exactly("bitwise_invert", "int32", [a])[0]) == ~a
    assert bool(exactly("less", "int32", [a], [b])[0]) == (a < b)
    assert int(exactly("maximum", "int32", [a], [b])[0]) == max(a, b)


def wholes(shape: tuple[int, ...], seed: int, most: int = 50) -> Array:
    """Whole numbers of either sign."""
    count = math.prod(shape)
    return ((np.arange(count) * 7919 + seed * 104729) % (2 * most + 1) - most).reshape(shape).astype(np.float64)


def product_of(a: Array, b: Array) -> list[list[int]]:
    """The product of two matrices of whole numbers by the schoolbook."""
    m, k, n = a.shape[0], a.shape[1], b.shape[1]
    return [[sum(int(a[i, x]) * int(b[x, j]) for x in range(k)) for j in range(n)] for i in range(m)]


def test_products_of_matrices_are_the_schoolbooks() -> None:
    a, b = wholes((4, 7), 1), wholes((7, 3), 2)
    assert exactly("matmul", "float32", a, b).tolist() == product_of(a, b)
    assert exactly("matmul", "int8", a, b).tolist() == product_of(a, b)
    assert exactly("matmul", "float32", a[0], b).tolist() == product_of(a[:1], b)[0]
    assert exactly("matmul", "float32", a, b[:, 0]).tolist() == [row[0] for row in product_of(a, b)]
    assert float(exactly("matmul", "float32", a[0], b[:, 0])) == product_of(a, b)[0][0]
    stacked = exactly("matmul", "float32", np.stack([a, -a]), b)
    assert stacked.tolist() == [product_of(a, b), product_of(-a, b)]
    assert exactly("vecdot", "float32", a, a).tolist() == [product_of(a, a.T)[i][i] for i in range(4)]


@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)])
def test_gemm_is_alpha_times_the_product_and_beta_times_c(transposed: tuple[bool, bool]) -> None:
    a, b, c = wholes((4, 7), 1), wholes((7, 3), 2), wholes((4, 3), 3)
    found = exactly(
        "gemm", "float32", a.T if transposed[0] else a, b.T if transposed[1] else b, c,
        alpha=2.0, beta=-3.0, transpose_a=transposed[0], transpose_b=transposed[1],
    )  # fmt: skip
    rows = zip(product_of(a, b), c.tolist(), strict=True)
    assert found.tolist() == [[2 * p - 3 * q for p, q in zip(*row, strict=True)] for row in rows]


def test_what_gemm_does_not_read_does_not_reach_the_result() -> None:
    a, b, c = wholes((4, 7), 1), wholes((7, 3), 2), wholes((4, 3), 3)
    bad = np.full((4, 3), np.nan)
    assert exactly("gemm", "float32", a, b, bad, alpha=1.0, beta=0.0).tolist() == product_of(a, b)
    assert (exactly("gemm", "float32", a * np.nan, b, c, alpha=0.0, beta=2.0) == 2 * c).all()


def test_special_values_reach_the_elements_they_belong_to() -> None:
    a, b = wholes((3, 4), 1), np.abs(wholes((4, 2), 2)) + 1
    a[1, 2], b[0, 1] = np.nan, np.inf
    found = exactly("matmul", "float32", a, b)
    assert np.isnan(found[1]).all()
    assert [math.isinf(found[0, 1]), math.isinf(found[2, 1])] == [a[0, 0] != 0, a[2, 0] != 0]
    assert np.isfinite(found[[0, 2], 0]).all()


def test_reductions_run_along_their_axis() -> None:
    values = wholes((2, 3, 4), 5)
    for axis in range(3):
        index = np.moveaxis(values, axis, -1)
        for name, definition in (("sum", sum), ("max", max), ("min", min)):
            expected = [[float(definition(row)) for row in plane] for plane in index.tolist()]
            assert exactly(name, "float32", values, axis=axis, keepdims=False).tolist() == expected
            assert exactly(name, "float32", values, axis=axis - 3, keepdims=False).tolist() == expected
    assert exactly("sum", "float32", values, axis=None, keepdims=True).shape == (1, 1, 1)
    assert exactly("argmax", "float32", [[1, 3, 3, 2]], axis=-1, keepdims=False).tolist() == [1]
    assert exactly("any", "float32", [[0, 0], [0, 2]], axis=-1, keepdims=False).tolist() == [False, True]
    assert exactly("all", "int32", [[1, 0], [3, 2]], axis=-1, keepdims=False).tolist() == [False, True]
    assert exactly("mean", "float32", [[1, 2, 6]], axis=-1, keepdims=False).tolist() == [3]


@pytest.mark.parametrize(
    ("value", "expected"), [(1.9, 1), (-1.9, -1), (0.5, 0), (-0.5, 0), (2.0**30 + 128, 2**30 + 128)]
)
def test_conversion_to_integers_drops_the_fraction(value: float, expected: int) -> None:
    assert int(exactly("cast", "float32-int32", [value])[0]) == expected


@given(value=st.integers(-(2**31), 2**31 - 1))
def test_conversion_of_integers_rounds_to_the_nearest(value: int) -> None:
    assert float(exactly("cast", "int32-float32", [value])[0]) == BINARY["float32"].nearest(Fraction(value))


@pytest.mark.parametrize("dtype", FLOATS)
def test_flushing_leaves_a_zero_of_the_same_sign_and_touches_no_normal_number(dtype: str) -> None:
    normal = float(Fraction(2) ** BINARY[dtype].emin)
    values = np.array([normal, -normal, normal / 2, -normal / 2, 0.0, -0.0, np.inf]).astype(numpy_dtype(dtype))
    found = reference.flush(values, dtype).astype(np.float64)
    assert found.tolist() == [normal, -normal, 0, 0, 0, 0, math.inf]
    assert np.signbit(found).tolist() == [False, True, False, True, False, True, False]


def _sine(x: Decimal) -> Decimal:
    """The sine by its series, of a number of at most a few units."""
    term = total = x
    for n in range(1, 60):
        term = -term * x * x / ((2 * n) * (2 * n + 1))
        total += term
    return total


def _cosine(x: Decimal) -> Decimal:
    term = total = Decimal(1)
    for n in range(1, 60):
        term = -term * x * x / ((2 * n - 1) * (2 * n))
        total += term
    return total


_DEFINITIONS: dict[str, Callable[[Decimal], Decimal]] = {
    "exp": lambda x: x.exp(),
    "expm1": lambda x: x.exp() - 1,
    "log": lambda x: abs(x).ln(),
    "log1p": lambda x: (1 + abs(x)).ln(),
    "log2": lambda x: abs(x).ln() / Decimal(2).ln(),
    "tanh": lambda x: ((2 * x).exp() - 1) / ((2 * x).exp() + 1),
    "sin": _sine,
    "cos": _cosine,
}


@pytest.mark.parametrize("name", sorted(_DEFINITIONS))
@given(value=st.floats(-7, 7, width=32, allow_subnormal=False))
def test_functions_are_right_to_a_small_part_of_an_ulp_of_float32(name: str, value: float) -> None:
    if abs(value) < 2.0**-60:
        value = 1.0
    operand = abs(value) if name.startswith("log") else value
    found = float(reference.function(OPERATIONS[name], np.array([operand], np.float32))[0])
    with localcontext() as context:
        context.prec = 80
        right = _DEFINITIONS[name](Decimal(value))
        assert abs(Decimal(found) - right) <= abs(right) * Decimal(2) ** -46
