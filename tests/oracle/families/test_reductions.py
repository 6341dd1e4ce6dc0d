"""Sums, products, extrema and quantifiers: an honest device passes every class, and each class fails what it is for."""

from __future__ import annotations

import numpy as np
import pytest

from harness.interface.catalogue import load_interface
from harness.oracle.definition import definition_of, plain, pose
from harness.oracle.draw import Draw
from harness.oracle.inputs.launches import INPUTS
from harness.oracle.rules import FAIL, PASS
from harness.oracle.task import Task
from tests.oracle.families import faulty_rows as faulty
from tests.suites.asking import ask, task
from tests.suites.broken_devices import IgnoresStrides, LeavesLastOut, Remembers, SkipsEmpty
from tests.suites.plain_device import PlainDevice

FAMILIES = ("sum", "product", "extremum", "argument-extremum", "quantifier")
ROWS = [
    (operation.name, types.label)
    for operation in load_interface().operations.values()
    if operation.family in FAMILIES
    for types in operation.types
]
each_row = pytest.mark.parametrize(("operation", "label"), ROWS)


def words_of(about: Task) -> list[str]:
    """The words that have questions for a row of dtypes; long rows and every shape of all rows would take long."""
    own = definition_of(about.operation).inputs
    common = [word for word in INPUTS if word != "shapes" or about.types is about.operation.types[0]]
    return [*(word for word in own if word != "long" and any(own[word](about))), *common]


def outcomes(device: PlainDevice, operation: str, label: str, word: str) -> set[str]:
    """What became of the questions of a word."""
    return {finding.outcome for _, finding in ask(device, task(operation, label), word)}


@each_row
def test_an_honest_device_passes_and_one_of_zeros_or_of_the_first_output_fails_every_class(
    operation: str, label: str
) -> None:
    for word in words_of(task(operation, label)):
        assert outcomes(PlainDevice(), operation, label, word) == {PASS}, word
        assert FAIL in outcomes(faulty.GivesZeros(), operation, label, word), word
        assert FAIL in outcomes(Remembers(), operation, label, word), word


@each_row
def test_elements_left_out_and_strides_ignored_fail(operation: str, label: str) -> None:
    assert FAIL in outcomes(IgnoresStrides(), operation, label, "layouts")
    for word in ("guards", "axes", "metamorphic", "known-answers"):
        assert FAIL in outcomes(LeavesLastOut(), operation, label, word), word
    for word in ("shapes", "known-answers"):
        # What one element of many decides is seldom decided by the last.
        assert operation in ("max", "min", "any", "all") or FAIL in outcomes(
            faulty.LeavesTheTailOut(), operation, label, word
        )


FAULTS = [
    ("sum float32", faulty.CutsOperands, "selector sparse dense repeat"),
    ("sum float16", faulty.CutsOperands, "selector sparse dense"),
    ("sum float64", faulty.CutsOperands, "selector sparse"),
    ("mean bfloat16", faulty.CutsOperands, "selector sparse dense means"),
    ("sum float16", faulty.AddsInTheOutputsType, "integer-exact dense overflow"),
    ("sum bfloat16", faulty.AddsInTheOutputsType, "integer-exact dense"),
    ("mean float16", faulty.AddsInTheOutputsType, "integer-exact dense"),
    ("sum int32", faulty.AddsInTheOutputsType, "overflow"),
    ("sum float32", faulty.LeavesTheTailOut, "integer-exact dense metamorphic shapes"),
    ("sum float32", faulty.OverlooksNan, "specials"),
    ("sum float32", faulty.Saturates, "overflow"),
    ("mean float32", faulty.DividesFirst, "dense means"),
    ("sum float32", faulty.ReducesTheLastAxis, "axes"),
    ("sum int8", SkipsEmpty, "empty shapes"),
    ("prod float32", faulty.CutsOperands, "selector sparse dense"),
    ("prod float64", faulty.CutsOperands, "selector sparse dense"),
    ("prod int32", faulty.LeavesTheTailOut, "integer-exact shapes known-answers"),
    ("prod float16", faulty.OverlooksNan, "specials"),
    ("prod float32", faulty.Saturates, "overflow"),
    ("prod float32", SkipsEmpty, "empty shapes"),
    ("max float32", faulty.StartsFromTheLargest, "members"),
    ("min float32", faulty.StartsFromTheLargest, "members specials"),
    ("max float32", faulty.CutsOperands, "members"),
    ("max bfloat16", faulty.OverlooksNan, "nan-positions specials"),
    ("argmin float16", faulty.OverlooksNan, "nan-positions specials"),
    ("argmax float32", faulty.TakesTheLastOfSeveral, "ties"),
    ("argmin int32", faulty.TakesTheLastOfSeveral, "ties"),
    ("any float32", faulty.ComparesWithOne, "deciding specials"),
    ("all int32", faulty.ComparesWithOne, "deciding"),
    ("count_nonzero float32", faulty.ComparesWithOne, "deciding specials known-answers"),
    ("any float32", faulty.OrdersBeforeItDecides, "specials"),
    ("all float32", faulty.OrdersBeforeItDecides, "specials"),
    ("count_nonzero float32", faulty.OrdersBeforeItDecides, "specials"),
    ("any bool", faulty.LeavesTheTailOut, "deciding"),
    ("count_nonzero bool", SkipsEmpty, "empty"),
]


@pytest.mark.parametrize(("row", "device", "words"), FAULTS)
def test_each_fault_fails_the_classes_it_shows_in(row: str, device: type[PlainDevice], words: str) -> None:
    operation, label = row.split()
    for word in words.split():
        assert FAIL in outcomes(device(), operation, label, word), word


def test_long_rows_show_what_is_lost_between_blocks() -> None:
    assert outcomes(PlainDevice(), "sum", "float32", "long") == {PASS}
    assert FAIL in outcomes(faulty.LeavesTheTailOut(), "sum", "float32", "long")


# ------------------------------------------------------------------------------------------ the right answer, by itself


@each_row
def test_smaller_operands_are_solved_anew(operation: str, label: str) -> None:
    about = task(operation, label)
    problem = plain(about, Draw("0", "shrink", operation))
    rows = problem.operands[0]
    for kept in (rows[:1], rows[:, :3], rows[:, :1], np.zeros_like(rows), np.where(rows == rows[0, 0], 0, rows)):
        smaller = pose(about, (kept.astype(rows.dtype),), problem.attributes, exact=problem.exact)
        assert np.shape(smaller.wanted[0].expected) == kept.shape[:1]


@pytest.mark.parametrize("operation", ["sum", "mean", "prod"])
@pytest.mark.parametrize("label", ["float32", "float16", "bfloat16", "float64"])
def test_any_operands_have_an_answer_with_a_bound(operation: str, label: str) -> None:
    about = task(operation, label)
    definition = definition_of(about.operation)
    assert definition.rough is not None
    (rows,), attributes = definition.rough(about, Draw("0", "rough", operation), (5, 33))
    rows[0, 3], rows[1, 4], rows[2, :2] = np.nan, np.inf, (np.inf, -np.inf)
    (wanted,) = pose(about, (rows,), attributes).wanted
    assert wanted.measure == "bound"
    assert wanted.bound is not None
    signs = np.sign(rows.astype(np.float64)).prod(axis=1)
    expected = [np.nan, signs[1] * np.inf, signs[2] * np.inf] if operation == "prod" else [np.nan, np.inf, np.nan]
    assert np.array_equal(wanted.expected[:3], expected, equal_nan=True)
    assert np.isfinite(wanted.expected[3:]).all()
    assert (wanted.bound[3:] > 0).all()
    assert (wanted.bound[:3] == 0).all()


def test_a_sum_beyond_the_result_is_infinite_though_its_bound_is_finite() -> None:
    about = task("sum", "float16")
    (wanted,) = pose(about, (np.full((1, 3), 60000, np.float16),), {"axis": -1}).wanted
    assert wanted.expected.tolist() == [np.inf]


def test_a_mean_counts_every_bit_only_where_the_number_of_terms_is_a_power_of_two() -> None:
    about = task("mean", "float32")
    measures = {
        length: pose(about, (np.ones((2, length), np.float32),), {"axis": -1}, exact=True).wanted[0].measure
        for length in (1, 3, 64, 100)
    }
    assert measures == {1: "bitwise", 3: "bound", 64: "bitwise", 100: "bound"}
