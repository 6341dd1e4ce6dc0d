"""What is right for a family of operations: how it is asked plainly, what must come of it, and its input classes.

A definition is a table of functions; ``definition_of`` finds that of an operation by its family. Everything else asks
through it, so an operation added to a family's chapter has all classes at once.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from harness.interface.operation import Operation
from harness.oracle.draw import Draw
from harness.oracle.launch import Layout
from harness.oracle.problem import Array, Problem, Wanted
from harness.oracle.task import Task

#: The lengths that decide a problem's shapes, in the order the family gives them (of a product M, K and N).
Size = tuple[int, ...]

#: What is to be asked in one case: problems launched one after another, drawn from a source of seeded integers.
Make = Callable[[Draw], Sequence[Problem]]


@dataclass(frozen=True)
class Question:
    """One case of an input class: its name, and how its problems are drawn.

    ``alike`` are pairs of (number of a result among all the problems', how many of its leading rows, all for ``None``)
    that must be the same bits, beside being right.
    """

    name: str
    make: Make
    alike: tuple[tuple[int, int | None], ...] = ()


#: The input classes of a family by the word a requirement's ``inputs`` names them by.
Inputs = Mapping[str, Callable[[Task], Iterator[Question]]]


#: Draws the operands of a problem of a size, and the attributes of its launch.
Operands = Callable[[Task, Draw, Size], tuple[Sequence[Array], Mapping[str, Any]]]


def every_layout(task: Task) -> tuple[Layout, ...]:
    """The layouts in which operands must be taken, unless a family says otherwise."""
    return ("strided", "transposed", "offset", "broadcast")


def nothing_empty(task: Task) -> Sequence[Size]:
    """No sizes without elements."""
    return ()


def aligned_axes(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """Axes counted from the last, as broadcasting counts them; one that another operand stretches has no name."""
    longest: dict[int, int] = {}
    for operand in operands:
        for place, length in enumerate(reversed(operand.shape)):
            longest[place] = max(longest.get(place, 0), length)
    return [
        [str(place) if operand.shape[-1 - place] == longest[place] else "" for place in range(operand.ndim - 1, -1, -1)]
        for operand in operands
    ]


def no_axes(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """No axis can be cut."""
    return [[""] * operand.ndim for operand in operands]


def all_free(task: Task) -> Sequence[int]:
    """No operand must keep its elements."""
    return ()


@dataclass(frozen=True)
class Definition:
    """What is right for the operations of a family.

    ``size`` is a small size with dimensions that are no powers of two. ``draw`` gives plain operands of a size, with
    the attributes of the launch: whatever decides an element differs from that of its neighbours, so that a mistake
    shows; ``rough`` gives operands of full precision, whose results depend on the order of evaluation (plain ones where
    it is left out).
    ``solve`` says what each result must be for any operands; ``exact`` tells it that the operands make every order of
    evaluation exact, so that every bit counts. ``plainly_exact`` says whether plain operands are such.
    ``axes`` names the axes of each operand that can be made shorter, those together that have the same name; ``fixed``
    are the operands, by number, none of whose elements can be set to zero. ``divisible`` says that a problem whose
    every order of evaluation is exact stays so with a part of its elements left out or zero.
    ``sweep`` gives sizes that have a dimension of a length, at every place; ``empty`` sizes without elements that have
    a result. ``inputs`` are the classes of the family's own; those of every family stand in ``harness.oracle.inputs``.
    """

    size: Callable[[Task], Size]
    draw: Operands
    solve: Callable[[Task, Sequence[Array], Mapping[str, Any], bool], tuple[Wanted, ...]]
    sweep: Callable[[Task, int], Sequence[Size]]
    plainly_exact: Callable[[Task], bool]
    inputs: Inputs = field(default_factory=dict)
    rough: Operands | None = None
    empty: Callable[[Task], Sequence[Size]] = nothing_empty
    layouts: Callable[[Task], tuple[Layout, ...]] = every_layout
    axes: Callable[[Task, Sequence[Array], Mapping[str, Any]], Sequence[Sequence[str]]] = no_axes
    fixed: Callable[[Task], Sequence[int]] = all_free
    divisible: bool = True


#: The module of ``harness.oracle.families`` that defines each family; it holds ``DEFINITION``.
MODULES = {
    "elementwise-exact": "elementwise",
    "comparison": "elementwise",
    "classification": "elementwise",
    "logical": "elementwise",
    "elementwise-function": "functions",
    "activation": "activation",
    "sum": "sums",
    "product": "products",
    "variance": "variance",
    "extremum": "extrema",
    "argument-extremum": "extrema",
    "quantifier": "quantifiers",
    "scan": "scans",
    "inner-product": "inner_product",
    "integer-product": "integer_product",
    "scaled-product": "scaled_product",
    "conversion": "conversion",
    "quantization": "quantization",
    "filling": "creation",
    "ranges": "creation",
    "movement": "movement",
    "indexing": "indexing",
    "sorting": "sorting",
    "convolution": "convolution",
    "max-pooling": "pooling",
    "average-pooling": "pooling",
    "softmax": "softmax",
    "normalization": "normalization",
    "rotation": "rotation",
    "attention": "attention",
    "vector-update": "vector_update",
    "vector-product": "vector_product",
    "triangular": "triangular",
    "transform": "transform",
}


@cache
def definition_of_family(family: str) -> Definition:
    """The definition of a family; raises ``KeyError`` for one without."""
    module = importlib.import_module(f"harness.oracle.families.{MODULES[family]}")
    found: Definition = module.DEFINITION
    return found


def definition_of(operation: Operation) -> Definition:
    """The definition of an operation's family."""
    return definition_of_family(operation.family)


def pose(
    task: Task, operands: Sequence[Array], attributes: Mapping[str, Any] | None = None, *, exact: bool = False
) -> Problem:
    """A problem on any operands, with what must come of it."""
    wanted = definition_of(task.operation).solve(task, operands, attributes or {}, exact)
    return Problem(task, tuple(operands), wanted, dict(attributes or {}), exact)


def plain(task: Task, draw: Draw, size: Size | None = None) -> Problem:
    """A plain problem of a size, or of the family's own."""
    definition = definition_of(task.operation)
    operands, attributes = definition.draw(task, draw, definition.size(task) if size is None else size)
    return pose(task, operands, attributes, exact=definition.plainly_exact(task))


def rough(task: Task, draw: Draw, size: Size | None = None) -> Problem:
    """A problem of full precision, whose bits depend on how it is computed as far as the family's can."""
    definition = definition_of(task.operation)
    if definition.rough is None:
        return plain(task, draw, size)
    operands, attributes = definition.rough(task, draw, definition.size(task) if size is None else size)
    return pose(task, operands, attributes)


#: Every numeric test holds cases in pairs of one shape and other contents: whoever returns the last output again fails
#: the second.
PAIR = ("a", "b")


def pairs(name: str, make: Make) -> Iterator[Question]:
    """Two cases of the same shape with contents of their own."""
    for which in PAIR:
        yield Question(f"{name}/{which}", make)
