"""Linear algebra: batches, vectors, factors, transposes, empty and long inner dimensions, batch invariance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.interface.operation import Operation, Types
from harness.oracle.dense import dense
from harness.oracle.draw import Draw
from harness.oracle.formats import is_float
from harness.oracle.numbers import whole
from harness.oracle.numeric_rules import Agreement
from harness.oracle.problem import Array, Problem, attributes_of, exact_problem, largest_whole, solve, together
from harness.suite.case import Case, Subject, Trial
from harness.suite.problems import PAIR, numeric, pairs, plain_problem, pose
from harness.suite.suites import tests


def _wholes(operation: Operation, types: Types, draw: Draw, *shapes: tuple[int, ...]) -> list[Array]:
    """Whole operands of any shapes, none of them zero, whose products stay exact at a depth of 64."""
    most = largest_whole(operation, types, 64)
    return [_nonzero(whole(draw, types.inputs[i], shape, most)) for i, shape in enumerate(shapes)]


def _nonzero(values: Array) -> Array:
    return np.where(values == 0, 1, values).astype(values.dtype)


@tests("IF-LIN-001")
def batches(subject: Subject) -> Iterator[Case]:
    """Leading dimensions that are equal, missing or of length one."""
    operation, types = numeric(subject)
    shapes = [
        ("equal", (3, 4, 9), (3, 9, 5)),
        ("left-alone", (3, 4, 9), (9, 5)),
        ("right-alone", (4, 9), (3, 9, 5)),
        ("both-stretched", (2, 1, 4, 9), (3, 9, 5)),
    ]
    for name, left, right in shapes:
        yield from pairs(
            name,
            "bitwise",
            lambda draw, a, b: [solve(operation, types, _wholes(operation, types, draw, a, b))],
            left,
            right,
        )


@tests("IF-LIN-002")
def vectors(subject: Subject) -> Iterator[Case]:
    """A vector on the left, on the right, and on both sides."""
    operation, types = numeric(subject)
    for name, left, right in (("row", (33,), (33, 9)), ("column", (9, 33), (33,)), ("both", (33,), (33,))):
        yield from pairs(
            name,
            "bitwise",
            lambda draw, a, b: [solve(operation, types, _wholes(operation, types, draw, a, b))],
            left,
            right,
        )


def _gemm(
    operation: Operation, types: Types, draw: Draw, attributes: dict[str, Any], shape: tuple[int, int, int] = (9, 33, 7)
) -> Problem:
    """A plain gemm with other attributes; its operands lie as the transposes say."""
    m, k, n = shape
    a = (k, m) if attributes.get("transpose_a") else (m, k)
    b = (n, k) if attributes.get("transpose_b") else (k, n)
    return solve(operation, types, _wholes(operation, types, draw, a, b, (m, n)), attributes_of(operation) | attributes)


def _spoilt(problem: Problem, *which: int) -> Problem:
    """The same problem with NaN and infinity all over operands that must not be read."""
    operands = list(problem.operands)
    for index in which:
        noise = np.where(np.arange(operands[index].size) % 2, np.inf, np.nan).reshape(operands[index].shape)
        operands[index] = noise.astype(operands[index].dtype)
    return replace(problem, operands=tuple(operands))


@tests("IF-LIN-003")
def beta_zero(subject: Subject) -> Iterator[Case]:
    """beta = 0 with NaN and infinity all over C."""
    operation, types = numeric(subject)
    for shape in ((9, 33, 7), (1, 1, 1), (65, 3, 66)):
        name = "x".join(map(str, shape))
        yield from pairs(
            name, "bitwise", lambda draw, s: [_spoilt(_gemm(operation, types, draw, {"beta": 0.0}, s), 2)], shape
        )


@tests("IF-LIN-004")
def alpha_zero(subject: Subject) -> Iterator[Case]:
    """alpha = 0 with NaN and infinity all over A and B."""
    operation, types = numeric(subject)
    for beta in (1.0, 2.0):
        yield from pairs(
            f"beta-{beta:g}",
            "bitwise",
            lambda draw, b: [_spoilt(_gemm(operation, types, draw, {"alpha": 0.0, "beta": b}), 0, 1)],
            beta,
        )


@tests("IF-LIN-005")
def transposes(subject: Subject) -> Iterator[Case]:
    """All four combinations of flags, on matrices that are not square."""
    operation, types = numeric(subject)
    for flags in ((False, False), (True, False), (False, True), (True, True)):
        name = "".join("t" if flag else "n" for flag in flags)
        how = {"transpose_a": flags[0], "transpose_b": flags[1]}
        yield from pairs(name, "bitwise", lambda draw, h: [_gemm(operation, types, draw, h)], how)


@tests("IF-LIN-006")
def factors(subject: Subject) -> Iterator[Case]:
    """alpha = 0.7 and beta = 1.3, within the bound, past the size of any tile."""
    operation, types = numeric(subject)
    for shape in ((7, 33, 5), (130, 65, 3), (3, 65, 130)):
        name = "x".join(map(str, shape))
        yield from pairs(
            name,
            "bound",
            lambda draw, s: [dense(operation, types, subject.profile, draw, s, "one-to-two", alpha=0.7, beta=1.3)],
            shape,
        )


@tests("IF-LIN-007")
def no_depth(subject: Subject) -> Iterator[Case]:
    """An inner dimension of length zero, between launches of the same shape that have one."""
    operation, types = numeric(subject)

    def launches(draw: Draw) -> list[Problem]:
        return [_of_depth(operation, types, draw, depth) for depth in (3, 0, 2, 0)]

    for number in range(2):
        yield from pairs(f"empty-{number}", "bitwise", launches)


def _of_depth(operation: Operation, types: Types, draw: Draw, depth: int) -> Problem:
    if depth:
        return exact_problem(operation, types, draw, (6, depth, 7))
    shapes = [(6, 0), (6, 0)] if operation.name == "vecdot" else [(6, 0), (0, 7)]
    operands = [np.zeros(shape, numpy_dtype(types.inputs[0])) for shape in shapes]
    if operation.name == "gemm":
        operands.append(_nonzero(whole(draw, types.inputs[2], (6, 7), 50)))
    return solve(operation, types, operands, attributes_of(operation))


@tests("IF-LIN-008")
def long_and_skinny(subject: Subject) -> Iterator[Case]:
    """Inner dimensions up to 65,536 with few rows and columns, exact on whole numbers."""
    operation, types = numeric(subject)
    yield from pairs("2x4096x3", "bitwise", lambda draw: [plain_problem(operation, types, draw, (2, 4096, 3))])
    for depth in (16384, 65536):
        yield pose(f"2x{depth}x1", "bitwise", lambda draw, k: [plain_problem(operation, types, draw, (2, k, 1))], depth)


@tests("IF-LIN-009")
def batch_invariance(subject: Subject) -> Iterator[Case]:
    """The first rows alone, and among others: the same bits."""
    operation, types = numeric(subject)
    if not is_float(types.out):
        return

    def write(draw: Draw) -> Trial:
        whole_batch = dense(operation, types, subject.profile, draw, (33, 257, 5), "centred")
        parts = [_first_rows(whole_batch, rows) for rows in (1, 2, 8)]
        program, comparison = together("bound", whole_batch, *parts)
        return Trial(program, Agreement(comparison, ((0, 1), (1, 1), (2, 1), (3, 1))))

    for number in range(2):
        for which in PAIR:
            yield Case(f"rows-{number}/{which}", write)


def _first_rows(problem: Problem, rows: int) -> Problem:
    """The problem of the first rows alone; a matrix on the right stays whole."""
    name = problem.operation.name
    cut = {"matmul": (0,), "vecdot": (0, 1), "gemm": (0, 2)}[name]
    operands = tuple(part[:rows] if index in cut else part for index, part in enumerate(problem.operands))
    assert problem.bound is not None
    return replace(problem, operands=operands, expected=problem.expected[:rows], bound=problem.bound[:rows])
