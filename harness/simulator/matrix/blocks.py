"""Chains of blocks of products, and the room to add them in, as compiled code sees them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.simulator.matrix.accumulators import Target

#: The rows of a bench for single lanes: 32-bit ones and 64-bit ones.
FLAGS, ADDEND_EXPONENT, TOP, SMALL = range(4)
ADDEND, TOTAL = range(2)
#: How many groups a block can have.
GROUPS = 8
#: A long sum: whole numbers of 32 bits.
LIMBS = 20


class Lanes(NamedTuple):
    """A block of operands, K by lanes: ``values``, or ``parts``, where value = significand * 2**(exponent - bits).

    ``scales`` has significand and exponent of each group's scale, where products are added before their scales join.
    """

    parts: NDArray[Any]
    scales: NDArray[Any]
    values: NDArray[Any]


class Bench(NamedTuple):
    """Room to work in: rows of one element a lane, for the step, for its groups, and for its terms."""

    narrow: NDArray[Any]
    wide: NDArray[Any]
    group_top: NDArray[Any]
    group_total: NDArray[Any]
    term_exponents: NDArray[Any]
    terms: NDArray[Any]
    products: NDArray[Any]
    halves: NDArray[Any]
    limbs: NDArray[Any]


class ChainOfBlocks(NamedTuple):
    """Products to add block after block: ``length`` elements of A, one lane or as many as of B, and of B.

    ``block`` is room for one block of A in every lane. ``special`` says that an operand is infinite or NaN;
    ``precision`` and ``least`` are of the format the sums have before the first block.
    """

    target: Target
    a: Lanes
    b: Lanes
    block: Lanes
    length: int
    special: bool
    precision: int
    least: int
    bench: Bench


def new_lanes(length: int, width: int, exact_group: int, *, as_values: bool) -> Lanes:
    """Room for ``length`` elements in each of ``width`` lanes, as values or taken apart."""
    scaled = -(-length // exact_group) if exact_group else 0
    return Lanes(
        np.zeros((3, 0 if as_values else length, width), np.int32),
        np.zeros((2, scaled, width), np.int32),
        np.zeros((length if as_values else 0, width), np.float64),
    )


def new_bench(block: int, lanes: int, *, as_values: bool) -> Bench:
    """Room for steps of ``block`` products in so many lanes."""
    terms = 0 if as_values else block
    return Bench(
        np.zeros((4, lanes), np.int32),
        np.zeros((2, lanes), np.int64),
        np.zeros((GROUPS, lanes), np.int32),
        np.zeros((GROUPS, lanes), np.int64),
        np.zeros((terms, lanes), np.int32),
        np.zeros((terms, lanes), np.int64),
        np.zeros((block - terms, lanes), np.float64),
        np.zeros((block - terms, lanes), np.float64),
        np.zeros(LIMBS, np.int64),
    )
