"""Chains of blocks along K, in compiled code, for whole matrix products and for many dot products at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from numba.extending import overload
from numpy.typing import NDArray

from harness.simulator.matrix.accumulators import Target, added, narrowed
from harness.simulator.matrix.blocks import Bench, ChainOfBlocks, Lanes, new_bench, new_lanes
from harness.simulator.matrix.compiled import kernel
from harness.simulator.matrix.exact import Exact, exact_chain
from harness.simulator.matrix.fused import (
    Fusion,
    GroupFusion,
    LateFusion,
    ShortFusion,
    fused_chain,
    group_chain,
    late_chain,
    short_chain,
)
from harness.simulator.matrix.operands import Operand, fill_lanes
from harness.simulator.matrix.stepwise import MultiplyAdds, Pairwise, multiply_add_chain, pairwise_chain

#: How many columns or dot products are computed side by side.
LANES = 512


class Chained(NamedTuple):
    """A chain of blocks: how each is added, what sums are rounded to, and the format they have before the first.

    ``exact_group`` products are added before their scales join, 0 where they have none of their own. The class of
    ``how`` decides which code is compiled.
    """

    how: Any
    target: Target
    precision: int
    least: int
    exact_group: int


class Room(NamedTuple):
    """Room for a chain: lanes of A, one for all of B's unless they are ``separate``, lanes of B, and a block's."""

    a: Lanes
    b: Lanes
    block: Lanes
    bench: Bench
    separate: bool


def new_room(chained: Chained, length: int, columns: int, *, as_values: bool, separate: bool) -> Room:
    """Room for chains of ``length`` elements and sums of so many columns."""
    width, group, block = min(LANES, columns), chained.exact_group, chained.how.block
    return Room(
        new_lanes(length, width if separate else 1, group, as_values=as_values),
        new_lanes(length, width, group, as_values=as_values),
        new_lanes(block, width, group, as_values=as_values),
        new_bench(block, width, as_values=as_values),
        separate,
    )


def add_products(how: Any, chain: Any, sums: Any) -> None:
    """Add a chain of blocks to ``sums``, as the class of ``how`` says; it exists in compiled code alone."""
    raise TypeError("add_products exists in compiled code alone")


@overload(add_products, strict=False)
def _add_products(how: Any, chain: Any, sums: Any) -> Callable[..., None]:
    return _CHAINS[how.instance_class]


_CHAINS: dict[type, Callable[..., None]] = {
    ShortFusion: short_chain,
    LateFusion: late_chain,
    GroupFusion: group_chain,
    Fusion: fused_chain,
    Exact: exact_chain,
    Pairwise: pairwise_chain,
    MultiplyAdds: multiply_add_chain,
}


@kernel
def chain(
    chained: Chained, take: NDArray[Any], a: Operand, b: Operand, sums: NDArray[Any], first: int, room: Room
) -> None:
    """Add the products of the elements that ``take`` names, in that order, to ``sums``.

    They are those of rows of A from ``first`` on with all columns of B; where the room is ``separate``, those of row
    after row with its own, for a single row of sums.
    """
    how, target, in_a, in_b, separate = chained.how, chained.target, room.a, room.b, room.separate
    precision, least, length = chained.precision, chained.least, take.size
    for left in range(0, sums.shape[1], LANES):
        count = min(LANES, sums.shape[1] - left)
        special_b = fill_lanes(b, left + (first if separate else 0), count, take, chained.exact_group, in_b)
        for row in range(sums.shape[0]):
            at_a, count_a = (first + left, count) if separate else (first + row, 1)
            special = fill_lanes(a, at_a, count_a, take, chained.exact_group, in_a) or special_b
            blocks = ChainOfBlocks(target, in_a, in_b, room.block, length, special, precision, least, room.bench)
            add_products(how, blocks, sums[row, left : left + count])


@kernel
def add(sums: NDArray[Any], others: NDArray[Any], target: Target) -> None:
    """Add ``others`` to ``sums``, each sum rounded once."""
    for row in range(sums.shape[0]):
        for i in range(sums.shape[1]):
            sums[row, i] = added(sums[row, i], others[row, i], target)


@kernel
def narrow(sums: NDArray[Any], target: Target) -> None:
    """Round each of ``sums``."""
    for row in range(sums.shape[0]):
        for i in range(sums.shape[1]):
            sums[row, i] = narrowed(sums[row, i], 0.0, target)
