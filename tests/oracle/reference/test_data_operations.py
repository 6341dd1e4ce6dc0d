"""What the standards say of creation, movement, indexing, sorting and scans, against definitions in plain loops."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.oracle.reference.creation import contents, exact_values
from harness.oracle.reference.indexing import added, indexed, replaced
from harness.oracle.reference.movement import moved
from harness.oracle.reference.scans import prefixes
from harness.oracle.reference.sorting import insertion_points, order

Array = NDArray[Any]

X = np.arange(24).reshape(2, 3, 4)


def test_a_range_ends_before_stop_and_counts_down_too() -> None:
    assert exact_values("arange", {"start": 0, "stop": 10, "step": 3}) == [0, 3, 6, 9]
    assert exact_values("arange", {"start": 1, "stop": 10, "step": 3}) == [1, 4, 7]
    assert exact_values("arange", {"start": 3, "stop": -3, "step": -2}) == [3, 1, -1]
    assert exact_values("arange", {"start": 3, "stop": 3, "step": 1}) == []
    assert exact_values("arange", {"start": 3, "stop": 9, "step": -1}) == []
    assert exact_values("arange", {"stop": 2}) == [0, 1]


def test_evenly_spaced_values_have_both_ends_or_leave_out_the_last() -> None:
    third = Fraction(1, 3)
    assert exact_values("linspace", {"start": 0, "stop": 1, "num": 4}) == [0, third, 2 * third, 1]
    assert exact_values("linspace", {"start": 0, "stop": 1, "num": 3, "endpoint": False}) == [0, third, 2 * third]
    assert exact_values("linspace", {"start": 5, "stop": 1, "num": 1}) == [5]
    assert exact_values("linspace", {"start": 5, "stop": 1, "num": 0}) == []


def test_a_diagonal_lies_above_the_main_one_for_a_positive_offset() -> None:
    assert contents("eye", {"n_rows": 2, "n_cols": 3, "k": 1}).tolist() == [[0, 1, 0], [0, 0, 1]]
    assert contents("eye", {"n_rows": 3, "k": -2}).tolist() == [[0, 0, 0], [0, 0, 0], [1, 0, 0]]
    assert contents("eye", {"n_rows": 2, "n_cols": 2, "k": 2}).tolist() == [[0, 0], [0, 0]]


def test_a_full_tensor_holds_its_value_everywhere() -> None:
    assert contents("full", {"shape": [2, 2], "fill_value": -0.0}).tolist() == [[-0.0, -0.0], [-0.0, -0.0]]
    assert contents("ones", {"shape": []}) == 1
    assert contents("zeros", {"shape": [0, 3]}).shape == (0, 3)


def test_joining_puts_one_operand_behind_the_other() -> None:
    a, b, c = [[1, 2]], [[3, 4], [5, 6]], [[7, 8]]
    operands = [np.array(part) for part in (a, b, c)]
    assert moved("concat", operands, {"axis": 0}).tolist() == a + b + c
    assert moved("concat", operands, {}).tolist() == a + b + c
    assert moved("concat", operands, {"axis": None}).tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    wide = [np.array([[1], [2]]), np.array([[3, 4], [5, 6]]), np.array([[7], [8]])]
    assert moved("concat", wide, {"axis": -1}).tolist() == [[1, 3, 4, 7], [2, 5, 6, 8]]


def test_stacking_makes_a_new_axis_where_it_is_asked_for() -> None:
    rows = [np.array([1, 2]), np.array([3, 4]), np.array([5, 6])]
    assert moved("stack", rows, {}).tolist() == [[1, 2], [3, 4], [5, 6]]
    assert moved("stack", rows, {"axis": -1}).tolist() == [[1, 3, 5], [2, 4, 6]]


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))))
def test_axis_k_of_a_permuted_tensor_is_axis_axes_k(axes: tuple[int, ...]) -> None:
    found = moved("permute_dims", [X], {"axes": list(axes)})
    assert found.shape == tuple(X.shape[axis] for axis in axes)
    for place in np.ndindex(*X.shape):
        assert found[tuple(place[axis] for axis in axes)] == X[place]


def test_flipping_reads_axes_backwards() -> None:
    for axis, expected in ((0, X[::-1]), (-1, X[:, :, ::-1]), ([0, 2], X[::-1, :, ::-1]), (None, X[::-1, ::-1, ::-1])):
        assert (moved("flip", [X], {"axis": axis}) == expected).all()


def test_rolling_moves_towards_larger_indices_and_around_the_end() -> None:
    row = np.array([0, 1, 2, 3, 4])
    assert moved("roll", [row], {"shift": 2, "axis": 0}).tolist() == [3, 4, 0, 1, 2]
    assert moved("roll", [row], {"shift": -6}).tolist() == [1, 2, 3, 4, 0]
    square = np.array([[0, 1], [2, 3]])
    assert moved("roll", [square], {"shift": 1}).tolist() == [[3, 0], [1, 2]]
    assert moved("roll", [square], {"shift": [1, 1], "axis": [0, 1]}).tolist() == [[3, 2], [1, 0]]
    assert moved("roll", [square], {"shift": 1, "axis": [0, 1]}).tolist() == [[3, 2], [1, 0]]


def test_tiles_stand_side_by_side_and_missing_axes_are_of_length_one() -> None:
    assert moved("tile", [np.array([1, 2])], {"repetitions": [2, 2]}).tolist() == [[1, 2, 1, 2], [1, 2, 1, 2]]
    assert moved("tile", [np.array([[1], [2]])], {"repetitions": [3]}).tolist() == [[1, 1, 1], [2, 2, 2]]


def test_repeating_repeats_each_element_by_itself() -> None:
    x = np.array([[1, 2], [3, 4]])
    assert moved("repeat", [x], {"repeats": 2}).tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert moved("repeat", [x], {"repeats": 2, "axis": 0}).tolist() == [[1, 2], [1, 2], [3, 4], [3, 4]]
    assert moved("repeat", [x], {"repeats": 2, "axis": -1}).tolist() == [[1, 1, 2, 2], [3, 3, 4, 4]]


def test_reshaping_keeps_the_order_of_rows() -> None:
    for shape in ([24], [6, 4], [4, -1, 2], [1, 24, 1]):
        found = moved("reshape", [X], {"shape": shape})
        assert found.reshape(-1).tolist() == list(range(24))
    assert moved("reshape", [X], {"shape": [4, -1, 2]}).shape == (4, 3, 2)


def test_broadcasting_repeats_axes_of_length_one() -> None:
    assert moved("broadcast_to", [np.array([[1], [2]])], {"shape": [2, 3]}).tolist() == [[1, 1, 1], [2, 2, 2]]
    assert moved("broadcast_to", [np.array(5)], {"shape": [2]}).tolist() == [5, 5]
    assert moved("broadcast_to", [np.array([1, 2])], {"shape": [2, 2]}).tolist() == [[1, 2], [1, 2]]


@pytest.mark.parametrize("k", range(-4, 5))
def test_a_triangle_ends_at_its_diagonal_and_is_zero_beyond(k: int) -> None:
    x = np.where(np.arange(12).reshape(3, 4) % 5 == 0, np.nan, -1.0)
    for name in ("tril", "triu"):
        found = moved(name, [x], {"k": k})
        for row, column in np.ndindex(3, 4):
            kept = column - row <= k if name == "tril" else column - row >= k
            assert np.array_equal(found[row, column], x[row, column] if kept else 0.0, equal_nan=True)
            assert kept or not np.signbit(found[row, column])


def test_elements_are_taken_along_an_axis_and_negative_indices_count_from_the_end() -> None:
    x = np.array([[1, 2, 3], [4, 5, 6]])
    assert indexed("take", [x, np.array([2, 0, -2])], {"axis": 1}).tolist() == [[3, 1, 2], [6, 4, 5]]
    assert indexed("take_along_axis", [x, np.array([[0, -1], [1, 1]])], {}).tolist() == [[1, 3], [5, 5]]


def test_gathering_puts_the_axes_of_the_indices_in_place_of_the_axis() -> None:
    """The two examples of ONNX's Gather."""
    data = np.array([[1.0, 1.2], [2.3, 3.4], [4.5, 5.7]])
    found = indexed("Gather", [data, np.array([[0, 1], [1, 2]])], {})
    assert found.tolist() == [[[1.0, 1.2], [2.3, 3.4]], [[2.3, 3.4], [4.5, 5.7]]]
    data = np.array([[1.0, 1.2, 1.9], [2.3, 3.4, 3.9], [4.5, 5.7, 5.9]])
    found = indexed("Gather", [data, np.array([[0, 2]])], {"axis": 1})
    assert found.tolist() == [[[1.0, 1.9]], [[2.3, 3.9]], [[4.5, 5.9]]]


def test_scattered_updates_replace_elements_or_slices() -> None:
    """The first example of ONNX's ScatterND, and one of rows."""
    data, indices = np.array([1, 2, 3, 4, 5, 6, 7, 8]), np.array([[4], [3], [1], [7]])
    assert replaced(data, indices, np.array([9, 10, 11, 12])).tolist() == [1, 11, 3, 10, 9, 6, 7, 12]
    assert replaced(np.zeros((2, 2), int), np.array([[1]]), np.array([[5, 6]])).tolist() == [[0, 0], [5, 6]]


def test_several_updates_of_an_element_are_all_added() -> None:
    total, magnitude, terms = added(np.array([1.0, 0.0]), np.array([[0], [0], [1]]), np.array([2.0, -4.0, 0.0]))
    assert total.tolist() == [-1.0, 0.0]
    assert magnitude.tolist() == [7.0, 0.0]
    assert terms.tolist() == [3, 0]


def test_an_order_is_stable_in_both_directions() -> None:
    row = np.array([[2, 1, 2, 0, 1]])
    assert order(row, -1, descending=False).tolist() == [[3, 1, 4, 0, 2]]
    assert order(row, -1, descending=True).tolist() == [[0, 2, 1, 4, 3]]
    assert order(row.T, 0, descending=False).T.tolist() == [[3, 1, 4, 0, 2]]


def test_an_order_agrees_with_python_s_own() -> None:
    values = np.array([[(7 * i * i + j) % 11 for i in range(40)] for j in range(3)])
    for row, found in zip(values, order(values, 1, descending=False), strict=True):
        assert found.tolist() == sorted(range(40), key=lambda place: row[place])
    for row, found in zip(values, order(values, 1, descending=True), strict=True):
        assert found.tolist() == sorted(range(40), key=lambda place: -row[place])


def test_a_place_in_a_row_is_before_or_behind_equal_elements() -> None:
    row, sought = np.array([1, 3, 3, 5]), np.array([[0, 1, 3], [4, 5, 6]])
    assert insertion_points(row, sought, "left").tolist() == [[0, 0, 1], [3, 3, 4]]
    assert insertion_points(row, sought, "right").tolist() == [[0, 1, 3], [3, 4, 4]]
    assert insertion_points(row[:0], sought, "left").tolist() == [[0, 0, 0], [0, 0, 0]]


def test_running_sums_are_those_of_onnx_s_examples() -> None:
    x = np.array([1, 2, 3])
    assert prefixes(x, 0).total.tolist() == [1, 3, 6]
    assert prefixes(x, 0, exclusive=True).total.tolist() == [0, 1, 3]
    assert prefixes(x, 0, reverse=True).total.tolist() == [6, 5, 3]
    assert prefixes(x, 0, exclusive=True, reverse=True).total.tolist() == [5, 3, 0]
    assert prefixes(x, 0, initial=True).total.tolist() == [0, 1, 3, 6]


def test_running_sums_are_exact_to_the_last_bit_of_float64() -> None:
    x = np.ldexp(1.0 + np.arange(64) * 2.0**-50, (np.arange(64) * 7) % 40) * (-1.0) ** np.arange(64)
    found = prefixes(x, 0)
    exact = [sum(map(Fraction, x[: place + 1].tolist()), Fraction(0)) for place in range(64)]
    assert found.total.tolist() == [float(value) for value in exact]
    assert found.terms.tolist() == list(range(1, 65))
    assert found.magnitude.tolist() == [float(sum(map(abs, map(Fraction, x[: n + 1].tolist())))) for n in range(64)]


def test_running_sums_keep_what_lies_before_a_nan_or_an_infinity() -> None:
    found = prefixes(np.array([1.0, np.inf, 2.0, -np.inf, 1.0, np.nan]), 0).total
    assert found[:3].tolist() == [1.0, np.inf, np.inf]
    assert np.isnan(found[3:]).all()
