"""Input classes of reductions, whatever they make of a row: axes, nothing to reduce, rows moved and filled up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from harness.oracle.definition import Question, Size, definition_of, pairs, plain, pose
from harness.oracle.draw import Draw
from harness.oracle.problem import Array, Problem
from harness.oracle.task import Task

#: Places where vectors of 64 and 128 begin and end, in rows of ``LENGTH``.
PLACES = (0, 1, 63, 64, 65, 127, 128, 129)
LENGTH = 130

#: Of each row, one result.
ALONG: Mapping[str, Any] = {"axis": -1, "keepdims": False}

#: Powers of two, so that a mean divides exactly.
_SHAPE = (4, 8, 16)


def sweep(task: Task, length: int) -> Sequence[Size]:
    """So many rows, and rows of that length."""
    return ((length, 5), (7, length))


def some_empty(task: Task) -> Sequence[Size]:
    """No rows, and rows of nothing, of which a result is defined."""
    return ((0, 5), (5, 0))


def no_rows(task: Task) -> Sequence[Size]:
    """No rows; of nothing there is no result."""
    return ((0, 5),)


def axes(task: Task) -> Iterator[Question]:
    """Each axis from the front and from the back, and all at once; the reduced axes dropped or kept."""
    for axis in (0, 1, 2, -1, -2, -3, None):
        for keepdims in (False, True):
            name = f"axis-{'all' if axis is None else axis}{'/keepdims' if keepdims else ''}"
            yield Question(name, partial(_along, task, {"axis": axis, "keepdims": keepdims}))


def _along(task: Task, how: Mapping[str, Any], draw: Draw) -> list[Problem]:
    definition, problems = definition_of(task.operation), []
    for _ in range(2):
        operands, _ = definition.draw(task, draw, _SHAPE)
        problems.append(pose(task, operands, how, exact=definition.plainly_exact(task)))
    return problems


def nothing(task: Task) -> Iterator[Question]:
    """Rows without elements, between launches of the same shape that have some."""
    for number in range(2):
        yield from pairs(f"empty-{number}", partial(_between, task))


def _between(task: Task, draw: Draw) -> list[Problem]:
    return [plain(task, draw, (24, length)) for length in (3, 0, 16, 0)]


def rearranged(task: Task, fill: Callable[[Array], Array], *, filled_as_before: bool) -> Iterator[Question]:
    """The same rows, their elements in another order, and filled up with elements that change nothing.

    ``fill`` gives an element for each row, along a last axis of length one; ``filled_as_before`` says that results stay
    the same.
    """
    for number in range(2):
        yield from pairs(f"permuted-{number}", partial(_permuted, task))
        yield from pairs(f"filled-{number}", partial(_filled, task, fill, filled_as_before))


def _permuted(task: Task, draw: Draw) -> list[Problem]:
    first = plain(task, draw)
    operand = first.operands[0]
    return [first, replace(first, operands=(operand[:, draw.permutation(operand.shape[1])],))]


def _filled(task: Task, fill: Callable[[Array], Array], as_before: bool, draw: Draw) -> list[Problem]:
    first = plain(task, draw)
    operand = first.operands[0]
    more = np.broadcast_to(fill(operand), operand.shape)
    order = draw.permutation(2 * operand.shape[1])
    filled = np.concatenate([operand, more], axis=1)[:, order]
    if as_before:
        return [first, replace(first, operands=(filled,))]
    return [first, pose(task, (filled,), first.attributes, exact=first.exact)]
