"""Input classes about launches, for every family alike: layouts, guards, repeatability, shapes, independence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from harness.oracle.definition import PAIR, Inputs, Question, Size, definition_of, pairs, plain, pose, rough
from harness.oracle.draw import Draw
from harness.oracle.launch import Layout
from harness.oracle.problem import Array, Problem
from harness.oracle.task import Task

#: Lengths on both sides of every likely tile and vector.
_SWEEP = (1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 260)


def layouts(task: Task) -> Iterator[Question]:
    """Operands that lie strided, transposed, off the start or repeated give what dense ones give."""
    for way in definition_of(task.operation).layouts(task):
        yield from pairs(way, partial(_laid, task, way))


def _laid(task: Task, way: Layout, draw: Draw) -> list[Problem]:
    problem = plain(task, draw)
    if way == "broadcast":
        repeated = [_first_repeated(operand) for operand in problem.operands]
        problem = pose(task, repeated, problem.attributes, exact=problem.exact)
    return [replace(problem, layouts=(way,) * len(problem.operands))]


def _first_repeated(operand: Array) -> Array:
    return np.broadcast_to(operand[:1], operand.shape) if operand.shape and len(operand) else operand


def guards(task: Task) -> Iterator[Question]:
    """Every element of the output is written, nothing beside it, and the operands stay as they were."""
    ways: tuple[Layout, ...] = ("dense", "offset", "strided")
    for way in ways:
        yield from pairs(f"output-{way}", partial(_guarded, task, way))


def _guarded(task: Task, way: Layout, draw: Draw) -> list[Problem]:
    return [replace(plain(task, draw), out_layout=way, read_operands=True)]


def repeats(task: Task) -> Iterator[Question]:
    """The same launch three times with others between: the same bits."""
    turns = tuple((2 * turn * len(task.types.outs), None) for turn in range(3))
    for number in range(2):
        for which in PAIR:
            yield Question(f"repeat-{number}/{which}", partial(_repeated, task), turns)


def _repeated(task: Task, draw: Draw) -> list[Problem]:
    asked, between = rough(task, draw), rough(task, draw, definition_of(task.operation).sweep(task, 33)[0])
    return [asked, between, asked, between, asked]


def shapes(task: Task) -> Iterator[Question]:
    """Dimensions of one, and on both sides of every likely tile; no elements at all where that is defined."""
    definition = definition_of(task.operation)
    for length in _SWEEP:
        for number, size in enumerate(definition.sweep(task, length)):
            # Twice at one length for each place, so that whoever gives the last result of a shape again fails here too.
            yield Question(f"{length}/place-{number}", partial(_of_sizes, task, (size,) * (2 if length == 9 else 1)))
    for size in definition.empty(task):
        yield Question(f"empty/{'x'.join(map(str, size))}", partial(_of_sizes, task, (size,)))


def _of_sizes(task: Task, sizes: Sequence[Size], draw: Draw) -> list[Problem]:
    return [plain(task, draw, size) for size in sizes]


def independence(task: Task) -> Iterator[Question]:
    """Launches one after another, of one shape and of others between: each result is of its own operands."""
    definition = definition_of(task.operation)
    size, other = definition.size(task), definition.sweep(task, 9)[0]
    for number in range(3):
        yield Question(f"sequence-{number}", partial(_of_sizes, task, (size, size, other, size, other)))


INPUTS: Inputs = {
    "layouts": layouts,
    "guards": guards,
    "repeat": repeats,
    "shapes": shapes,
    "state": independence,
}
