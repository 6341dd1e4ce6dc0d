"""Steps of a dot product that round every sum, in compiled code: a tree over a block, or one fma after another."""

from __future__ import annotations

from typing import Any, NamedTuple

from numba import types

from harness.simulator.matrix.accumulators import Target, added, finished, fused_multiply_add, multiplied
from harness.simulator.matrix.blocks import ChainOfBlocks
from harness.simulator.matrix.compiled import chosen, part
from harness.simulator.matrix.operands import bring_values


class Pairwise(NamedTuple):
    """A tree over so many products."""

    block: int


class MultiplyAdds(NamedTuple):
    """Fused multiply-adds, so many at a time."""

    block: int


@chosen
def pairwise_chain(how: Pairwise, chain: ChainOfBlocks, sums: Any) -> None:
    """Block after block: round each product, add neighbours until one sum is left, and add that to ``sums``."""
    width, target, in_a, in_b = sums.size, chain.target, chain.a.values, chain.b.values
    products, spare = chain.bench.products, chain.bench.halves
    for at in range(0, chain.length, how.block):
        bring_values(in_a, at, how.block, chain.block.values, width)
        _multiply(how.block, chain.block.values, in_b, at, products, width, target)
        terms, others, count = products, spare, how.block
        while count > 1:
            _add_neighbours(count, terms, others, width, target)
            terms, others = others, terms
            count = (count + 1) // 2
        _add_to(sums, terms[0], target)


@chosen
def multiply_add_chain(how: MultiplyAdds, chain: ChainOfBlocks, sums: Any) -> None:
    """Fused multiply-adds onto ``sums``, one after another."""
    in_a, in_b, brought = chain.a.values, chain.b.values, chain.block.values
    for at in range(0, chain.length, how.block):
        count = min(how.block, chain.length - at)
        bring_values(in_a, at, count, brought, sums.size)
        _multiply_and_add(count, brought, in_b, at, sums, chain.target)


# Loops come twice below, for the processor's own float32 and for any format: each then takes many lanes at once.


@part
def _multiply(count: int, a: Any, b: Any, at: int, products: Any, width: int, target: Target) -> None:
    for q in range(count):
        _multiply_lanes(a[q], b[at + q], products[q, :width], target)


@part
def _multiply_lanes(x: Any, y: Any, products: Any, target: Target) -> None:
    if target.native == 32:
        for lane in range(products.size):
            products[lane] = finished(float(types.float32(x[lane]) * types.float32(y[lane])), target)
    else:
        for lane in range(products.size):
            products[lane] = multiplied(x[lane], y[lane], target)


@part
def _add_neighbours(count: int, terms: Any, halves: Any, width: int, target: Target) -> None:
    """Half as many terms: the sums of neighbours, and one without a neighbour."""
    for i in range(count // 2):
        _add_lanes(terms[2 * i], terms[2 * i + 1], halves[i, :width], target)
    for lane in range(width if count % 2 else 0):
        halves[count // 2, lane] = terms[count - 1, lane]


@part
def _add_lanes(x: Any, y: Any, sums: Any, target: Target) -> None:
    if target.native == 32:
        for lane in range(sums.size):
            sums[lane] = finished(float(types.float32(x[lane]) + types.float32(y[lane])), target)
    else:
        for lane in range(sums.size):
            sums[lane] = added(x[lane], y[lane], target)


@part
def _add_to(sums: Any, terms: Any, target: Target) -> None:
    if target.native == 32:
        for lane in range(sums.size):
            sums[lane] = finished(float(types.float32(sums[lane]) + types.float32(terms[lane])), target)
    else:
        for lane in range(sums.size):
            sums[lane] = added(sums[lane], terms[lane], target)


@part
def _multiply_and_add(count: int, a: Any, b: Any, at: int, sums: Any, target: Target) -> None:
    for q in range(count):
        _multiply_and_add_lanes(a[q], b[at + q], sums, target)


@part
def _multiply_and_add_lanes(x: Any, y: Any, sums: Any, target: Target) -> None:
    if target.native == 32:
        for lane in range(sums.size):
            found = fused_multiply_add(types.float32(x[lane]), types.float32(y[lane]), types.float32(sums[lane]))
            sums[lane] = finished(float(found), target)
    elif target.native == 64:
        for lane in range(sums.size):
            sums[lane] = finished(fused_multiply_add(x[lane], y[lane], sums[lane]), target)
    else:
        for lane in range(sums.size):
            sums[lane] = added(x[lane] * y[lane], sums[lane], target)
