"""Steps of a dot product that round every sum, in compiled code: a tree over a block, or one fma after another."""

from __future__ import annotations

from typing import Any, NamedTuple

from harness.simulator.matrix.accumulators import Target, added, multiplied, multiplied_and_added
from harness.simulator.matrix.blocks import Block
from harness.simulator.matrix.compiled import part


class Pairwise(NamedTuple):
    """A tree over so many products."""

    block: int
    exact_group: int


class Chain(NamedTuple):
    """Fused multiply-adds, so many at a time."""

    block: int
    exact_group: int


def pairwise_step(how: Pairwise, block: Block, sums: Any) -> None:
    """Round each product, add neighbours until one sum is left, and add that to ``sums``."""
    terms = block.bench.products
    _multiply(block.size, block.a.values, block.b.values, block.at, terms, sums.size, block.target)
    count = block.size
    while count > 1:
        _add_neighbours(count, terms, sums.size, block.target)
        count = (count + 1) // 2
    _add(sums, terms, block.target)


def chain_step(how: Chain, block: Block, sums: Any) -> None:
    """Fused multiply-adds onto ``sums``, one after another."""
    _multiply_and_add(block.size, block.a.values, block.b.values, block.at, sums, block.target)


@part
def _multiply(count: int, a: Any, b: Any, at: int, products: Any, width: int, target: Target) -> None:
    for q in range(count):
        for lane in range(width):
            products[q, lane] = multiplied(a[q, lane], b[at + q, lane], target)


@part
def _add_neighbours(count: int, terms: Any, width: int, target: Target) -> None:
    for i in range(count // 2):
        for lane in range(width):
            terms[i, lane] = added(terms[2 * i, lane], terms[2 * i + 1, lane], target)
    for lane in range(width if count % 2 else 0):
        terms[count // 2, lane] = terms[count - 1, lane]


@part
def _add(sums: Any, terms: Any, target: Target) -> None:
    for lane in range(sums.size):
        sums[lane] = added(sums[lane], terms[0, lane], target)


@part
def _multiply_and_add(count: int, a: Any, b: Any, at: int, sums: Any, target: Target) -> None:
    for q in range(count):
        for lane in range(sums.size):
            sums[lane] = multiplied_and_added(a[q, lane], b[at + q, lane], sums[lane], target)
