"""One step of an exact dot product, in compiled code: products and C added without any error, rounded once."""

from __future__ import annotations

from typing import Any, NamedTuple

from numba import types
from numpy.typing import NDArray

from harness.simulator.matrix.accumulators import Target, leading_zeros, rounded
from harness.simulator.matrix.alignment import (
    highest_of,
    make_terms,
    note_overflow,
    note_special,
    open_block,
    rows_of,
    set_special,
)
from harness.simulator.matrix.blocks import ADDEND, ADDEND_EXPONENT, FLAGS, LIMBS, SMALL, TOTAL, Bench, ChainOfBlocks
from harness.simulator.matrix.compiled import chosen, part
from harness.simulator.matrix.operands import NEVER, bring

#: What the lowest limb of a long sum counts: units of two to this power. So a long sum holds products of any two
#: formats up to float32, whose last bits are worth 2**-298, and many of the largest of them, below 2**256.
_LOWEST = -340


class Exact(NamedTuple):
    """How an exact step adds: so many products, whose significands have ``fraction`` fraction bits together.

    ``limit`` is the exponent from which a product is infinite.
    """

    block: int
    fraction: int
    limit: int


@chosen
def exact_chain(how: Exact, chain: ChainOfBlocks, sums: Any) -> None:
    """Add block after block of products to ``sums``."""
    bench, in_a, in_b, width = chain.bench, chain.block.parts, chain.b.parts, sums.size
    precision, least, rows = chain.precision, chain.least, rows_of(chain.bench, width)
    for at in range(0, chain.length, how.block):
        bring(chain.a.parts, at, how.block, chain.block.parts, width)
        special = open_block(sums, False, NEVER, precision, least, rows)
        make_terms(how.block, NEVER, in_a, in_b, at, width, bench)
        _add_exactly(how.block, how.fraction, precision, width, bench)
        if chain.special:
            special |= note_special(how.block, in_a, in_b, at, bench.narrow[FLAGS], width)
        if how.limit < -NEVER and highest_of(bench.group_top[0, :width]) >= how.limit - 1:
            special |= note_overflow(how.block, how.fraction, how.limit, in_a, in_b, at, bench.narrow[FLAGS], width)
        _close(how.block, how.fraction, precision, chain.target, sums, bench)
        if special:
            set_special(bench.narrow[FLAGS], sums)
        precision, least = chain.target.precision, chain.target.least


@part
def _add_exactly(count: int, fraction: int, precision: int, width: int, bench: Bench) -> None:
    """The sum of every lane whose terms are near enough to each other for 64 bits, and how far apart they are."""
    terms, exponents, addend, addend_exponent = (
        bench.terms, bench.term_exponents, bench.wide[ADDEND], bench.narrow[ADDEND_EXPONENT],
    )  # fmt: skip
    top, lowest, total = bench.group_top[0], bench.narrow[SMALL], bench.wide[TOTAL]
    for lane in range(width):
        top[lane] = addend_exponent[lane]
        lowest[lane] = -NEVER if addend[lane] == 0 else addend_exponent[lane] - precision + 1
    for q in range(count):
        for lane in range(width):
            top[lane] = max(top[lane], exponents[q, lane])
            lowest[lane] = min(lowest[lane], exponents[q, lane] - fraction if terms[q, lane] != 0 else -NEVER)
    for lane in range(width):
        left = types.int64(addend_exponent[lane]) - precision + 1 - lowest[lane]
        total[lane] = addend[lane] << min(max(left, 0), 62)
    for q in range(count):
        for lane in range(width):
            left = types.int64(exponents[q, lane]) - fraction - lowest[lane]
            total[lane] += terms[q, lane] << min(max(left, 0), 62)


@part
def _close(count: int, fraction: int, precision: int, target: Target, sums: Any, bench: Bench) -> None:
    """Round every lane's sum."""
    top, lowest, total = bench.group_top[0], bench.narrow[SMALL], bench.wide[TOTAL]
    room = leading_zeros(count + 1) - 4  # of 64 bits: the sign, and products below four
    far = 0
    for lane in range(sums.size):
        sums[lane] = rounded(total[lane], types.int64(lowest[lane]), target)
        far |= top[lane] - lowest[lane] >= room
    for lane in range(sums.size if far else 0):
        if top[lane] - lowest[lane] >= room:
            sums[lane] = _long_sum(count, fraction, lane, precision, target, bench)


@part
def _long_sum(count: int, fraction: int, lane: int, precision: int, target: Target, bench: Bench) -> float:
    """The exact sum of terms too far apart for 64 bits, rounded once."""
    limbs = bench.limbs
    for i in range(LIMBS):
        limbs[i] = 0
    for q in range(count):
        if bench.terms[q, lane] != 0:
            _add_limbs(limbs, bench.terms[q, lane], bench.term_exponents[q, lane] - fraction)
    if bench.wide[ADDEND, lane] != 0:
        _add_limbs(limbs, bench.wide[ADDEND, lane], bench.narrow[ADDEND_EXPONENT, lane] - precision + 1)
    _carry(limbs)
    negative = limbs[LIMBS - 1] < 0
    if negative:
        for i in range(LIMBS):
            limbs[i] = -limbs[i]
        _carry(limbs)
    highest = LIMBS - 1
    while highest > 1 and limbs[highest] == 0:
        highest -= 1
    head = (limbs[highest] << 30) | (limbs[highest - 1] >> 2)
    rest = limbs[highest - 1] & 3
    for i in range(highest - 1):
        rest |= limbs[i]
    head |= 1 if rest != 0 else 0
    return rounded(-head if negative else head, _LOWEST + 32 * highest - 30, target)


@part
def _add_limbs(limbs: NDArray[Any], term: int, unit: int) -> None:
    """Add ``term`` * 2**``unit``; limbs may be left beyond 32 bits."""
    at, left = (unit - _LOWEST) // 32, (unit - _LOWEST) % 32
    magnitude = abs(term)
    sign = -1 if term < 0 else 1
    low, high = (magnitude & 0xFFFFFFFF) << left, (magnitude >> 32) << left
    limbs[at] += sign * (low & 0xFFFFFFFF)
    limbs[at + 1] += sign * ((low >> 32) + (high & 0xFFFFFFFF))
    limbs[at + 2] += sign * (high >> 32)


@part
def _carry(limbs: NDArray[Any]) -> None:
    """Bring every limb but the highest between 0 and 2**32."""
    for i in range(LIMBS - 1):
        limbs[i + 1] += limbs[i] >> 32
        limbs[i] &= 0xFFFFFFFF
