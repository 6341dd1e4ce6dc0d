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
    TOWARD_ZERO,
    Target,
    floored,
    leading_zeros,
    round_all,
    shifted,
    take_apart,
)
from harness.simulator.matrix.blocks import (
    ADDEND,
    ADDEND_EXPONENT,
    FLAGS,
    SMALL,
    TOP,
    TOTAL,
    Bench,
    ChainOfBlocks,
    Lanes,
)
from harness.simulator.matrix.compiled import part
from harness.simulator.matrix.operands import EXPONENT, KIND, NEVER, SIGNIFICAND, bring

#: What the kinds of a lane's products and of C already decide.
INVALID, POSITIVE, NEGATIVE = 1, 2, 4


class Fusion(NamedTuple):
    """How a fused step aligns and adds; an exponent that is not used is ``NEVER``.

    ``fraction`` counts the fraction bits of a term's significand. ``limit`` is the exponent from which a product is
    infinite. ``late_bits`` is 0 where C is a term like any other, ``reach`` is negative where C is never dropped.
    ``short`` says that sums are below 2**52 units. ``lowest`` is the least exponent of a product, for sums of groups.
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
    short: bool
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
    short: bool
    exact_group: int
    chunk: int


def short_chain(how: ShortFusion, chain: ChainOfBlocks, sums: Any) -> None:
    """Add block after block of products to ``sums``, with terms of 32 bits."""
    bench, in_a, in_b, width = chain.bench, chain.a.parts, chain.b.parts, sums.size
    top, small, total = bench.narrow[TOP, :width], bench.narrow[SMALL, :width], bench.wide[TOTAL, :width]
    significand_a, exponent_a = in_a[SIGNIFICAND], in_a[EXPONENT]
    significand_b, exponent_b = in_b[SIGNIFICAND], in_b[EXPONENT]
    precision, least, late = chain.precision, chain.least, how.late_bits > 0
    alone = how.groups == 1
    for at in range(0, chain.length, how.block):
        special = open_block(sums, late, how.zero_exponent, precision, least, bench.narrow, bench.wide)
        for group in range(how.groups):
            _begin_group(late, bench.narrow[ADDEND_EXPONENT], top, total)
            _raise_top(top, exponent_a, exponent_b, at + group, at + how.block, how.groups)
            for first in range(at + group, at + how.block, how.groups * how.chunk):
                end = min(at + how.block, first + how.groups * how.chunk)
                _add_short(
                    total, top, small, significand_a, significand_b, exponent_a, exponent_b, first, end, how.groups,
                    how.bits - how.fraction,
                )  # fmt: skip
            if not alone:
                _end_group(group, top, total, bench.group_top, bench.group_total)
        if not alone:
            _join_groups(how.groups, top, total, bench.group_top, bench.group_total)
        if chain.special:
            bring(chain.a, at, how.block, True, chain.block, width)
            special |= note_special(how.block, chain.block.parts, in_b, at, bench.narrow[FLAGS], width)
        if how.limit < -NEVER and highest_of(top) >= how.limit - 1:
            bring(chain.a, at, how.block, False, chain.block, width)
            special |= note_overflow(
                how.block, how.fraction, how.limit, chain.block.parts, in_b, at, bench.narrow[FLAGS], width
            )  # fmt: skip
        if late:
            _close_late(
                how.bits, how.late_bits, how.reach, how.short, chain.target, precision, sums, top, total, bench.narrow,
                bench.wide,
            )  # fmt: skip
        else:
            _close(
                how.bits, TOWARD_ZERO, how.short, chain.target, precision, sums, top, total, bench.narrow, bench.wide
            )
        if special:
            set_special(bench.narrow[FLAGS], sums)
        precision, least = chain.target.precision, chain.target.least


def fused_chain(how: Fusion, chain: ChainOfBlocks, sums: Any) -> None:
    """Add block after block of products to ``sums``, with terms of 64 bits."""
    bench, in_a, in_b, width = chain.bench, chain.block.parts, chain.b.parts, sums.size
    top, total = bench.narrow[TOP, :width], bench.wide[TOTAL, :width]
    precision, least, late = chain.precision, chain.least, how.late_bits > 0
    count = how.block // max(how.exact_group, 1)
    for at in range(0, chain.length, how.block):
        bring(chain.a, at, how.block, chain.special, chain.block, width)
        special = open_block(sums, late, how.zero_exponent, precision, least, bench.narrow, bench.wide)
        if how.exact_group > 0:
            _group_terms(how, chain.block, chain.b, at, width, bench)
        else:
            make_terms(how.block, how.zero_exponent, in_a, in_b, at, width, bench)
        for group in range(how.groups):
            _begin_group(late, bench.narrow[ADDEND_EXPONENT], top, total)
            _add_terms(
                total, top, bench.terms, bench.term_exponents, group, count, how.groups, how.bits - how.fraction,
                how.alignment,
            )  # fmt: skip
            _end_group(group, top, total, bench.group_top, bench.group_total)
        if how.groups > 1:
            _join_groups(how.groups, top, total, bench.group_top, bench.group_total)
        if chain.special:
            special |= note_special(how.block, in_a, in_b, at, bench.narrow[FLAGS], width)
        if how.limit < -NEVER and highest_of(top) >= how.limit - 1:
            special |= note_overflow(how.block, how.fraction, how.limit, in_a, in_b, at, bench.narrow[FLAGS], width)
        if late:
            _close_late(
                how.bits, how.late_bits, how.reach, how.short, chain.target, precision, sums, top, total, bench.narrow,
                bench.wide,
            )  # fmt: skip
        else:
            _close(
                how.bits, how.alignment, how.short, chain.target, precision, sums, top, total, bench.narrow, bench.wide
            )
        if special:
            set_special(bench.narrow[FLAGS], sums)
        precision, least = chain.target.precision, chain.target.least


@part
def open_block(sums: Any, late: bool, zero_exponent: int, precision: int, least: int, narrow: Any, wide: Any) -> bool:
    """Take the sums so far apart, as addends of a format of this precision; whether one is infinite or NaN."""
    flags, addend, exponents = narrow[FLAGS], wide[ADDEND], narrow[ADDEND_EXPONENT]
    found = 0
    for lane in range(sums.size):
        value = sums[lane]
        finite = abs(value) < float("inf")
        units, exponent = take_apart(value if finite else 0.0, precision, least)
        addend[lane] = units
        exponents[lane] = exponent if units != 0 or late else zero_exponent
        flag = 0 if finite else (POSITIVE if value > 0 else (NEGATIVE if value < 0 else INVALID))
        flags[lane] = flag
        found |= flag
    return found != 0


@part
def highest_of(top: Any) -> int:
    """The largest exponent of any lane."""
    highest = NEVER
    for lane in range(top.size):
        highest = max(highest, top[lane])
    return highest


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
def _raise_top(top: Any, exponent_a: Any, exponent_b: Any, first: int, end: int, step: int) -> None:
    """The largest exponent so far, and of these products."""
    for q in range(first, end, step):
        if exponent_a.shape[1] == 1:
            of_a = exponent_a[q, 0]
            for lane in range(top.size):
                top[lane] = max(top[lane], of_a + exponent_b[q, lane])
        else:
            for lane in range(top.size):
                top[lane] = max(top[lane], exponent_a[q, lane] + exponent_b[q, lane])


@part
def _add_short(
    total: Any,
    top: Any,
    small: Any,
    significand_a: Any,
    significand_b: Any,
    exponent_a: Any,
    exponent_b: Any,
    first: int,
    end: int,
    step: int,
    left: int,
) -> None:
    """Add products, aligned to the top exponent and cut off toward zero; few enough for 32 bits together."""
    raised, lowered = max(left, 0), max(-left, 0)
    for lane in range(top.size):
        small[lane] = 0
    for q in range(first, end, step):
        if exponent_a.shape[1] == 1:
            of_a, below = types.int32(significand_a[q, 0] << raised), exponent_a[q, 0] - lowered
            for lane in range(top.size):
                product = types.int32(of_a * significand_b[q, lane])
                kept = abs(product) >> min(top[lane] - exponent_b[q, lane] - below, 31)
                small[lane] += -kept if product < 0 else kept
        else:
            for lane in range(top.size):
                product = types.int32((significand_a[q, lane] << raised) * significand_b[q, lane])
                kept = abs(product) >> min(top[lane] - exponent_b[q, lane] - exponent_a[q, lane] + lowered, 31)
                small[lane] += -kept if product < 0 else kept
    for lane in range(top.size):
        total[lane] += small[lane]


@part
def make_terms(count: int, zero_exponent: int, in_a: Any, in_b: Any, at: int, width: int, bench: Bench) -> None:
    """The products of a block and their exponents."""
    terms, exponents = bench.terms, bench.term_exponents
    for q in range(count):
        for lane in range(width):
            product = types.int64(in_a[SIGNIFICAND, q, lane]) * in_b[SIGNIFICAND, at + q, lane]
            terms[q, lane] = product
            exponent = in_a[EXPONENT, q, lane] + in_b[EXPONENT, at + q, lane]
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
def _add_terms(
    total: Any, top: Any, terms: Any, exponents: Any, first: int, end: int, step: int, left: int, alignment: int
) -> None:
    """Add terms, aligned to the largest exponent."""
    for q in range(first, end, step):
        for lane in range(total.size):
            top[lane] = max(top[lane], exponents[q, lane])
    for q in range(first, end, step):
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
    bits: int,
    alignment: int,
    short: bool,
    target: Target,
    precision: int,
    sums: Any,
    top: Any,
    total: Any,
    narrow: Any,
    wide: Any,
) -> None:
    """C as one more term, and the sum rounded."""
    addend, exponents = wide[ADDEND], narrow[ADDEND_EXPONENT]
    for lane in range(sums.size):
        fall = types.int64(top[lane]) - exponents[lane]
        total[lane] += shifted(addend[lane], bits - precision + 1 - fall, alignment)
        top[lane] -= bits
    round_all(total, top, target, sums, short)
    for lane in range(sums.size):
        sums[lane] += 0.0  # no zero is negative here


@part
def _close_late(
    bits: int,
    late_bits: int,
    reach: int,
    short: bool,
    target: Target,
    precision: int,
    sums: Any,
    top: Any,
    total: Any,
    narrow: Any,
    wide: Any,
) -> None:
    """The sum of the products and C, both rounded down to the larger exponent, the result rounded down and rounded."""
    addend, exponents = wide[ADDEND], narrow[ADDEND_EXPONENT]
    for lane in range(sums.size):
        highest, exponent = types.int64(top[lane]), types.int64(exponents[lane])
        largest = max(highest, exponent)
        products = floored(total[lane], late_bits + 1 - bits - (largest - highest))
        units = floored(addend[lane], bits - precision + 1 - (largest - exponent))
        units = 0 if 0 <= reach < largest - exponent else units
        products += units << (late_bits + 1 - bits)
        unit = largest - late_bits - 1
        leading = max(63 - leading_zeros(abs(products) | 1) + unit, target.least)
        excess = min(max(leading - late_bits - unit, 0), 62)
        total[lane] = products >> excess
        top[lane] = unit + excess
    round_all(total, top, target, sums, short)


@part
def note_special(count: int, in_a: Any, in_b: Any, at: int, flags: Any, width: int) -> bool:
    """Flag the lanes with a NaN or an infinity among their products; whether there are any."""
    found = 0
    for q in range(count):
        for lane in range(width):
            kind_a, kind_b = in_a[KIND, q, lane], in_b[KIND, at + q, lane]
            if max(kind_a, kind_b) >= INFINITE:
                negative = (in_a[SIGNIFICAND, q, lane] < 0) != (in_b[SIGNIFICAND, at + q, lane] < 0)
                invalid = max(kind_a, kind_b) == NAN or min(kind_a, kind_b) == ZERO
                flags[lane] |= INVALID if invalid else (NEGATIVE if negative else POSITIVE)
                found = 1
    return found != 0


@part
def note_overflow(count: int, fraction: int, limit: int, in_a: Any, in_b: Any, at: int, flags: Any, width: int) -> bool:
    """Flag the lanes with a product that is infinite because it is beyond the accumulator's range; whether any are."""
    two, found = types.int64(2) << fraction, 0
    for q in range(count):
        for lane in range(width):
            product = types.int64(in_a[SIGNIFICAND, q, lane]) * in_b[SIGNIFICAND, at + q, lane]
            exponent = in_a[EXPONENT, q, lane] + in_b[EXPONENT, at + q, lane]
            if exponent + (1 if abs(product) >= two else 0) >= limit:
                flags[lane] |= NEGATIVE if product < 0 else POSITIVE
                found = 1
    return found != 0


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
