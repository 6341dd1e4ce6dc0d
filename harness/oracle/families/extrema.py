"""Extrema and where they stand: bit for bit; NaN goes through, and the first of several counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Definition, Inputs, Question, Size, aligned_axes, pairs, plain, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, is_float
from harness.oracle.inputs.rows import ALONG, LENGTH, PLACES, axes, no_rows, rearranged, sweep
from harness.oracle.numbers import any_bits, full_mantissa, subnormals, whole
from harness.oracle.problem import Array, Problem, Wanted, exactly, within
from harness.oracle.reference.reductions import extrema, places_of_extrema, rows_of
from harness.oracle.task import Task

_MOST = 1 << 10


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """The extremum of each row or its place; a subnormal extremum may be lost where flushing is declared."""
    rows, out, largest = rows_of(operands[0], attributes), task.types.out, task.name.endswith("max")
    if task.family == "argument-extremum":
        return (exactly(out, places_of_extrema(rows.terms, largest=largest).reshape(rows.shape)),)
    found = extrema(rows.terms, largest=largest).reshape(rows.shape)
    if task.flushes and is_float(out):
        smallest = FORMATS[out].smallest_normal
        small = (found != 0) & (np.abs(found) < smallest)
        if small.any():
            return (within(out, found, np.where(small, smallest, 0.0)),)
    return (exactly(out, found.astype(numpy_dtype(out))),)


def draw_whole(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """Whole numbers of either sign."""
    return (whole(draw, task.dtype, size, _MOST),), ALONG


def _posed(task: Task, values: Array) -> list[Problem]:
    return [pose(task, (values.astype(numpy_dtype(task.dtype)),), ALONG, exact=True)]


def ties(task: Task) -> Iterator[Question]:
    """Rows of few different values: the extreme one stands in many places, and the first counts."""
    if task.family == "argument-extremum":
        yield from pairs("few-values", lambda draw: _posed(task, whole(draw, task.dtype, (33, LENGTH), 2)))
        yield from pairs("late-ties", partial(_late_ties, task))


def _late_ties(task: Task, draw: Draw) -> list[Problem]:
    """Rows of zeros but for the same extreme value at three random places."""
    values = np.zeros((24, LENGTH))
    for row in values:
        row[draw.permutation(LENGTH)[:3]] = 5 if task.name.endswith("max") else -5
    return _posed(task, values)


def nan_positions(task: Task) -> Iterator[Question]:
    """A NaN at places where vectors begin and end, in half of the rows; sometimes a second one behind it."""
    if task.floating:
        for number in range(2):
            yield from pairs(f"places-{number}", partial(_nan_rows, task))
        for place in PLACES:
            yield Question(f"place-{place}", partial(_single_nan, task, place))


def _nan_rows(task: Task, draw: Draw) -> list[Problem]:
    values = whole(draw, task.dtype, (2 * len(PLACES), LENGTH), 100)
    for row, place in zip(draw.permutation(len(values)), PLACES, strict=False):
        values[row, place] = np.nan
        values[row, place + int(draw.integers(0, LENGTH - 1 - place, 1)[0])] = np.nan
    return _posed(task, values)


def _single_nan(task: Task, place: int, draw: Draw) -> list[Problem]:
    values = whole(draw, task.dtype, (1, LENGTH), 100)
    values[0, place] = np.nan
    return _posed(task, values)


def specials(task: Task) -> Iterator[Question]:
    """NaN and both infinities at every place that matters, among whole numbers."""
    if task.floating:
        yield from pairs("operand-0", partial(_special, task, (np.nan, np.inf, -np.inf)))
        for value, name in ((np.nan, "nan"), (np.inf, "inf"), (-np.inf, "minus-inf")):
            yield Question(name, partial(_special, task, (value,)))


def _special(task: Task, options: tuple[float, ...], draw: Draw) -> list[Problem]:
    values = whole(draw, task.dtype, (16, LENGTH), _MOST)
    for number, row in enumerate(draw.permutation(16)[:14]):
        values[row, PLACES[number % len(PLACES)]] = draw.choice(list(options))
    return _posed(task, values)


def members(task: Task) -> Iterator[Question]:
    """Rows of full-mantissa numbers, of infinities, of one value only: the extremum is one of the operands."""
    for number in range(2):
        yield from pairs(f"rows-{number}", partial(_member_rows, task))


def _member_rows(task: Task, draw: Draw) -> list[Problem]:
    if not task.floating:
        values = any_bits(draw, task.dtype, (12, LENGTH))
        values[1, :] = values[1, 0]
        return _posed(task, values)
    form = FORMATS[task.dtype]
    values = full_mantissa(draw, task.dtype, (12, LENGTH), (form.emin, form.emax))
    last = -np.inf if task.name.endswith("max") else np.inf
    values[0] = last
    values[1, :] = values[1, 0]
    values[2] = -np.abs(values[2])
    values[3] = np.abs(values[3])
    # The largest finite number among infinities that lie further out.
    values[4] = last
    values[4, int(draw.integers(0, LENGTH - 1, 1)[0])] = np.copysign(form.largest, last)
    # Numbers that only their last bits tell apart.
    steps = draw.integers(0, min(1 << (form.p - 1), 1 << 12) - 1, (4, LENGTH))
    values[5:9] = np.ldexp(steps + float(1 << (form.p - 1)), 1 - form.p) * draw.signs((4, 1))
    return _posed(task, values)


def subnormal(task: Task) -> Iterator[Question]:
    """Rows of subnormal numbers; of places, where no flushing makes them all equal."""
    if task.floating and not (task.flushes and task.family == "argument-extremum"):
        for number in range(2):
            yield from pairs(f"subnormal-{number}", lambda draw: _posed(task, subnormals(draw, task.dtype, (12, 33))))


def metamorphic(task: Task) -> Iterator[Question]:
    """Rows in another order, and filled up with elements they already have."""
    if task.family == "extremum":
        yield from rearranged(task, lambda rows: rows[:, -1:], filled_as_before=True)
        return
    for number in range(2):
        yield from pairs(f"permuted-{number}", partial(_moved_places, task))


def _moved_places(task: Task, draw: Draw) -> list[Problem]:
    """Rows without ties, their elements in another order: the place moves with the element."""
    rows, length = 7, 33
    order = np.argsort(draw.raw(rows * length).reshape(rows, length), axis=1)
    moved = draw.permutation(length)
    first, second = (_posed(task, values)[0] for values in (order - 16, order[:, moved] - 16))
    return [first, second]


def known_answers(task: Task) -> Iterator[Question]:
    """Rows of one value, and the first numbers in a random order."""
    for length in (1, 33, 128):
        yield from pairs(f"constant-{length}", partial(_constant, task, length))
    yield from pairs("first-numbers", partial(_moved_places, task))
    if task.family == "argument-extremum":
        yield from pairs("far", partial(_far, task))


def _constant(task: Task, length: int, draw: Draw) -> list[Problem]:
    values = np.array(np.broadcast_to(whole(draw, task.dtype, (9, 1), 60), (9, length)))
    if task.family == "extremum":
        return _posed(task, values)
    # The place in a row of one value is the first; one element that lies further out moves it.
    beyond = 61 if task.name.endswith("max") else -61
    chosen = draw.integers(0, length - 1, 9)
    values[np.arange(9), chosen] = np.where(draw.integers(0, 1, 9) == 0, beyond, values[:, 0])
    return _posed(task, values)


def _far(task: Task, draw: Draw) -> list[Problem]:
    """Rows whose extreme element stands past what 16 bits can count."""
    values = np.zeros((2, (1 << 16) + 70))
    values[np.arange(2), draw.integers(1 << 16, values.shape[1] - 1, 2)] = 5 if task.name.endswith("max") else -5
    return _posed(task, values)


def plainly(task: Task) -> Iterator[Question]:
    """Whole numbers, in rows of two lengths."""
    for size in ((7, 130), (2, 1030)):
        yield from pairs(f"{size[0]}x{size[1]}", lambda draw, s=size: [plain(task, draw, s)])  # type: ignore[misc]


INPUTS: Inputs = {
    "integer-exact": plainly,
    "ties": ties,
    "nan-positions": nan_positions,
    "specials": specials,
    "members": members,
    "selector": members,
    "subnormals": subnormal,
    "axes": axes,
    "metamorphic": metamorphic,
    "known-answers": known_answers,
}

DEFINITION = Definition(
    size=lambda task: (7, 33),
    draw=draw_whole,
    solve=solve,
    sweep=sweep,
    plainly_exact=lambda task: True,
    inputs=INPUTS,
    empty=no_rows,
    axes=aligned_axes,
)
