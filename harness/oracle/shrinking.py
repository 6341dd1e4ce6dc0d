"""A failure made small: the shortest shapes and the fewest non-zero elements that still fail.

The way is that of delta debugging (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, IEEE
Transactions on Software Engineering 28(2), 2002): parts are left out, half of them at first, then ever smaller ones,
and whatever still fails is kept. Each smaller problem is solved again, so it fails by its own right answer.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from harness.oracle.definition import definition_of, pose
from harness.oracle.problem import Array, Problem

#: Launches one after another, of which the last is the one that fails.
Launches = tuple[Problem, ...]
#: Tries several problems on the device, each by itself, and says which fail.
Fails = Callable[[Sequence[Problem]], Sequence[bool]]

#: Problems that are tried at once have no more than so many elements, one of them alone excepted.
_ELEMENTS = 1 << 20
#: Problems tried at once.
_BATCH = 16


@dataclass
class Tries:
    """How often the device may still be asked, and until when on the monotonic clock."""

    left: int
    until: float = math.inf

    def first(self, candidates: Iterator[Problem], fails: Fails) -> Problem | None:
        """The first candidate that fails; ``None`` where none does, or no try or time is left."""
        while batch := self._batch(candidates):
            self.left -= len(batch)
            for candidate, failed in zip(batch, fails(batch), strict=True):
                if failed:
                    return candidate
        return None

    def _batch(self, candidates: Iterator[Problem]) -> list[Problem]:
        batch: list[Problem] = []
        elements = 0
        while len(batch) < min(_BATCH, self.left) and elements < _ELEMENTS and time.monotonic() < self.until:
            candidate = next(candidates, None)
            if candidate is None:
                break
            batch.append(candidate)
            elements += sum(operand.size for operand in candidate.operands)
        return batch


def shrink(problem: Problem, fails: Fails, tries: int = 600, until: float = math.inf) -> Problem:
    """The smallest problem found that still fails, in at most so many tries; the one given where none smaller does.

    Where the problem fails with dense tensors too, those of what is found are dense.
    """
    left = Tries(tries, until)
    # Once as it is, since the right answer may have been known better than it can be solved anew.
    solved = _again(problem, problem.operands)
    if solved is None or left.first(iter([solved]), fails) is None:
        return problem
    found = left.first(_dense(solved), fails) or solved
    for way in (_cut, _zeroed, _cut):
        parts = 2
        while parts <= _most(found):
            smaller = left.first(way(found, parts), fails)
            if smaller is None:
                parts *= 2
            else:
                found, parts = smaller, max(2, parts // 2)
    return found


def shorten(launches: Launches, fails: Callable[[Launches], bool]) -> Launches:
    """The last launches of a sequence that fail by themselves: one, two, four ... of them, or all."""
    length = 1
    while length < len(launches):
        if fails(launches[-length:]):
            return launches[-length:]
        length *= 2
    return launches


def _dense(problem: Problem) -> Iterator[Problem]:
    """The problem with every tensor dense, where some are not."""
    if any(layout != "dense" for layout in (*problem.layouts, problem.out_layout)):
        yield replace(problem, layouts=(), out_layout="dense")


def _most(problem: Problem) -> int:
    """How many parts anything of a problem can be taken into."""
    return 2 * max([operand.size for operand in problem.operands], default=0)


def _cut(problem: Problem, parts: int) -> Iterator[Problem]:
    """The problem with a part of one axis left out."""
    names = definition_of(problem.task.operation).axes(problem.task, problem.operands, problem.attributes)
    lengths = {
        name: operand.shape[axis]
        for operand, axes in zip(problem.operands, names, strict=True)
        for axis, name in enumerate(axes)
        if name
    }
    for name, length in lengths.items():
        for kept in _without_a_part(length, parts):
            operands = [_kept(operand, axes, name, kept) for operand, axes in zip(problem.operands, names, strict=True)]
            smaller = _again(problem, operands)
            if smaller is not None:
                yield smaller


def _without_a_part(length: int, parts: int) -> Iterator[Array]:
    """The indices that are left when one of so many parts goes; nothing where parts would be empty."""
    if length < 2 or parts > 2 * length:
        return
    for part in np.array_split(np.arange(length), min(parts, length)):
        kept = np.delete(np.arange(length), part)
        if len(kept):
            yield kept


def _kept(operand: Array, axes: Sequence[str], name: str, kept: Array) -> Array:
    for axis, own in enumerate(axes):
        if own == name:
            operand = operand.take(kept, axis=axis)
    return operand


def _zeroed(problem: Problem, parts: int) -> Iterator[Problem]:
    """The problem with a part of one operand's non-zero elements set to zero."""
    fixed = definition_of(problem.task.operation).fixed(problem.task)
    for index, operand in enumerate(problem.operands):
        if index in fixed:
            continue
        flat = operand.reshape(-1)
        places = np.flatnonzero(flat.astype(bool) if operand.dtype.kind != "c" else flat != 0)
        if not places.size or parts > 2 * places.size:
            continue
        for part in np.array_split(places, min(parts, places.size)):
            less = flat.copy()
            less[part] = 0
            operands = list(problem.operands)
            operands[index] = less.reshape(operand.shape)
            smaller = _again(problem, operands)
            if smaller is not None:
                yield smaller


def _alike(operand: Array) -> Array:
    """Every row as the first one, which is all that lies in memory under strides of zero."""
    return np.broadcast_to(operand[:1], operand.shape).copy() if operand.ndim else operand


def _again(problem: Problem, operands: Sequence[Array]) -> Problem | None:
    """The problem on other operands, solved anew; ``None`` where they have no right answer."""
    exact = problem.exact and definition_of(problem.task.operation).divisible
    operands = [
        _alike(operand) if layout == "broadcast" else operand
        for operand, layout in zip_longest(operands, problem.layouts[: len(operands)])
    ]
    try:
        solved = pose(problem.task, operands, problem.attributes, exact=exact)
    except (ValueError, IndexError, ZeroDivisionError, FloatingPointError):
        return None
    return replace(solved, layouts=problem.layouts, out_layout=problem.out_layout, read_operands=problem.read_operands)
