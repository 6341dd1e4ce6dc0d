"""Whether any or all elements are true, and how many are: everything but a zero is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Definition, Inputs, Question, Size, aligned_axes, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.inputs.rows import ALONG, LENGTH, PLACES, axes, nothing, rearranged, some_empty, sweep
from harness.oracle.problem import Array, Problem, Wanted, exactly
from harness.oracle.reference.reductions import rows_of, truths
from harness.oracle.task import Task


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """Whether any element of each row is true, whether all are, or how many."""
    rows = rows_of(operands[0], attributes)
    count = truths(rows.terms).sum(axis=1, dtype=np.int64).reshape(rows.shape)
    length = rows.terms.shape[1]
    found = {"any": count > 0, "all": count == length, "count_nonzero": count}[task.name]
    return (exactly(task.types.out, found),)


def draw_truths(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """Rows of what decides nothing; in about half of them one element, at a random place, decides.

    To be counted, elements are true or not as chance has it.
    """
    if task.name == "count_nonzero":
        return (_valued(task, draw, draw.integers(0, 1, size) == 1),), ALONG
    found = np.full(size, task.name == "all")
    if found.size and size:
        rows = found.reshape(-1, size[-1])
        places = draw.integers(0, rows.shape[1] - 1, len(rows))
        rows[np.arange(len(rows)), places] ^= draw.integers(0, 1, len(rows)).astype(bool)
    return (_valued(task, draw, found),), ALONG


def _valued(task: Task, draw: Draw, truth: Array) -> Array:
    """Elements that are true or not: numbers other than one among those that are."""
    if task.dtype == "bool":
        return truth
    return np.where(truth, draw.signs(truth.shape) * draw.integers(1, 5, truth.shape), 0).astype(
        numpy_dtype(task.dtype)
    )


def _posed(task: Task, values: Array) -> list[Problem]:
    return [pose(task, (values.astype(numpy_dtype(task.dtype)),), ALONG, exact=True)]


def deciding(task: Task) -> Iterator[Question]:
    """One element that decides, at every place that matters, in about half of the rows."""
    for number in range(3):
        yield from pairs(f"places-{number}", partial(_deciding_rows, task))


def _deciding_rows(task: Task, draw: Draw) -> list[Problem]:
    indifferent = task.name == "all"
    values = np.full((4 * len(PLACES), LENGTH), 2 if indifferent else 0)
    for number, row in enumerate(draw.permutation(len(values))[: len(values) // 2]):
        values[row, PLACES[number % len(PLACES)]] = 0 if indifferent else 3
    return _posed(task, values)


def specials(task: Task) -> Iterator[Question]:
    """NaN and infinities, which are true, and zeros of both signs, which are not."""
    if task.floating:
        for number in range(2):
            yield from pairs(f"table-{number}", partial(_special_rows, task))


def _special_rows(task: Task, draw: Draw) -> list[Problem]:
    values = np.where(draw.integers(0, 1, (16, LENGTH)) == 0, 0.0, -0.0)
    if task.name == "all":
        values = np.array([np.nan, np.inf, -np.inf, 1.0])[draw.integers(0, 3, (16, LENGTH))]
    for number, row in enumerate(draw.permutation(16)[:8]):
        values[row, PLACES[number]] = draw.choice([0.0, -0.0] if task.name == "all" else [np.nan, np.inf, -np.inf])
    return _posed(task, values)


def metamorphic(task: Task) -> Iterator[Question]:
    """Rows in another order, and filled up with elements that decide nothing."""
    indifferent = 1 if task.name == "all" else 0
    yield from rearranged(task, lambda rows: np.full_like(rows[:, :1], indifferent), filled_as_before=True)


def known_answers(task: Task) -> Iterator[Question]:
    """Rows of true elements only or of others only, in a random order."""
    for length in (1, 33, 128):
        yield from pairs(f"constant-{length}", partial(_constant_rows, task, length))


def _constant_rows(task: Task, length: int, draw: Draw) -> list[Problem]:
    truth = np.broadcast_to(draw.integers(0, 1, (33, 1)) == 1, (33, length))
    return _posed(task, _valued(task, draw, truth))


INPUTS: Inputs = {
    "deciding": deciding,
    "specials": specials,
    "axes": axes,
    "empty": nothing,
    "metamorphic": metamorphic,
    "known-answers": known_answers,
}

DEFINITION = Definition(
    size=lambda task: (35, 33),
    draw=draw_truths,
    solve=solve,
    sweep=sweep,
    plainly_exact=lambda task: True,
    inputs=INPUTS,
    empty=some_empty,
    axes=aligned_axes,
)
