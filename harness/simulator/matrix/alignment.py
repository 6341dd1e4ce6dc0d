"""The parts of a step that aligns and adds, in compiled code: every loop runs over lanes.

A step takes its sums apart, finds the largest exponent, adds what the terms keep of themselves below it, and rounds.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numba import types
from numpy.typing import NDArray

from harness.simulator.formats import INFINITE, NAN, ZERO
from harness.simulator.matrix.accumulators import Target, floored, leading_zeros, round_all, shifted, take_apart
from harness.simulator.matrix.blocks import ADDEND, ADDEND_EXPONENT, FLAGS, SMALL, TOP, TOTAL, Bench
from harness.simulator.matrix.compiled import part
from harness.simulator.matrix.operands import EXPONENT, KIND, NEVER, SIGNIFICAND

#: What the kinds of a lane's products and of C already decide.
INVALID, POSITIVE, NEGATIVE = 1, 2, 4


class Rows(NamedTuple):
    """What one step knows of every lane: the largest exponent, a 32-bit sum, a 64-bit one, and rows for C and flags."""

    top: NDArray[Any]
    small: NDArray[Any]
    total: NDArray[Any]
    narrow: NDArray[Any]
    wide: NDArray[Any]


@part
def rows_of(bench: Bench, width: int) -> Rows:
    """The rows of so many lanes."""
    narrow, wide = bench.narrow, bench.wide
    return Rows(narrow[TOP, :width], narrow[SMALL, :width], wide[TOTAL, :width], narrow, wide)


@part
def open_block(sums: Any, late: bool, zero_exponent: int, precision: int, least: int, rows: Rows) -> bool:
    """Take the sums so far apart, as addends of a format of this precision; whether one is infinite or NaN."""
    flags, addend, exponents = rows.narrow[FLAGS], rows.wide[ADDEND], rows.narrow[ADDEND_EXPONENT]
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
def begin_group(late: bool, rows: Rows) -> None:
    """Begin a sum of nothing; where C is one of its terms, with C's exponent."""
    top, total, addend_exponent = rows.top, rows.total, rows.narrow[ADDEND_EXPONENT]
    for lane in range(top.size):
        top[lane] = NEVER if late else addend_exponent[lane]
        total[lane] = 0


@part
def end_group(group: int, rows: Rows, group_top: Any, group_total: Any) -> None:
    """Keep a group's sum and its largest exponent."""
    top, total = rows.top, rows.total
    for lane in range(top.size):
        group_top[group, lane] = top[lane]
        group_total[group, lane] = total[lane]


@part
def raise_top(rows: Rows, in_a: Any, in_b: Any, first: int, end: int, step: int) -> None:
    """The largest exponent so far, and of these products."""
    top = rows.top
    exponent_a, exponent_b = in_a[EXPONENT], in_b[EXPONENT]
    for q in range(first, end, step):
        if exponent_a.shape[1] == 1:
            of_a = exponent_a[q, 0]
            for lane in range(top.size):
                top[lane] = max(top[lane], of_a + exponent_b[q, lane])
        else:
            for lane in range(top.size):
                top[lane] = max(top[lane], exponent_a[q, lane] + exponent_b[q, lane])


@part
def add_short(rows: Rows, in_a: Any, in_b: Any, first: int, end: int, step: int, left: int) -> None:
    """Add products, aligned to the top exponent and cut off toward zero; few enough for 32 bits together."""
    top, small, total = rows.top, rows.small, rows.total
    significand_a, exponent_a = in_a[SIGNIFICAND], in_a[EXPONENT]
    significand_b, exponent_b = in_b[SIGNIFICAND], in_b[EXPONENT]
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
def add_terms(
    rows: Rows, terms: Any, exponents: Any, first: int, end: int, step: int, left: int, alignment: int
) -> None:
    """Add terms, aligned to the largest exponent."""
    top, total = rows.top, rows.total
    for q in range(first, end, step):
        for lane in range(total.size):
            top[lane] = max(top[lane], exponents[q, lane])
    for q in range(first, end, step):
        for lane in range(total.size):
            fall = types.int64(top[lane]) - exponents[q, lane]
            total[lane] += shifted(terms[q, lane], left - fall, alignment)


@part
def join_groups(groups: int, rows: Rows, group_top: Any, group_total: Any) -> None:
    """Each group's sum, rounded down to the last bit of the largest, and all of them added."""
    top, total = rows.top, rows.total
    for group in range(groups):
        for lane in range(top.size):
            top[lane] = max(top[lane], group_top[group, lane])
    for lane in range(top.size):
        total[lane] = 0
    for group in range(groups):
        for lane in range(top.size):
            total[lane] += group_total[group, lane] >> min(top[lane] - group_top[group, lane], 62)


@part
def close(bits: int, alignment: int, short: bool, target: Target, precision: int, sums: Any, rows: Rows) -> None:
    """C as one more term, and the sum rounded."""
    top, total, addend, exponents = rows.top, rows.total, rows.wide[ADDEND], rows.narrow[ADDEND_EXPONENT]
    for lane in range(sums.size):
        fall = types.int64(top[lane]) - exponents[lane]
        total[lane] += shifted(addend[lane], bits - precision + 1 - fall, alignment)
        top[lane] -= bits
    round_all(total, top, target, sums, short)
    for lane in range(sums.size):
        sums[lane] += 0.0  # no zero is negative here


@part
def close_late(
    bits: int, late_bits: int, reach: int, short: bool, target: Target, precision: int, sums: Any, rows: Rows
) -> None:
    """The sum of the products and C, both rounded down to the larger exponent, the result rounded down and rounded."""
    top, total, addend, exponents = rows.top, rows.total, rows.wide[ADDEND], rows.narrow[ADDEND_EXPONENT]
    for lane in range(sums.size):
        highest, exponent = types.int64(top[lane]), types.int64(exponents[lane])
        largest = max(highest, exponent)
        products = floored(total[lane], late_bits + 1 - bits - (largest - highest))
        units = floored(addend[lane], bits - precision + 1 - (largest - exponent))
        units = 0 if 0 <= reach < largest - exponent else units
        products += units << (late_bits + 1 - bits)
        unit = largest - late_bits - 1
        leading = max(63 - leading_zeros(abs(products) | 1) + unit, target.least)
        excess = max(leading - late_bits - unit, 0)
        total[lane] = floored(products, -excess)
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
    found = 0
    for q in range(count):
        for lane in range(width):
            product = types.int64(in_a[SIGNIFICAND, q, lane]) * in_b[SIGNIFICAND, at + q, lane]
            exponent = in_a[EXPONENT, q, lane] + in_b[EXPONENT, at + q, lane]
            if product != 0 and exponent + 63 - leading_zeros(abs(product)) - fraction >= limit:
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
