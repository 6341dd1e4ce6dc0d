"""In which order the products along K are put together: which elements make a chain, and how chains are added.

Sums of partial sums, and of these with a C that joins last, are rounded to nearest even.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.simulator.matrix import kernels
from harness.simulator.matrix.accumulators import Target
from harness.simulator.matrix.dot import Dot, block_of, joins_last, slice_of
from harness.simulator.matrix.kernels import Chained
from harness.simulator.matrix.operands import Operand, Values

#: How many elements along K are in lanes at a time.
_TAKEN = 4096

Sums = NDArray[np.float64]
Positions = NDArray[np.int64]


class Plan(NamedTuple):
    """An instruction in numbers: its chains from C on, and from zero or a written D on, and what is rounded to.

    ``between`` is the accumulator's format for sums outside chains, ``result`` that of D.
    """

    from_c: Chained
    from_d: Chained
    from_zero: Chained
    between: Target
    result: Target


class Products(NamedTuple):
    """The products to add: rows of A from ``first`` on with all columns of B, or ``separate``, each with its own."""

    a: Operand
    b: Operand
    length: int
    first: int
    separate: bool

    def add_to(self, sums: Sums, chained: Chained, onward: Chained, take: Positions) -> None:
        """Add the elements ``take`` names, in that order; ``onward`` is the chain from its own sums on.

        They are taken a few thousand at a time, so that the room a chain needs does not grow with K.
        """
        as_values, block = isinstance(self.a, Values), chained.how.block
        step = max(_TAKEN // block, 1) * block
        room = kernels.new_room(
            chained, min(step, take.size), sums.shape[1], as_values=as_values, separate=self.separate
        )
        for begin in range(0, take.size, step):
            some = take[begin : begin + step]
            kernels.chain(onward if begin else chained, some, self.a, self.b, sums, self.first, room)


def accumulate(dot: Dot, plan: Plan, products: Products, sums: Sums) -> None:
    """Bring ``sums``, which hold C, to D."""
    if products.length == 0:
        return
    order = dot.get("order", "chained")
    if order == "chained":
        _chained(dot, plan, products, sums)
    else:
        kernels.add(sums, _ORDERS[order](dot, plan, products, sums), plan.between)
        _write(dot, plan, sums)


def _write(dot: Dot, plan: Plan, sums: Sums) -> None:
    if dot.accumulator != dot.d:
        kernels.narrow(sums, plan.result)


def _chained(dot: Dot, plan: Plan, products: Products, sums: Sums) -> None:
    """Block after block, each onto the result of the one before; one instruction after another where that matters."""
    chained = plan.from_c
    for take in _instructions(dot, products.length):
        if joins_last(dot):
            kernels.add(sums, _from_zero(plan, products, sums, take), plan.between)
        else:
            products.add_to(sums, chained, plan.from_zero, take)
        _write(dot, plan, sums)
        chained = plan.from_d


def _instructions(dot: Dot, length: int) -> list[Positions]:
    """The elements of one instruction after another, in the order of its passes; neighbours go to these by turns."""
    depth, passes, run = slice_of(dot), dot.get("passes", 1), dot.get("run", 1)
    if depth is None:
        return [_filled(dot, np.arange(length))]
    found = []
    for begin in range(0, length, depth):
        inside = np.arange(depth)
        taken = [_filled(dot, begin + inside[(inside // run) % passes == number]) for number in range(passes)]
        elements = np.concatenate(taken)
        found.append(np.where(elements < length, elements, -1))
    return found


def _filled(dot: Dot, elements: Positions) -> Positions:
    """Elements filled up with zeros, -1, to whole blocks; fused multiply-adds take any number."""
    if dot.get("model") == "fma":
        return elements
    block = block_of(dot)
    found = np.full(-(-elements.size // block) * block, -1, dtype=np.int64)
    found[: elements.size] = elements
    return found


def _from_zero(plan: Plan, products: Products, sums: Sums, take: Positions) -> Sums:
    """The sum of the elements ``take`` names."""
    found = np.zeros_like(sums)
    if take.size:
        products.add_to(found, plan.from_zero, plan.from_zero, take)
    return found


def _blocks(dot: Dot, length: int) -> list[Positions]:
    elements, block = _filled(dot, np.arange(length)), block_of(dot)
    return [elements[begin : begin + block] for begin in range(0, elements.size, block)]


def _joined(blocks: list[Positions]) -> Positions:
    return np.concatenate(blocks) if blocks else np.empty(0, np.int64)


def _pairwise(dot: Dot, plan: Plan, products: Products, sums: Sums) -> Sums:
    """Neighbours are added until one sum is left; one without a neighbour moves up."""

    def tree(blocks: list[Positions]) -> Sums:
        if len(blocks) == 1:
            return _from_zero(plan, products, sums, blocks[0])
        half = 1 << ((len(blocks) - 1).bit_length() - 1)
        found = tree(blocks[:half])
        kernels.add(found, tree(blocks[half:]), plan.between)
        return found

    return tree(_blocks(dot, products.length))


def _wave_tree(dot: Dot, plan: Plan, products: Products, sums: Sums) -> Sums:
    """Blocks are dealt to lanes in turn; then each lane of the lower half takes the one half their number above it."""
    blocks, lanes = _blocks(dot, products.length), dot.get("splits")

    def tree(lane: int, held: int) -> Sums:
        if held == lanes:
            return _from_zero(plan, products, sums, _joined(blocks[lane::lanes]))
        found = tree(lane, 2 * held)
        kernels.add(found, tree(lane + held, 2 * held), plan.between)
        return found

    return tree(0, 1)


def _split(dot: Dot, plan: Plan, products: Products, sums: Sums) -> Sums:
    """Blocks are cut into parts of equal length, whose sums are added one after another."""
    blocks = _blocks(dot, products.length)
    share = -(-len(blocks) // dot.get("splits"))
    found = _from_zero(plan, products, sums, _joined(blocks[:share]))
    for begin in range(share, len(blocks), share):
        part = _from_zero(plan, products, sums, _joined(blocks[begin : begin + share]))
        kernels.add(found, part, plan.between)
    return found


_ORDERS: dict[str, Callable[[Dot, Plan, Products, Sums], Any]] = {
    "pairwise": _pairwise,
    "wave-tree": _wave_tree,
    "split-k": _split,
}
