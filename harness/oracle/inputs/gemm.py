"""Input classes of the chapter on linear algebra: stacks and vectors, factors, transposes, what is added."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import numpy as np

from harness.oracle.definition import Inputs, Question, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.inputs.product_sides import Shape, Spelling, swapped
from harness.oracle.inputs.product_values import fractions, largest_whole, whole
from harness.oracle.problem import Array, Problem
from harness.oracle.task import Task


class Form(Protocol):
    """What these classes need to know of how an operation is spelled."""

    @property
    def pairwise(self) -> bool:
        """Whether vectors are multiplied pair by pair."""

    @property
    def added(self) -> bool:
        """Whether it takes C."""

    @property
    def stack(self) -> bool:
        """Whether matrices come in stacks of the same length."""

    @property
    def flags(self) -> tuple[str, str]:
        """The attributes that transpose A and B."""

    @property
    def unread(self) -> bool:
        """Whether a factor of zero leaves its operands unread."""


Forms = Mapping[str, Form]

#: Leading dimensions that are equal, missing or of length one.
_STACKS = (
    ("equal", (3, 4, 9), (3, 9, 5)),
    ("left-alone", (3, 4, 9), (9, 5)),
    ("right-alone", (4, 9), (3, 9, 5)),
    ("both-stretched", (2, 1, 4, 9), (3, 9, 5)),
)
_VECTORS = (("row", (33,), (33, 9)), ("column", (9, 33), (33,)), ("both", (33,), (33,)))
#: A stack longer than the 65,535 that a grid of thread blocks has room for in its last dimensions.
_MANY = 65537


def _shaped(task: Task, left: Shape, right: Shape, draw: Draw) -> list[Problem]:
    """Whole operands of any shapes."""
    most = largest_whole(task, 64)
    operands = [whole(draw, task.types.inputs[index], shape, most) for index, shape in enumerate((left, right))]
    return [pose(task, operands, exact=True)]


def _batches(spelling: Spelling, forms: Forms, task: Task) -> Iterator[Question]:
    """Leading dimensions that are equal, missing or of length one; of stacks, lengths of several kinds."""
    form = forms[task.name]
    if form.stack:
        for stack in (1, 2, 7):
            size = (4, 9, 5, stack)
            yield from pairs(f"stack-{stack}", lambda draw, s=size: [spelling.plain(task, draw, s)])  # type: ignore[misc]
    elif not form.added:
        for name, left, right in _STACKS:
            second = (*right[:-2], right[-1] - 1, right[-2]) if form.pairwise else right
            yield from pairs(name, partial(_shaped, task, left, second))


def _many_batches(spelling: Spelling, forms: Forms, task: Task) -> Iterator[Question]:
    """More matrices in a stack than 65,535."""
    form = forms[task.name]
    if form.stack:
        yield from pairs("stack", lambda draw: [spelling.plain(task, draw, (1, 2, 1, _MANY))])
    elif form.pairwise:
        yield from pairs("stack", lambda draw: [spelling.plain(task, draw, (_MANY, 2, 1))])
    elif not form.added:
        yield from pairs("stack", partial(_shaped, task, (_MANY, 1, 2), (_MANY, 2, 1)))


def _vectors(spelling: Spelling, forms: Forms, task: Task) -> Iterator[Question]:
    """A vector on the left, on the right, and on both sides."""
    form = forms[task.name]
    if not form.added and not form.pairwise:
        for name, left, right in _VECTORS:
            yield from pairs(name, partial(_shaped, task, left, right))


def _with(
    spelling: Spelling, forms: Forms, task: Task, draw: Draw, attributes: Mapping[str, Any], size: Shape = (9, 33, 7)
) -> Problem:
    """A plain problem with other attributes; its operands lie as the transposes say."""
    problem = spelling.plain(task, draw, size)
    given = dict(problem.attributes) | dict(attributes)
    operands = [
        np.ascontiguousarray(swapped(operand)) if index < 2 and given.get(forms[task.name].flags[index]) else operand
        for index, operand in enumerate(problem.operands)
    ]
    return pose(task, operands, given, exact=True)


def _spoilt(problem: Problem, *which: int) -> Problem:
    """The same problem with NaN and infinity all over operands that must not be read."""
    operands = list(problem.operands)
    for index in which:
        noise = np.where(np.arange(operands[index].size) % 2, np.inf, np.nan).reshape(operands[index].shape)
        operands[index] = noise.astype(operands[index].dtype)
    return replace(problem, operands=tuple(operands))


def _beta_zero(spelling: Spelling, forms: Forms, task: Task) -> Iterator[Question]:
    """A beta of zero, with NaN and infinity all over C."""
    if not (forms[task.name].added and forms[task.name].unread):
        return
    for size in ((9, 33, 7), (1, 1, 1), (65, 3, 66)):
        make = partial(_unread, spelling, forms, task, {"beta": 0.0}, (2,), size)
        yield from pairs("x".join(map(str, size)), make)


def _alpha_zero(spelling: Spelling, forms: Forms, task: Task) -> Iterator[Question]:
    """An alpha of zero, with NaN and infinity all over A and B."""
    if not (forms[task.name].added and forms[task.name].unread):
        return
    for beta in (1.0, 2.0):
        make = partial(_unread, spelling, forms, task, {"alpha": 0.0, "beta": beta}, (0, 1), (9, 33, 7))
        yield from pairs(f"beta-{beta:g}", make)


def _unread(
    spelling: Spelling,
    forms: Forms,
    task: Task,
    attributes: Mapping[str, Any],
    which: tuple[int, ...],
    size: Shape,
    draw: Draw,
) -> list[Problem]:
    return [_spoilt(_with(spelling, forms, task, draw, attributes, size), *which)]


def _transposes(spelling: Spelling, forms: Forms, task: Task) -> Iterator[Question]:
    """All four combinations of flags, on matrices that are not square and on some that are."""
    form = forms[task.name]
    if not form.added:
        return
    for flags in ((False, False), (True, False), (False, True), (True, True)):
        name = "".join("t" if flag else "n" for flag in flags)
        how = dict(zip(form.flags, flags, strict=True))
        yield from pairs(name, partial(_transposed, spelling, forms, task, how))


def _transposed(spelling: Spelling, forms: Forms, task: Task, how: Mapping[str, Any], draw: Draw) -> list[Problem]:
    return [_with(spelling, forms, task, draw, how, size) for size in ((9, 33, 7), (12, 12, 12))]


def _scaled(spelling: Spelling, forms: Forms, task: Task) -> Iterator[Question]:
    """Factors that are no powers of two, within the bound, past the size of any tile."""
    if not forms[task.name].added:
        return
    for size in ((7, 33, 5), (130, 65, 3), (3, 65, 130)):
        yield from pairs("x".join(map(str, size)), partial(_with_factors, spelling, task, size))


#: Factors of full precision; in float32 also for float64, because attributes of ONNX are float32.
_FACTORS = (float(np.float32(0.7)), float(np.float32(1.3)))


def _with_factors(spelling: Spelling, task: Task, size: Shape, draw: Draw) -> list[Problem]:
    left, right = spelling.dense(task, draw, size, "one-to-two")
    c = fractions(draw, task.types.inputs[2], (*left.shape[:-1], right.shape[-2]), "one-to-two")
    return [pose(task, [left, swapped(right), c], {"alpha": _FACTORS[0], "beta": _FACTORS[1]})]


#: The shapes in which C broadcasts to (9, 7).
_BROADCAST = ((9, 7), (1, 7), (7,), (9, 1), (1, 1), (1,), ())


def _broadcast_c(spelling: Spelling, forms: Forms, task: Task) -> Iterator[Question]:
    """C that is left out, and C of every shape that stretches to that of the product."""
    if not forms[task.name].added or task.operation.least == task.operation.arity:
        return
    yield from pairs("left-out", partial(_with_c, spelling, task, None))
    for shape in _BROADCAST:
        name = "x".join(map(str, shape)) or "scalar"
        yield from pairs(name, partial(_with_c, spelling, task, shape))


def _with_c(spelling: Spelling, task: Task, shape: Shape | None, draw: Draw) -> list[Problem]:
    left, right = spelling.wholes(task, draw, (9, 33, 7))
    operands: list[Array] = [left, swapped(right)]
    if shape is not None:
        operands.append(whole(draw, task.types.inputs[2], shape, 50))
    return [pose(task, operands, {"alpha": 2.0, "beta": -1.0}, exact=True)]


_CLASSES: Mapping[str, Callable[[Spelling, Forms, Task], Iterator[Question]]] = {
    "batches": _batches,
    "many-batches": _many_batches,
    "vectors": _vectors,
    "beta-zero": _beta_zero,
    "alpha-zero": _alpha_zero,
    "transposes": _transposes,
    "scaled": _scaled,
    "broadcast-c": _broadcast_c,
}


def inputs(spelling: Spelling, forms: Forms) -> Inputs:
    """The input classes of the chapter's own requirements."""
    return {word: partial(make, spelling, forms) for word, make in _CLASSES.items()}
