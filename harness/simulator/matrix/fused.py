"""One step of a fused dot product, in compiled code: terms aligned to the largest exponent, added, rounded once.

Definitions: Fasi, Higham, Mikaitis and Pranesh, "Numerical behavior of NVIDIA tensor cores" (2021), for the alignment;
the fields of a profile say which bits are kept, how, and when C joins. All lanes of a step are computed side by side:
each loop runs over lanes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numba import types

from harness.simulator.formats import INFINITE, NAN, ZERO
from harness.simulator.matrix.accumulators import (
    TOWARD_NEGATIVE,
    TOWARD_ZERO,
    Target,
    leading_zeros,
    rounded,
    shifted,
    take_apart,
)
from harness.simulator.matrix.blocks import ADDEND, ADDEND_EXPONENT, FLAGS, SMALL, TOP, TOTAL, Bench, Block, Lanes
from harness.simulator.matrix.compiled import part
from harness.simulator.matrix.operands import EXPONENT, KIND, NEVER, SIGNIFICAND

#: What the kinds of a lane's products and of C already decide.
INVALID, POSITIVE, NEGATIVE = 1, 2, 4


class Fusion(NamedTuple):
    """How a fused step aligns and adds; an exponent that is not used is ``NEVER``.

    ``fraction`` counts the fraction bits of a term's significand. ``limit`` is the exponent from which a product is
    infinite. ``late_bits`` is 0 where C is a term like any other, ``reach`` is negative where C is never dropped.
    ``lowest`` is the least exponent of a product, for sums of groups.
    """

    block: int
    groups: int
    bits: int
    alignment: int
    zero_exponent: int
    fraction: int
    limit: int
    late_bits: int
    reach: int
    exact_group: int
    lowest: int


class ShortFusion(NamedTuple):
    """The same where terms are cut off toward zero and fit 32 bits, ``chunk`` of them together.

    A zero product needs no exponent of its own here: C's, or that of a C that is zero, is never below it.
    """

    block: int
    groups: int
    bits: int
    zero_exponent: int
    fraction: int
    limit: int
    late_bits: int
    reach: int
    exact_group: int
    chunk: int


def short_step(how: ShortFusion, block: Block, sums: Any) -> None:
    """Add one block of products to ``sums``, with terms of 32 bits."""
    bench, parts_a, parts_b = block.bench, block.a.parts, block.b.parts
    top, total = bench.narrow[TOP, : sums.size], bench.wide[TOTAL, : sums.size]
    late = how.late_bits > 0
    open_step(sums, late, how.zero_exponent, block.precision, block.least, bench)
    for group in range(how.groups):
        _begin_group(late, bench.narrow[ADDEND_EXPONENT], top, total)
        _raise_top(top, parts_a[EXPONENT], parts_b[EXPONENT], block.at, group, how.groups, how.block)
        for first in range(group, how.block, how.groups * how.chunk):
            end = min(how.block, first + how.groups * how.chunk)
            _add_short(
                total, top, bench.narrow[SMALL], parts_a, parts_b, block.at, range(first, end, how.groups),
                how.bits - how.fraction,
            )  # fmt: skip
        _end_group(group, top, total, bench.group_top, bench.group_total)
    if block.special:
        note_special(how.block, block, sums.size)
    if how.limit < -NEVER:
        note_overflow(how.block, how.groups, how.fraction, how.limit, block, sums.size)
    if how.groups > 1:
        _join_groups(how.groups, top, total, bench.group_top, bench.group_total)
    if late:
        _close_late(how.bits, how.late_bits, how.reach, block.target, block.precision, sums, top, total, bench)
    else:
        _close(how.bits, TOWARD_ZERO, block.target, block.precision, sums, top, total, bench)
    set_special(bench.narrow[FLAGS], sums)


def fused_step(how: Fusion, block: Block, sums: Any) -> None:
    """Add one block of products to ``sums``, with terms of 64 bits."""
    bench = block.bench
    top, total = bench.narrow[TOP, : sums.size], bench.wide[TOTAL, : sums.size]
    late = how.late_bits > 0
    open_step(sums, late, how.zero_exponent, block.precision, block.least, bench)
    if how.exact_group > 0:
        _group_terms(how, block.a, block.b, block.at, sums.size, bench)
    else:
        make_terms(how.block, how.zero_exponent, block, sums.size)
    count = how.block // max(how.exact_group, 1)
    for group in range(how.groups):
        _begin_group(late, bench.narrow[ADDEND_EXPONENT], top, total)
        _add_terms(
            total, top, bench.terms, bench.term_exponents, range(group, count, how.groups), how.bits - how.fraction,
            how.alignment,
        )  # fmt: skip
        _end_group(group, top, total, bench.group_top, bench.group_total)
    if block.special:
        note_special(how.block, block, sums.size)
    if how.limit < -NEVER:
        note_overflow(how.block, how.groups, how.fraction, how.limit, block, sums.size)
    if how.groups > 1:
        _join_groups(how.groups, top, total, bench.group_top, bench.group_total)
    if late:
        _close_late(how.bits, how.late_bits, how.reach, block.target, block.precision, sums, top, total, bench)
    else:
        _close(how.bits, how.alignment, block.target, block.precision, sums, top, total, bench)
    set_special(bench.narrow[FLAGS], sums)


@part
def open_step(sums: Any, late: bool, zero_exponent: int, precision: int, least: int, bench: Bench) -> None:
    """Take the sums so far apart, as addends; they are of a format with this precision and least exponent."""
    flags, addend, exponents = bench.narrow[FLAGS], bench.wide[ADDEND], bench.narrow[ADDEND_EXPONENT]
    for lane in range(sums.size):
        value = sums[lane]
        finite = abs(value) < float("inf")
        units, exponent = take_apart(value if finite else 0.0, precision, least)
        addend[lane] = units
        exponents[lane] = exponent if units != 0 or late else zero_exponent
        flags[lane] = 0 if finite else (POSITIVE if value > 0 else (NEGATIVE if value < 0 else INVALID))


@part
def _begin_group(late: bool, addend_exponent: Any, top: Any, total: Any) -> None:
    for lane in range(top.size):
        top[lane] = NEVER if late else addend_exponent[lane]
        total[lane] = 0


@part
def _end_group(group: int, top: Any, total: Any, group_top: Any, group_total: Any) -> None:
    for lane in range(top.size):
        group_top[group, lane] = top[lane]
        group_total[group, lane] = total[lane]


@part
def _raise_top(top: Any, exponents_a: Any, exponents_b: Any, at: int, first: int, step: int, end: int) -> None:
    for q in range(first, end, step):
        for lane in range(top.size):
            top[lane] = max(top[lane], exponents_a[q, lane] + exponents_b[at + q, lane])


@part
def _add_short(total: Any, top: Any, small: Any, parts_a: Any, parts_b: Any, at: int, elements: Any, left: int) -> None:
    """Add products, aligned to the top exponent and cut off toward zero; few enough for 32 bits together."""
    raised, lowered = max(left, 0), max(-left, 0)
    for lane in range(top.size):
        small[lane] = 0
    for q in elements:
        for lane in range(top.size):
            product = types.int32(parts_a[SIGNIFICAND, q, lane] * parts_b[SIGNIFICAND, at + q, lane])
            fall = top[lane] - parts_a[EXPONENT, q, lane] - parts_b[EXPONENT, at + q, lane] + lowered
            kept = types.int32(abs(product) << raised) >> min(fall, 31)
            small[lane] += -kept if product < 0 else kept
    for lane in range(top.size):
        total[lane] += small[lane]


@part
def make_terms(count: int, zero_exponent: int, block: Block, width: int) -> None:
    """The products of a block and their exponents."""
    parts_a, parts_b, at = block.a.parts, block.b.parts, block.at
    terms, exponents = block.bench.terms, block.bench.term_exponents
    for q in range(count):
        for lane in range(width):
            product = types.int64(parts_a[SIGNIFICAND, q, lane]) * parts_b[SIGNIFICAND, at + q, lane]
            terms[q, lane] = product
            exponent = parts_a[EXPONENT, q, lane] + parts_b[EXPONENT, at + q, lane]
            exponents[q, lane] = zero_exponent if product == 0 else exponent


@part
def _group_terms(how: Fusion, a: Lanes, b: Lanes, at: int, width: int, bench: Bench) -> None:
    """The exact sums of groups of products times their scales; the scales' exponents are what they align by."""
    parts_a, parts_b, scales_a, scales_b = a.parts, b.parts, a.scales, b.scales
    terms, exponents = bench.terms, bench.term_exponents
    for group in range(how.block // how.exact_group):
        in_b = at // how.exact_group + group
        for lane in range(width):
            terms[group, lane] = 0
            exponents[group, lane] = how.zero_exponent
        for q in range(group * how.exact_group, (group + 1) * how.exact_group):
            for lane in range(width):
                product = parts_a[SIGNIFICAND, q, lane] * parts_b[SIGNIFICAND, at + q, lane]
                raised = parts_a[EXPONENT, q, lane] + parts_b[EXPONENT, at + q, lane] - how.lowest
                exponent = scales_a[EXPONENT, group, lane] + scales_b[EXPONENT, in_b, lane]
                terms[group, lane] += types.int64(product) << max(raised, 0)
                exponents[group, lane] = exponent if product != 0 else exponents[group, lane]
        for lane in range(width):
            scale = types.int64(scales_a[SIGNIFICAND, group, lane]) * scales_b[SIGNIFICAND, in_b, lane]
            terms[group, lane] *= scale
            exponents[group, lane] = how.zero_exponent if scale == 0 else exponents[group, lane]


@part
def _add_terms(total: Any, top: Any, terms: Any, exponents: Any, elements: Any, left: int, alignment: int) -> None:
    """Add terms, aligned to the largest exponent."""
    for q in elements:
        for lane in range(total.size):
            top[lane] = max(top[lane], exponents[q, lane])
    for q in elements:
        for lane in range(total.size):
            fall = types.int64(top[lane]) - exponents[q, lane]
            total[lane] += shifted(terms[q, lane], left - fall, alignment)


@part
def _join_groups(groups: int, top: Any, total: Any, group_top: Any, group_total: Any) -> None:
    """Each group's sum, rounded down to the last bit of the largest, and all of them added."""
    for group in range(groups):
        for lane in range(top.size):
            top[lane] = max(top[lane], group_top[group, lane])
    for lane in range(top.size):
        total[lane] = 0
    for group in range(groups):
        for lane in range(top.size):
            total[lane] += group_total[group, lane] >> min(top[lane] - group_top[group, lane], 62)


@part
def _close(
    bits: int, alignment: int, target: Target, precision: int, sums: Any, top: Any, total: Any, bench: Bench
) -> None:
    """C as one more term, and the sum rounded."""
    addend, exponents = bench.wide[ADDEND], bench.narrow[ADDEND_EXPONENT]
    for lane in range(sums.size):
        highest = types.int64(top[lane])
        units = shifted(addend[lane], bits - precision + 1 - (highest - exponents[lane]), alignment)
        sums[lane] = rounded(total[lane] + units, highest - bits, target) + 0.0  # no zero is negative here


@part
def _close_late(
    bits: int, late_bits: int, reach: int, target: Target, precision: int, sums: Any, top: Any, total: Any, bench: Bench
) -> None:
    """The sum of the products and C, both rounded down to the larger exponent, the result rounded down and rounded."""
    addend, exponents = bench.wide[ADDEND], bench.narrow[ADDEND_EXPONENT]
    for lane in range(sums.size):
        highest, exponent = types.int64(top[lane]), types.int64(exponents[lane])
        largest = max(highest, exponent)
        products = shifted(total[lane], late_bits + 1 - bits - (largest - highest), TOWARD_NEGATIVE)
        units = shifted(addend[lane], bits - precision + 1 - (largest - exponent), TOWARD_NEGATIVE)
        units = 0 if 0 <= reach < largest - exponent else units
        products += units << (late_bits + 1 - bits)
        unit = largest - late_bits - 1
        leading = max(63 - leading_zeros(abs(products) | 1) + unit, target.least)
        excess = min(max(leading - late_bits - unit, 0), 62)
        sums[lane] = rounded(products >> excess, unit + excess, target)


@part
def note_special(count: int, block: Block, width: int) -> None:
    """Which lanes have a NaN or an infinity among their products."""
    parts_a, parts_b, at, flags = block.a.parts, block.b.parts, block.at, block.bench.narrow[FLAGS]
    for q in range(count):
        for lane in range(width):
            kind_a, kind_b = parts_a[KIND, q, lane], parts_b[KIND, at + q, lane]
            if max(kind_a, kind_b) >= INFINITE:
                negative = (parts_a[SIGNIFICAND, q, lane] < 0) != (parts_b[SIGNIFICAND, at + q, lane] < 0)
                invalid = max(kind_a, kind_b) == NAN or min(kind_a, kind_b) == ZERO
                flags[lane] |= INVALID if invalid else (NEGATIVE if negative else POSITIVE)


@part
def note_overflow(count: int, groups: int, fraction: int, limit: int, block: Block, width: int) -> None:
    """Which lanes have a product that is infinite because it is beyond the range of the accumulator."""
    parts_a, parts_b, at, flags = block.a.parts, block.b.parts, block.at, block.bench.narrow[FLAGS]
    group_top = block.bench.group_top
    highest = NEVER
    for group in range(groups):
        for lane in range(width):
            highest = max(highest, group_top[group, lane])
    if highest < limit - 1:
        return
    two = types.int64(2) << fraction
    for q in range(count):
        for lane in range(width):
            product = types.int64(parts_a[SIGNIFICAND, q, lane]) * parts_b[SIGNIFICAND, at + q, lane]
            exponent = parts_a[EXPONENT, q, lane] + parts_b[EXPONENT, at + q, lane]
            if exponent + (1 if abs(product) >= two else 0) >= limit:
                flags[lane] |= NEGATIVE if product < 0 else POSITIVE


@part
def set_special(flags: Any, sums: Any) -> None:
    """Replace the sums of lanes with a NaN or an infinity among their terms."""
    for lane in range(sums.size):
        if flags[lane] == POSITIVE:
            sums[lane] = float("inf")
        elif flags[lane] == NEGATIVE:
            sums[lane] = -float("inf")
        elif flags[lane] != 0:
            sums[lane] = float("nan")
