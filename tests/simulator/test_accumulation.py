"""Reductions and products: the array API's axes, BLAS's rules for gemm, and the accumulator that is declared."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.simulator.runtime import SimulatedDevice
from tests.simulator.claims import claims, simulate
from tests.simulator.launching import Array, array, launch

DEVICE = simulate()
FLOATS = ("float16", "bfloat16", "float32", "float64")
CUBE = list(itertools.product(range(2), range(3), range(4)))


def keeping(accumulator: str) -> SimulatedDevice:
    """A device whose sums are kept in a format."""
    return simulate(claims(accumulator=accumulator))


def product(a: list[list[int]], b: list[list[int]]) -> list[list[int]]:
    """A matrix product of integers, by definition."""
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


@pytest.mark.parametrize("name", [*FLOATS, "int32", "int64"])
@pytest.mark.parametrize("axis", [None, 0, 1, 2, -1, -3])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("operation", ["sum", "max", "min"])
def test_reductions_go_along_their_axis(operation: str, axis: int | None, keepdims: bool, name: str) -> None:
    values = {index: (7 * index[0] + 5 * index[1] + 3 * index[2]) % 11 - 4 for index in CUBE}
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, value in values.items():
        kept = tuple(0 if axis is None or i == axis % 3 else n for i, n in enumerate(index))
        groups.setdefault(kept, []).append(value)
    whole = tuple(1 if axis is None or i == axis % 3 else n for i, n in enumerate((2, 3, 4)))
    shape = whole if keepdims else tuple(n for i, n in enumerate(whole) if not (axis is None or i == axis % 3))
    cube = array(np.array(list(values.values())).reshape(2, 3, 4), name)
    found = launch(DEVICE, operation, [cube], name, shape, axis=axis, keepdims=keepdims).reshape(whole)
    reduce: Any = {"sum": sum, "max": max, "min": min}[operation]
    assert {index: int(found[index]) for index in groups} == {index: reduce(group) for index, group in groups.items()}


def test_sums_and_products_of_nothing_are_the_neutral_elements() -> None:
    empty = np.empty((0, 2), dtype=np.float32)
    for operation, neutral in (("sum", 0), ("prod", 1)):
        assert launch(DEVICE, operation, [empty], "float32", (2,), axis=0).tolist() == [neutral] * 2
        assert launch(keeping("float16"), operation, [empty], "float32", (2,), axis=0).tolist() == [neutral] * 2
    assert launch(DEVICE, "any", [empty], "bool", ()).tolist() is False
    assert launch(DEVICE, "all", [empty], "bool", ()).tolist() is True
    assert math.isnan(launch(DEVICE, "mean", [empty], "float32", ()))


@given(values=st.lists(st.integers(-128, 127), min_size=1, max_size=20))
def test_integer_sums_and_products_are_modulo_two_to_the_bits(values: list[int]) -> None:
    data = np.array(values, dtype=np.int8)
    for name, bits in (("int8", 8), ("int32", 32)):
        for operation, exact in (("sum", sum(values)), ("prod", math.prod(values))):
            found = int(launch(DEVICE, operation, [data], name, ()))
            assert found == (exact + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)


@pytest.mark.parametrize("name", FLOATS)
def test_mean_is_the_sum_over_the_count(name: str) -> None:
    assert launch(DEVICE, "mean", [array([[1, 2, 6], [0, 0, 3]], name)], name, (2,), axis=1).tolist() == [3, 1]


@pytest.mark.parametrize("name", FLOATS)
def test_nan_reaches_the_extremum_and_its_first_place_is_the_index(name: str) -> None:
    values = array([3, math.nan, 9, math.nan], name)
    for operation in ("max", "min"):
        assert math.isnan(launch(DEVICE, operation, [values], name, ()))
        assert int(launch(DEVICE, f"arg{operation}", [values], "int64", ())) == 1


@pytest.mark.parametrize("name", [*FLOATS, "int8", "uint64"])
def test_the_index_of_an_extremum_is_its_first(name: str) -> None:
    values = array([[2, 7, 7], [5, 1, 1]], name)
    assert launch(DEVICE, "argmax", [values], "int64", (2,), axis=1).tolist() == [1, 0]
    assert launch(DEVICE, "argmin", [values], "int64", (2,), axis=-1).tolist() == [0, 1]
    assert int(launch(DEVICE, "argmax", [values], "int64", ())) == 1
    assert launch(DEVICE, "argmin", [values], "int64", (1, 1), keepdims=True).tolist() == [[4]]


@pytest.mark.parametrize("name", ["float32", "bfloat16", "int8", "bool"])
def test_any_and_all_ask_whether_elements_are_not_zero(name: str) -> None:
    values = array([[0, 0], [0, 1], [1, 1]], name)
    assert launch(DEVICE, "any", [values], "bool", (3,), axis=1).tolist() == [False, True, True]
    assert launch(DEVICE, "all", [values], "bool", (3,), axis=1).tolist() == [False, False, True]


MATRICES = st.tuples(st.integers(1, 5), st.integers(0, 9), st.integers(1, 5)).flatmap(
    lambda n: st.tuples(
        st.lists(st.lists(st.integers(-8, 8), min_size=n[1], max_size=n[1]), min_size=n[0], max_size=n[0]),
        st.lists(st.lists(st.integers(-8, 8), min_size=n[2], max_size=n[2]), min_size=n[1], max_size=n[1]),
    ).map(lambda pair: (np.array(pair[0]).reshape(n[0], n[1]), np.array(pair[1]).reshape(n[1], n[2])))
)


MULTIPLIED = [(name, name) for name in (*FLOATS, "int64")] + [("int8", "int32"), ("float8_e4m3fn", "float32")]


@pytest.mark.parametrize(("name", "result"), MULTIPLIED)
@given(pair=MATRICES)
def test_matrix_products_of_small_integers_are_exact(name: str, result: str, pair: tuple[Array, Array]) -> None:
    a, b = pair
    exact = product(a.tolist(), b.T.tolist() and b.tolist()) if b.size else [[0] * b.shape[1]] * a.shape[0]
    found = launch(DEVICE, "matmul", [array(a, name), array(b, name)], result, (a.shape[0], b.shape[1]))
    assert found.astype(float).tolist() == array(exact, result).astype(float).tolist()


def test_matmul_takes_vectors_and_broadcasts_leading_axes() -> None:
    a, b = [[1, 2, 3], [4, 5, 6]], [[1, 0], [0, 1], [1, 1]]
    matrix, other = array(a, "float32"), array(b, "float32")
    vector = array([1, 10, 100], "float32")
    assert launch(DEVICE, "matmul", [matrix, vector], "float32", (2,)).tolist() == [321, 654]
    assert launch(DEVICE, "matmul", [vector, other], "float32", (2,)).tolist() == [101, 110]
    assert launch(DEVICE, "matmul", [vector, vector], "float32", ()).tolist() == 10101
    stack = np.stack([matrix, matrix * 2])[:, None]
    found = launch(DEVICE, "matmul", [stack, np.stack([other] * 3)], "float32", (2, 3, 2, 2))
    assert found[1, 2].tolist() == [[2 * x for x in row] for row in product(a, b)]


def test_vecdot_goes_over_the_last_axis_and_broadcasts() -> None:
    a, b = array([[1, 2, 3], [4, 5, 6]], "float16"), array([1, 10, 100], "float16")
    assert launch(DEVICE, "vecdot", [a, b], "float16", (2,)).tolist() == [321, 654]


def test_gemm_scales_transposes_and_adds() -> None:
    a, b, c = [[1, 2], [3, 4], [5, 6]], [[1, 0, 2], [0, 1, 3]], [[1, 1], [2, 2]]
    turned = [[list(row) for row in zip(*matrix, strict=True)] for matrix in (a, b)]
    rows = zip(product(*turned), c, strict=True)
    expected = [[2 * x + 3 * y for x, y in zip(*pair, strict=True)] for pair in rows]
    arguments = {"alpha": 2.0, "beta": 3.0, "transpose_a": True, "transpose_b": True}
    for name in FLOATS:
        found = launch(DEVICE, "gemm", [array(m, name) for m in (a, b, c)], name, (2, 2), **arguments)
        assert found.tolist() == expected


def test_gemm_does_not_read_what_a_factor_of_zero_leaves_out() -> None:
    ones, nan = np.ones((2, 2), np.float32), np.full((2, 2), np.nan, np.float32)
    assert launch(DEVICE, "gemm", [ones, ones, nan], "float32", (2, 2), alpha=1, beta=0).tolist() == [[2, 2]] * 2
    assert launch(DEVICE, "gemm", [nan, nan, ones], "float32", (2, 2), alpha=0, beta=1).tolist() == [[1, 1]] * 2
    assert launch(DEVICE, "gemm", [nan, nan, nan], "float32", (2, 2), alpha=0, beta=0).tolist() == [[0, 0]] * 2


def total(device: SimulatedDevice, name: str, result: str) -> dict[str, float]:
    """2048 and then two ones, summed in the four ways there are."""
    values = array([2048, 1, 1], name)
    ones = array([1, 1, 1], name)
    zero = array([[0]], result)
    shaped: dict[str, tuple[list[Any], tuple[int, ...]]] = {
        "sum": ([values], ()),
        "vecdot": ([values, ones], ()),
        "matmul": ([values, ones[:, None]], (1,)),
        "gemm": ([values[None, :], ones[:, None], zero], (1, 1)),
    }
    return {op: float(launch(device, op, inputs, result, shape).reshape(())) for op, (inputs, shape) in shaped.items()}


def test_undeclared_sums_of_float16_are_kept_in_float32() -> None:
    """2050 has eleven significant bits; in float16, 2048 + 1 is a tie that goes back to 2048."""
    assert set(total(simulate(), "float16", "float16").values()) == {2050.0}


@pytest.mark.parametrize("result", ["float16", "float32"])
def test_sums_declared_to_be_kept_in_float16_lose_what_float16_cannot_hold(result: str) -> None:
    assert set(total(keeping("float16"), "float16", result).values()) == {2048.0}


def test_sums_declared_to_be_kept_in_bfloat16_are_rounded_at_each_term() -> None:
    assert float(launch(keeping("bfloat16"), "sum", [array([256, 1, 1], "float32")], "float32", ())) == 256.0
    assert float(launch(keeping("bfloat16"), "prod", [array([257, 257], "float32")], "float32", ())) == 65536.0


def test_sums_of_float32_can_be_declared_to_be_kept_in_float64() -> None:
    values = array([2**24, 1, 1, -(2**24)], "float32")
    assert float(launch(keeping("float64"), "sum", [values], "float32", ())) == 2.0


def test_axes_are_kept_in_a_short_accumulator_too() -> None:
    values = array([[2048, 1], [1, 1], [1, 2048]], "float16")
    assert launch(keeping("float16"), "sum", [values], "float16", (2,), axis=0).tolist() == [2048, 2050]
    assert launch(keeping("float16"), "sum", [values], "float16", (1, 1), keepdims=True).shape == (1, 1)


def test_products_are_flushed_on_their_way_out_as_declared() -> None:
    device = simulate(claims(flush="outputs"))
    a, b = array([[2.0**-126]], "float32"), array([[0.5]], "float32")
    assert launch(device, "matmul", [a, b], "float32", (1, 1)).tolist() == [[0.0]]
    assert launch(DEVICE, "matmul", [a, b], "float32", (1, 1)).tolist() == [[2.0**-127]]
