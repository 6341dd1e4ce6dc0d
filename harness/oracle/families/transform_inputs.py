"""The input classes of transforms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from harness.oracle import numbers
from harness.oracle.definition import Inputs, Question, pairs, plain, pose
from harness.oracle.draw import Draw
from harness.oracle.families.transform_operands import dense, draw, given, stored, typed
from harness.oracle.formats import FORMATS, component
from harness.oracle.inputs import parts
from harness.oracle.problem import Array, Problem
from harness.oracle.task import Task

#: Powers of two, primes, and products of small primes.
_LENGTHS = (1, 2, 3, 5, 8, 12, 31, 64, 120, 127, 256)
_NORMS = ("backward", "ortho", "forward")


def _dense(task: Task) -> Iterator[Question]:
    for length in _LENGTHS:
        for kind in ("centred", "one-to-two"):
            yield from pairs(f"{kind}-{length}", partial(_full, task, length, kind))


def _full(task: Task, length: int, kind: str, source: Draw) -> list[Problem]:
    operands, attributes = dense(task, source, (2, length), kind)
    return [pose(task, operands, attributes)]


def _every_length(task: Task) -> Iterator[Question]:
    for first in range(1, 65, 8):
        yield from pairs(f"{first}-to-{first + 7}", partial(_lengths, task, range(first, first + 8)))


def _lengths(task: Task, lengths: range, source: Draw) -> list[Problem]:
    return [_full(task, length, "centred", source)[0] for length in lengths]


def _selector(task: Task) -> Iterator[Question]:
    """One number of full significand and any exponent in each row."""
    for length in (2, 16, 64):
        yield from pairs(f"impulse-{length}", partial(_impulses, task, length, (-60, 60)))


def _impulses(task: Task, length: int, exponents: tuple[int, int], source: Draw) -> list[Problem]:
    shape = stored(task, (4, length))
    x = np.zeros(shape, typed(task, np.zeros(1)).dtype)
    places = source.integers(0, shape[-1] - 1, 4)
    x[np.arange(4), places] = parts.full(source, task.dtype, (4,), exponents)
    operands, attributes = given(task, x, length)
    return [pose(task, operands, attributes)]


def _sparse(task: Task) -> Iterator[Question]:
    for length in (64, 256):
        yield from pairs(f"three-{length}", partial(_thin, task, length))


def _thin(task: Task, length: int, source: Draw) -> list[Problem]:
    (x,), attributes = dense(task, source, (2, length), "one-to-two")
    x[:, source.permutation(x.shape[1])[3:]] = 0
    return [pose(task, (x,), attributes)]


def _scaling(task: Task) -> Iterator[Question]:
    """Rows of widely differing size, each of which has a bound of its own."""
    for length in (16, 15):
        yield from pairs(f"rows-{length}", partial(_scaled, task, length))


def _scaled(task: Task, length: int, source: Draw) -> list[Problem]:
    (x,), attributes = dense(task, source, (6, length), "centred")
    powers = np.ldexp(1.0, source.integers(-60, 60, (6, 1))).astype(x.real.dtype)
    return [pose(task, (x * powers,), attributes)]


def _cancellation(task: Task) -> Iterator[Question]:
    """A constant with a hundredth of noise: all sums but the first cancel."""
    for length in (32, 45):
        yield from pairs(f"constant-{length}", partial(_level, task, length))


def _level(task: Task, length: int, source: Draw) -> list[Problem]:
    (x,), attributes = dense(task, source, (2, length), "centred")
    return [pose(task, (typed(task, x * x.real.dtype.type(2.0**-7) + 1),), attributes)]


def _zeros(task: Task) -> Iterator[Question]:
    yield from pairs("rows", partial(_with_zeros, task))


def _with_zeros(task: Task, source: Draw) -> list[Problem]:
    """Rows of zeros between others, and a row that is zero but for its second half."""
    (x,), attributes = draw(task, source, (5, 24))
    x[1], x[3], x[4, : x.shape[1] // 2] = 0, 0, 0
    return [pose(task, (x,), attributes)]


def _specials(task: Task) -> Iterator[Question]:
    """NaN in one row, which is then all NaN; the others are as they were.

    Not of real operands: whether the imaginary part of their sum, zero by definition, becomes NaN is left open.
    """
    if task.name == "rfft":
        return
    for place in ("first", "middle", "last"):
        yield from pairs(f"nan-{place}", partial(_special, task, place))


def _special(task: Task, place: str, source: Draw) -> list[Problem]:
    (x,), attributes = draw(task, source, (5, 12))
    row = {"first": 0, "middle": 2, "last": 4}[place]
    x[row, min(row + 1, x.shape[1] - 2)] = parts.not_a_number(task.dtype)
    return [pose(task, (x,), attributes)]


def _overflow(task: Task) -> Iterator[Question]:
    """Numbers near the largest whose transform stays below it, sums and all."""
    yield from pairs("below-largest", partial(_large, task))


def _large(task: Task, source: Draw) -> list[Problem]:
    (x,), attributes = dense(task, source, (3, 16), "one-to-two")
    power = x.real.dtype.type(2.0 ** (FORMATS[component(task.dtype)].emax - 8))
    return [pose(task, (x * power,), attributes)]


def _subnormals(task: Task) -> Iterator[Question]:
    if not task.flushes:
        yield from pairs("rows", partial(_tiny, task))


def _tiny(task: Task, source: Draw) -> list[Problem]:
    shape, part = stored(task, (3, 8)), component(task.dtype)
    drawn = [numbers.subnormals(source, part, shape) for _ in range(2)]
    x = parts.joined(task.dtype, *drawn) if parts.is_complex(task.dtype) else drawn[0]
    operands, attributes = given(task, x, 8)
    return [pose(task, operands, attributes)]


def _metamorphic(task: Task) -> Iterator[Question]:
    for length in (16, 21):
        yield from pairs(f"related-{length}", partial(_related, task, length))


def _related(task: Task, length: int, source: Draw) -> list[Problem]:
    """Signals with their sum, shifted, reversed, twice as large: what each transform is follows from the first's."""
    (x,), attributes = draw(task, source, (2, length))
    rows = [x[0], x[1], x[0] + x[1], 4 * x[0]]
    if task.name != "irfft":
        rows += [np.roll(x[0], 5), x[0][::-1]]
    return [pose(task, (np.stack(rows),), attributes)]


def _known(task: Task) -> Iterator[Question]:
    """An impulse, which becomes a constant or a wave; a constant and alternating signs, which become an impulse."""
    for length in (8, 15, 64):
        yield from pairs(f"impulse-{length}", partial(_impulses, task, length, (0, 0)))
        yield from pairs(f"constant-{length}", partial(_constant, task, length))


def _constant(task: Task, length: int, source: Draw) -> list[Problem]:
    size = int(source.integers(1, 99, ()))
    count = stored(task, (length,))[0]
    rows = np.stack([np.full(count, size), size * np.resize([1, -1], count)])
    operands, attributes = given(task, typed(task, rows), length)
    return [pose(task, operands, attributes)]


def _norms(task: Task) -> Iterator[Question]:
    for norm, length in product(_NORMS, (12, 16)):
        yield from pairs(f"{norm}-{length}", partial(_changed, task, {"norm": norm}, length))


def _changed(task: Task, changed: Mapping[str, Any], length: int, source: Draw) -> list[Problem]:
    operands, attributes = dense(task, source, (3, length), "centred")
    return [pose(task, operands, {**attributes, **changed})]


def _cut_or_filled(task: Task) -> Iterator[Question]:
    """Transforms shorter and longer than what is given, of even and odd length, and of the length that is left out."""
    for length in (7, 8, 20, 33):
        yield from pairs(f"n-{length}", partial(_refitted, task, length))
    yield from pairs("n-left-out", partial(_refitted, task, None))


def _refitted(task: Task, length: int | None, source: Draw) -> list[Problem]:
    shape = (3, 9) if task.name == "irfft" else (3, 16)
    x: Array = parts.dense(source, task.dtype, shape, "centred")
    attributes: dict[str, Any] = {"axis": -1, "norm": "backward"}
    if task.name == "irfft":
        # Parts that symmetry would make zero are zero, wherever the spectrum ends.
        x.imag[:, 0] = 0
        last = (16 if length is None else length) // 2
        if last < shape[1]:
            x.imag[:, last] = 0
    return [pose(task, (x,), attributes if length is None else {**attributes, "n": length})]


def _axes(task: Task) -> Iterator[Question]:
    for axis in (0, 1, 2, -1, -2, -3):
        yield from pairs(f"axis-{axis}", partial(_along, task, axis))


def _along(task: Task, axis: int, source: Draw) -> list[Problem]:
    lengths = [3, 4, 5]
    lengths[axis] = 12
    along = stored(task, (12,))[0]
    x = parts.dense(source, task.dtype, tuple(along if n == 12 else n for n in lengths), "centred")
    operands, attributes = given(task, np.ascontiguousarray(np.moveaxis(x, axis, -1)), 12)
    return [pose(task, (np.ascontiguousarray(np.moveaxis(operands[0], -1, axis)),), {**attributes, "axis": axis})]


def _volume(task: Task) -> Iterator[Question]:
    """Some three hundred thousand results: many transforms of length 16."""
    for number in range(10):
        yield Question(f"part-{number}", partial(_many, task))


def _many(task: Task, source: Draw) -> list[Problem]:
    return [plain(task, source, (2048, 16)) for _ in range(2 if task.name == "rfft" else 1)]


INPUTS: Inputs = {
    "dense": _dense,
    "every-length": _every_length,
    "selector": _selector,
    "sparse": _sparse,
    "scaling": _scaling,
    "cancellation": _cancellation,
    "zeros": _zeros,
    "specials": _specials,
    "overflow": _overflow,
    "subnormals": _subnormals,
    "metamorphic": _metamorphic,
    "known-answers": _known,
    "norms": _norms,
    "lengths": _cut_or_filled,
    "axes": _axes,
    "volume": _volume,
}
