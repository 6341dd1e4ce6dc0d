"""Products whose answers need no reference: related to one another, or known beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Question, pairs
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, is_float, round_to
from harness.oracle.inputs.product_sides import Spelling
from harness.oracle.inputs.product_values import full, times_powers
from harness.oracle.problem import Array, Problem
from harness.oracle.task import Task


def metamorphic(spelling: Spelling, task: Task) -> Iterator[Question]:
    """Terms in another order, zeros between them, rows in another order, everything times a power of two."""
    for number in range(2):
        yield from pairs(f"related-{number}", partial(_related, spelling, task))


def _related(spelling: Spelling, task: Task, draw: Draw) -> list[Problem]:
    left, right = spelling.wholes(task, draw, (6, 70, 5))
    first = spelling.pose(task, draw, left, right, exact=True)
    order = draw.permutation(70)
    found = [first, _as(first, spelling.pose(task, draw, left[..., order], right[..., order], exact=True))]
    places = np.sort(draw.permutation(97)[:70])
    wide = [np.zeros((*side.shape[:-1], 97), side.dtype) for side in (left, right)]
    wide[0][..., places], wide[1][..., places] = left, right
    found.append(_as(first, spelling.pose(task, draw, *wide, exact=True)))
    if task.types.out in ("float32", "float64"):
        factor = np.full(1, 2)
        larger = spelling.pose(task, draw, times_powers(left, factor), right, exact=True)
        wanted = replace(first.wanted[0], expected=np.asarray(first.wanted[0].expected * 4).astype(task.types.out))
        found.append(replace(larger, wanted=(wanted,)))
    return found


def _as(first: Problem, other: Problem) -> Problem:
    return replace(other, wanted=first.wanted)


def known_answers(spelling: Spelling, task: Task) -> Iterator[Question]:
    """The identity, a matrix times its inverse, and all ones, whose products are known without a reference."""
    for name, make in (("identity", _identity), ("inverse", _inverse), ("ones", _ones)):
        yield from pairs(name, partial(make, spelling, task))


def _result(spelling: Spelling, task: Task, problem: Problem, matrix: Array) -> Problem:
    """The problem with an answer given: a matrix (M, N), or of pairs its diagonal, for each of the stack."""
    answer = np.diagonal(matrix) if spelling.pairwise(task) else matrix
    shape = np.shape(problem.wanted[0].expected)
    dtype = task.types.out
    expected = round_to(answer, dtype) if is_float(dtype) else answer.astype(numpy_dtype(dtype))
    return replace(problem, wanted=(replace(problem.wanted[0], expected=np.broadcast_to(expected, shape)),))


def _sides_of(spelling: Spelling, task: Task, left: Array, right: Array) -> tuple[Array, Array]:
    shapes = spelling.shapes(task, left.shape[0], left.shape[1], right.shape[0])
    a, b = (side.astype(numpy_dtype(dtype)) for side, dtype in zip((left, right), task.types.inputs[:2], strict=True))
    return np.broadcast_to(a, shapes[0]), np.broadcast_to(b, shapes[1])


def _identity(spelling: Spelling, task: Task, draw: Draw) -> list[Problem]:
    values = full(draw, task.types.inputs[0], (19, 19)).astype(np.float64)
    problem = spelling.pose(task, draw, *_sides_of(spelling, task, values, np.eye(19)), exact=True)
    return [_result(spelling, task, problem, values + 0.0)]


def _inverse(spelling: Spelling, task: Task, draw: Draw) -> list[Problem]:
    """Hilbert's matrix times its inverse, both of whole numbers, or binomial coefficients times theirs.

    Choi, Tricks or Treats with the Hilbert Matrix, American Mathematical Monthly 90(5), 1983.
    """
    wide = all(is_float(dtype) and FORMATS[dtype].p >= 8 for dtype in task.types.inputs[:2])
    hilbert = np.array([[60, 30, 20], [30, 20, 15], [20, 15, 12]])
    inverse = np.array([[9, -36, 30], [-36, 192, -180], [30, -180, 180]])
    lower = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 2, 1, 0], [1, 3, 3, 1]])
    signs = np.array([[1, -1, 1, -1]]) * np.array([[1], [-1], [1], [-1]])
    given = [(hilbert, inverse, 60)] if wide else [] if _unsigned(task) else [(lower, lower * signs, 1)]
    given = given or [(lower, np.eye(4), 0)]
    order = draw.permutation(len(given[0][0]))
    problems = []
    for matrix, other, times in given:
        sides = _sides_of(spelling, task, matrix[:, order], np.swapaxes(other, 0, 1)[:, order])
        problem = spelling.pose(task, draw, *sides, exact=True)
        answer = times * np.eye(len(matrix)) if times else matrix
        problems.append(_result(spelling, task, problem, answer + 0.0))
    return [*problems, *_identity(spelling, task, draw)]


def _unsigned(task: Task) -> bool:
    return "uint8" in task.types.inputs[:2]


def _ones(spelling: Spelling, task: Task, draw: Draw) -> list[Problem]:
    found = []
    for depth in (128, 130, int(draw.integers(131, 255, 1)[0])):
        sides = _sides_of(spelling, task, np.ones((5, depth)), np.ones((5, depth)))
        problem = spelling.pose(task, draw, *sides, exact=True)
        found.append(_result(spelling, task, problem, np.full((5, 5), float(depth))))
    return found
