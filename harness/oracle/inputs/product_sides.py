"""How the operations of a family take the two sides of a product.

A side has the depth as its last axis: the left one is (M, K), the right one (N, K), with a stack of them in front or,
where vectors are multiplied pair by pair, (M, K) both. A family says how operands are made of two sides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from harness.oracle.definition import pose
from harness.oracle.draw import Draw
from harness.oracle.inputs.product_values import fractions, largest_whole, whole
from harness.oracle.problem import Array, Problem
from harness.oracle.task import Task

Shape = tuple[int, ...]
Operands = tuple[list[Array], dict[str, Any]]

#: What an operation adds to the product or scales it by (C, zero points, scales): nothing, whole numbers that keep it
#: exact, or numbers of full precision.
Beside = Literal["nothing", "whole", "dense"]


@dataclass(frozen=True)
class Spelling:
    """How the operations of a family take two sides.

    ``spell`` gives operands and attributes of a launch, with what is to stand beside the product. ``pairwise`` says
    whether each row is multiplied with its own alone, ``stack`` how many matrices lie in a stack.
    """

    spell: Callable[[Task, Draw, Array, Array, Beside], Operands]
    pairwise: Callable[[Task], bool] = lambda task: False
    stack: Callable[[Task], int] = lambda task: 0

    def shapes(self, task: Task, rows: int, depth: int, columns: int, stack: int = 0) -> tuple[Shape, Shape]:
        """The shapes of the two sides."""
        if self.pairwise(task):
            return (rows, depth), (rows, depth)
        lead = (stack or self.stack(task),) if self.stack(task) else ()
        return (*lead, rows, depth), (*lead, columns, depth)

    def pose(
        self, task: Task, draw: Draw, left: Array, right: Array, *, exact: bool, beside: Beside = "nothing"
    ) -> Problem:
        """A problem on two sides."""
        operands, attributes = self.spell(task, draw, left, right, beside)
        return pose(task, operands, attributes, exact=exact)

    def wholes(self, task: Task, draw: Draw, size: Sequence[int]) -> tuple[Array, Array]:
        """Two sides of whole numbers, for a size of M, K and N (and how many in a stack)."""
        most = largest_whole(task, size[1])
        left, right = self.shapes(task, *size)
        return whole(draw, task.types.inputs[0], left, most), whole(draw, task.types.inputs[1], right, most)

    def plain(self, task: Task, draw: Draw, size: Sequence[int]) -> Problem:
        """A problem of whole numbers with everything in it."""
        return self.pose(task, draw, *self.wholes(task, draw, size), exact=True, beside="whole")

    def dense(self, task: Task, draw: Draw, size: Sequence[int], kind: str = "centred") -> tuple[Array, Array]:
        """Two sides of full precision."""
        left, right = self.shapes(task, *size)
        return (
            fractions(draw, task.types.inputs[0], left, kind),
            fractions(draw, task.types.inputs[1], right, kind),
        )


def swapped(side: Array) -> Array:
    """A side as a matrix with the depth first: the right operand as most operations take it."""
    return np.swapaxes(side, -1, -2)


def names_of(shapes: Sequence[Shape], flags: Sequence[bool] = (False, False)) -> list[list[str]]:
    """What the axes of A, B and what stands beside them are called: M, K, N, and those in front counted from behind.

    Where an axis is stretched to that of another operand it has no name. ``flags`` say which of A and B is transposed.
    """
    rows, columns = ["M", "K"], ["K", "N"]
    rows, columns = rows[::-1] if flags[0] else rows, columns[::-1] if flags[1] else columns
    ends = [
        rows if len(shapes[0]) > 1 else ["K"],
        columns if len(shapes[1]) > 1 else ["K"],
        *[["M", "N"]] * len(shapes),
    ]
    found = []
    for shape, end in zip(shapes, ends, strict=False):
        before = len(shape) - len(end)
        front = [str(before - place) for place in range(before)]
        found.append([*front, *end[max(-before, 0) :]])
    lengths: dict[str, int] = {}
    for shape, names in zip(shapes, found, strict=True):
        for length, name in zip(shape, names, strict=True):
            lengths[name] = max(lengths.get(name, 0), length)
    return [
        [name if length == lengths[name] else "" for length, name in zip(shape, names, strict=True)]
        for shape, names in zip(shapes, found, strict=True)
    ]
