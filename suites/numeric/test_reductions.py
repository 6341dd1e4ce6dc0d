"""Reductions: axes, ties, NaN at every place, nothing to reduce, long rows, single deciding elements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.interface.operation import Operation, Types
from harness.oracle.dense import dense
from harness.oracle.draw import Draw
from harness.oracle.formats import is_float
from harness.oracle.numbers import any_bits, full_mantissa, whole
from harness.oracle.problem import Problem, attributes_of, solve, whole_operands
from harness.suite.case import Case, Subject
from harness.suite.problems import numeric, pairs, pose
from harness.suite.suites import tests

Array = NDArray[Any]

_PLACES = (0, 1, 63, 64, 65, 127, 128, 129)
_LENGTH = 130


@tests("IF-RED-001")
def axes(subject: Subject) -> Iterator[Case]:
    """Each axis from the front and from the back, and all at once; the reduced axes dropped or kept."""
    operation, types = numeric(subject)
    # Powers of two, so that a mean divides exactly.
    shape = (4, 8, 16)
    for axis in (0, 1, 2, -1, -2, -3, None):
        for keepdims in (False, True):
            how = {"axis": axis, "keepdims": keepdims}
            name = f"axis-{'all' if axis is None else axis}{'/keepdims' if keepdims else ''}"
            yield pose(
                name,
                "bitwise",
                lambda draw, h: [
                    solve(operation, types, whole_operands(operation, types, draw, [shape]), h) for _ in range(2)
                ],
                how,
            )


@tests("IF-RED-002")
def ties(subject: Subject) -> Iterator[Case]:
    """Rows of few different values: the extreme one stands in many places, and the first counts."""
    operation, types = numeric(subject)
    yield from pairs(
        "few-values",
        "bitwise",
        lambda draw: [
            solve(operation, types, [whole(draw, types.inputs[0], (33, _LENGTH), 2)], attributes_of(operation))
        ],
    )
    yield from pairs("late-ties", "bitwise", lambda draw: [_late_ties(operation, types, draw)])


def _late_ties(operation: Operation, types: Types, draw: Draw) -> Problem:
    """Rows of zeros but for the same extreme value at three random places."""
    values = np.zeros((24, _LENGTH))
    extreme = 5 if operation.name == "argmax" else -5
    for row in values:
        row[draw.permutation(_LENGTH)[:3]] = extreme
    return solve(operation, types, [values], attributes_of(operation))


@tests("IF-RED-003")
def nan_at_every_place(subject: Subject) -> Iterator[Case]:
    """A NaN at places where vectors begin and end, in half of the rows; sometimes a second one behind it."""
    operation, types = numeric(subject)
    if not is_float(types.inputs[0]):
        return

    def rows(draw: Draw) -> list[Problem]:
        values = whole(draw, types.inputs[0], (2 * len(_PLACES), _LENGTH), 100)
        for row, place in zip(draw.permutation(len(values)), _PLACES, strict=False):
            values[row, place] = np.nan
            values[row, place + int(draw.integers(0, _LENGTH - 1 - place, 1)[0])] = np.nan
        return [solve(operation, types, [values], attributes_of(operation))]

    for number in range(2):
        yield from pairs(f"places-{number}", "bitwise-class", rows)
    for place in _PLACES:
        yield pose(f"place-{place}", "bitwise-class", lambda draw, p: [_single_nan(operation, types, draw, p)], place)


def _single_nan(operation: Operation, types: Types, draw: Draw, place: int) -> Problem:
    values = whole(draw, types.inputs[0], (1, _LENGTH), 100)
    values[0, place] = np.nan
    return solve(operation, types, [values], attributes_of(operation))


@tests("IF-RED-004")
def nothing_to_reduce(subject: Subject) -> Iterator[Case]:
    """Rows without elements, between launches of the same shape that have some."""
    operation, types = numeric(subject)

    def launches(draw: Draw) -> list[Problem]:
        lengths = (3, 0, 16, 0)
        return [
            solve(operation, types, whole_operands(operation, types, draw, [(24, n)]), attributes_of(operation))
            for n in lengths
        ]

    for number in range(2):
        yield from pairs(f"empty-{number}", "bitwise", launches)


@tests("IF-RED-005")
def means(subject: Subject) -> Iterator[Case]:
    """Numbers of terms that are no powers of two."""
    operation, types = numeric(subject)
    for length in (3, 7, 100, 1000):
        for kind in ("centred", "one-to-two"):
            yield from pairs(
                f"{kind}-{length}",
                "bound",
                lambda draw, n, k: [dense(operation, types, subject.profile, draw, (7, n, 1), k)],
                length,
                kind,
            )


@tests("IF-RED-006")
def members(subject: Subject) -> Iterator[Case]:
    """Rows of full-mantissa numbers, of infinities only, of one value only: the extremum is one of the operands."""
    operation, types = numeric(subject)

    def rows(draw: Draw) -> list[Problem]:
        dtype = types.inputs[0]
        if is_float(dtype):
            values = full_mantissa(draw, dtype, (12, _LENGTH), (-8, 8))
            values[0] = -np.inf if operation.name == "max" else np.inf
            values[1, :] = values[1, 0]
            values[2] = -np.abs(values[2])
            values[3] = np.abs(values[3])
        else:
            values = any_bits(draw, dtype, (12, _LENGTH))
            values[1, :] = values[1, 0]
        return [solve(operation, types, [values], attributes_of(operation))]

    for number in range(2):
        yield from pairs(f"rows-{number}", "bitwise", rows)


@tests("IF-RED-007")
def long_rows(subject: Subject) -> Iterator[Case]:
    """Rows of 65,536 to 1,048,579 terms: exact on whole numbers, within the bound on dense ones."""
    operation, types = numeric(subject)
    lengths = (65536, 1048576) if operation.name == "mean" else (65536, 131075, 1048579)

    def exact(draw: Draw, length: int) -> list[Problem]:
        operands = whole_operands(operation, types, draw, [(2, length)])
        return [solve(operation, types, operands, attributes_of(operation))]

    yield from pairs("exact-65536", "bitwise", exact, 65536)
    for length in lengths[1:]:
        yield pose(f"exact-{length}", "bitwise", exact, length)
    if is_float(types.out):
        yield from pairs(
            "dense-65536",
            "bound",
            lambda draw: [dense(operation, types, subject.profile, draw, (2, 65536, 1), "centred")],
        )


@tests("IF-RED-008")
def deciding_elements(subject: Subject) -> Iterator[Case]:
    """One element that decides, at every place that matters, in about half of the rows."""
    operation, types = numeric(subject)

    def rows(draw: Draw) -> list[Problem]:
        indifferent = operation.name == "all"
        values = np.full((4 * len(_PLACES), _LENGTH), 2 if indifferent else 0)
        for number, row in enumerate(draw.permutation(len(values))[: len(values) // 2]):
            values[row, _PLACES[number % len(_PLACES)]] = 0 if indifferent else 3
        return [solve(operation, types, [values.astype(numpy_dtype(types.inputs[0]))], attributes_of(operation))]

    for number in range(3):
        yield from pairs(f"places-{number}", "bitwise", rows)
