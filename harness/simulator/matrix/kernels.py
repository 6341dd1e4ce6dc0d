"""Chains of blocks along K, in compiled code, for whole matrix products and for many dot products at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from numba.extending import overload
from numpy.typing import NDArray

from harness.simulator.matrix.accumulators import Target, added, narrowed
from harness.simulator.matrix.blocks import Bench, Block, Lanes, new_bench, new_lanes
from harness.simulator.matrix.compiled import kernel, parts_digest
from harness.simulator.matrix.exact import Exact, exact_step
from harness.simulator.matrix.fused import Fusion, ShortFusion, fused_step, short_step
from harness.simulator.matrix.operands import Words, bring, fill_lanes
from harness.simulator.matrix.stepwise import Chain, Pairwise, chain_step, pairwise_step

#: How many columns or dot products are computed side by side.
LANES = 256


class Chained(NamedTuple):
    """A chain of blocks: how each is added, what sums are rounded to, and the format they have before the first.

    The class of ``how`` decides which code is compiled.
    """

    how: Any
    target: Target
    precision: int
    least: int


class Room(NamedTuple):
    """Room for a chain: lanes of A, one for all of B's unless they are ``separate``, lanes of B, and a block's."""

    a: Lanes
    b: Lanes
    block: Lanes
    bench: Bench
    separate: bool


def new_room(chained: Chained, length: int, columns: int, *, as_values: bool, separate: bool) -> Room:
    """Room for chains of ``length`` elements and sums of so many columns."""
    width, group, block = min(LANES, columns), chained.how.exact_group, chained.how.block
    return Room(
        new_lanes(length, width if separate else 1, group, as_values=as_values),
        new_lanes(length, width, group, as_values=as_values),
        new_lanes(block, width, group, as_values=as_values),
        new_bench(block, width, as_values=as_values),
        separate,
    )


def add_block(how: Any, block: Any, sums: Any) -> None:
    """Bring one block of products onto ``sums``, as the class of ``how`` says; it exists in compiled code alone."""
    raise NotImplementedError


@overload(add_block, strict=False)
def _add_block(how: Any, block: Any, sums: Any) -> Callable[..., None]:
    return _STEPS[how.instance_class]


_STEPS: dict[type, Callable[..., None]] = {
    ShortFusion: short_step,
    Fusion: fused_step,
    Exact: exact_step,
    Pairwise: pairwise_step,
    Chain: chain_step,
}


def _chain(text: int) -> Callable[..., None]:
    @kernel
    def chain(
        chained: Chained, take: NDArray[Any], a: Words, b: Words, sums: NDArray[Any], first: int, room: Room
    ) -> None:
        text  # noqa: B018 - ties the cache to the text of the parts
        how, target, in_a, in_b, separate = chained.how, chained.target, room.a, room.b, room.separate
        for left in range(0, sums.shape[1], LANES):
            count = min(LANES, sums.shape[1] - left)
            special_b = fill_lanes(b, left + (first if separate else 0), count, take, how.exact_group, in_b)
            for row in range(sums.shape[0]):
                at_a, count_a = (first + left, count) if separate else (first + row, 1)
                special = fill_lanes(a, at_a, count_a, take, how.exact_group, in_a) or special_b
                lanes = sums[row, left : left + count]
                precision, least = chained.precision, chained.least
                for at in range(0, take.size, how.block):
                    size = min(how.block, take.size - at)
                    bring(in_a, at, size, special, room.block, count)
                    block = Block(target, room.block, in_b, at, size, special, precision, least, room.bench)
                    add_block(how, block, lanes)
                    precision, least = target.precision, target.least

    return chain


def _add(text: int) -> Callable[..., None]:
    @kernel
    def add(sums: NDArray[Any], others: NDArray[Any], target: Target) -> None:
        text  # noqa: B018 - the same
        for row in range(sums.shape[0]):
            for i in range(sums.shape[1]):
                sums[row, i] = added(sums[row, i], others[row, i], target)

    return add


def _narrow(text: int) -> Callable[..., None]:
    @kernel
    def narrow(sums: NDArray[Any], target: Target) -> None:
        text  # noqa: B018 - the same
        for row in range(sums.shape[0]):
            for i in range(sums.shape[1]):
                sums[row, i] = narrowed(sums[row, i], 0.0, target)

    return narrow


_TEXT = parts_digest()

#: ``chain(chained, take, a, b, sums, first, room)`` adds the products of the elements that ``take`` names, in that
#: order, to ``sums``: of rows of A from ``first`` on with all columns of B; where the room is ``separate``, of row
#: after row with its own, for a single row of sums.
chain = _chain(_TEXT)
#: ``add(sums, others, target)`` adds two arrays, each sum rounded once.
add = _add(_TEXT)
#: ``narrow(sums, target)`` rounds each sum.
narrow = _narrow(_TEXT)
