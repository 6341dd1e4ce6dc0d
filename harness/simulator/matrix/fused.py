"""Fused dot products, in compiled code: terms aligned to the largest exponent, added, rounded once a block.

Definitions: Fasi, Higham, Mikaitis and Pranesh, doi:10.7717/peerj-cs.330 (2021), for the alignment;
the fields of a profile say which bits are kept, how, and when C joins.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numba import types

from harness.simulator.matrix.accumulators import TOWARD_ZERO
from harness.simulator.matrix.alignment import (
    add_short,
    add_terms,
    begin_group,
    close,
    close_late,
    end_group,
    highest_of,
    join_groups,
    make_terms,
    note_overflow,
    note_special,
    open_block,
    raise_top,
    rows_of,
    set_special,
)
from harness.simulator.matrix.blocks import FLAGS, Bench, ChainOfBlocks, Lanes
from harness.simulator.matrix.compiled import chosen, part
from harness.simulator.matrix.operands import EXPONENT, NEVER, SIGNIFICAND, bring


class ShortFusion(NamedTuple):
    """C is a term like any other; terms are cut off toward zero and fit 32 bits, ``chunk`` of them together.

    ``fraction`` counts the fraction bits of a term's significand; ``short`` says that sums are below 2**52 units. A
    zero product needs no exponent of its own here: C's, or that of a C that is zero, is never below it.
    """

    block: int
    bits: int
    zero_exponent: int
    fraction: int
    chunk: int
    short: bool


class LateFusion(NamedTuple):
    """C joins in a second step, which keeps ``late_bits``; terms are as in ``ShortFusion``.

    ``limit`` is the exponent from which a product is infinite; ``reach`` is negative where C is never dropped.
    """

    block: int
    groups: int
    bits: int
    fraction: int
    chunk: int
    limit: int
    late_bits: int
    reach: int
    short: bool


class GroupFusion(NamedTuple):
    """Terms are exact sums of groups times their scales; ``lowest`` is the least exponent of a product."""

    block: int
    bits: int
    alignment: int
    zero_exponent: int
    fraction: int
    lowest: int
    short: bool
    exact_group: int


class Fusion(NamedTuple):
    """Any alignment of terms of 64 bits, with C as one of them or, where ``late_bits`` is not 0, in a second step."""

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


@chosen
def short_chain(how: ShortFusion, chain: ChainOfBlocks, sums: Any) -> None:
    """Add block after block of products to ``sums``."""
    bench, in_a, in_b, width = chain.bench, chain.a.parts, chain.b.parts, sums.size
    rows = rows_of(bench, width)
    precision, least = chain.precision, chain.least
    for at in range(0, chain.length, how.block):
        special = open_block(sums, False, how.zero_exponent, precision, least, rows)
        begin_group(False, rows)
        raise_top(rows, in_a, in_b, at, at + how.block, 1)
        for first in range(at, at + how.block, how.chunk):
            end = min(at + how.block, first + how.chunk)
            add_short(rows, in_a, in_b, first, end, 1, how.bits - how.fraction)
        if chain.special:
            bring(in_a, at, how.block, chain.block.parts, width)
            special |= note_special(how.block, chain.block.parts, in_b, at, bench.narrow[FLAGS], width)
        close(how.bits, TOWARD_ZERO, how.short, chain.target, precision, sums, rows)
        if special:
            set_special(bench.narrow[FLAGS], sums)
        precision, least = chain.target.precision, chain.target.least


@chosen
def late_chain(how: LateFusion, chain: ChainOfBlocks, sums: Any) -> None:
    """Add block after block of products to ``sums``."""
    bench, in_a, in_b, width = chain.bench, chain.a.parts, chain.b.parts, sums.size
    rows = rows_of(bench, width)
    precision, least = chain.precision, chain.least
    for at in range(0, chain.length, how.block):
        special = open_block(sums, True, NEVER, precision, least, rows)
        for group in range(how.groups):
            begin_group(True, rows)
            raise_top(rows, in_a, in_b, at + group, at + how.block, how.groups)
            for first in range(at + group, at + how.block, how.groups * how.chunk):
                end = min(at + how.block, first + how.groups * how.chunk)
                add_short(rows, in_a, in_b, first, end, how.groups, how.bits - how.fraction)
            if how.groups > 1:
                end_group(group, rows, bench.group_top, bench.group_total)
        if how.groups > 1:
            join_groups(how.groups, rows, bench.group_top, bench.group_total)
        beyond = how.limit < -NEVER and highest_of(rows.top) >= how.limit - 1
        if chain.special or beyond:
            bring(in_a, at, how.block, chain.block.parts, width)
        if chain.special:
            special |= note_special(how.block, chain.block.parts, in_b, at, bench.narrow[FLAGS], width)
        if beyond:
            special |= note_overflow(
                how.block, how.fraction, how.limit, chain.block.parts, in_b, at, bench.narrow[FLAGS], width
            )
        close_late(how.bits, how.late_bits, how.reach, how.short, chain.target, precision, sums, rows)
        if special:
            set_special(bench.narrow[FLAGS], sums)
        precision, least = chain.target.precision, chain.target.least


@chosen
def group_chain(how: GroupFusion, chain: ChainOfBlocks, sums: Any) -> None:
    """Add block after block of products to ``sums``."""
    bench, in_a, in_b, width = chain.bench, chain.block.parts, chain.b.parts, sums.size
    rows = rows_of(bench, width)
    precision, least = chain.precision, chain.least
    count = how.block // how.exact_group
    for at in range(0, chain.length, how.block):
        bring(chain.a.parts, at, how.block, in_a, width)
        bring(chain.a.scales, at // how.exact_group, count, chain.block.scales, width)
        special = open_block(sums, False, how.zero_exponent, precision, least, rows)
        _group_terms(how, chain.block, chain.b, at, width, bench)
        begin_group(False, rows)
        add_terms(rows, bench.terms, bench.term_exponents, 0, count, 1, how.bits - how.fraction, how.alignment)
        if chain.special:
            special |= note_special(how.block, in_a, in_b, at, bench.narrow[FLAGS], width)
        close(how.bits, how.alignment, how.short, chain.target, precision, sums, rows)
        if special:
            set_special(bench.narrow[FLAGS], sums)
        precision, least = chain.target.precision, chain.target.least


@chosen
def fused_chain(how: Fusion, chain: ChainOfBlocks, sums: Any) -> None:
    """Add block after block of products to ``sums``."""
    bench, in_a, in_b, width = chain.bench, chain.block.parts, chain.b.parts, sums.size
    rows = rows_of(bench, width)
    precision, least, late = chain.precision, chain.least, how.late_bits > 0
    for at in range(0, chain.length, how.block):
        bring(chain.a.parts, at, how.block, in_a, width)
        special = open_block(sums, late, how.zero_exponent, precision, least, rows)
        make_terms(how.block, how.zero_exponent, in_a, in_b, at, width, bench)
        for group in range(how.groups):
            begin_group(late, rows)
            left = how.bits - how.fraction
            add_terms(rows, bench.terms, bench.term_exponents, group, how.block, how.groups, left, how.alignment)
            end_group(group, rows, bench.group_top, bench.group_total)
        if how.groups > 1:
            join_groups(how.groups, rows, bench.group_top, bench.group_total)
        if chain.special:
            special |= note_special(how.block, in_a, in_b, at, bench.narrow[FLAGS], width)
        if how.limit < -NEVER and highest_of(rows.top) >= how.limit - 1:
            special |= note_overflow(how.block, how.fraction, how.limit, in_a, in_b, at, bench.narrow[FLAGS], width)
        if late:
            close_late(how.bits, how.late_bits, how.reach, how.short, chain.target, precision, sums, rows)
        else:
            close(how.bits, how.alignment, how.short, chain.target, precision, sums, rows)
        if special:
            set_special(bench.narrow[FLAGS], sums)
        precision, least = chain.target.precision, chain.target.least


@part
def _group_terms(how: GroupFusion, a: Lanes, b: Lanes, at: int, width: int, bench: Bench) -> None:
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
