"""Operands of dot products, in compiled code: rows of words along K become lanes, taken apart or as values."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

from harness.simulator.formats import FINITE, INFINITE, NAN, ZERO
from harness.simulator.matrix.blocks import Lanes
from harness.simulator.matrix.compiled import part

#: The exponent of what takes no part in the search for the largest.
NEVER = -(1 << 20)

#: The rows of ``Lanes.parts`` and of ``Lanes.scales``.
SIGNIFICAND, EXPONENT, KIND = range(3)


class Words(NamedTuple):
    """One operand as words, and how to read them: one row of K words for each row of A or column of B.

    ``table`` has significand, exponent and kind of every word; it is empty for words of 32 bits, which are laid out as
    ``precision`` and ``least`` say, after ``dropped`` low bits. Where the steps take values, ``values`` has them and
    the rest is empty. ``scales`` has one word for each ``scale_block`` elements and a table of its own; a block of zero
    elements means there are none.
    """

    words: NDArray[Any]
    values: NDArray[Any]
    table: NDArray[Any]
    precision: int
    least: int
    dropped: int
    flush: int
    scales: NDArray[Any]
    scale_table: NDArray[Any]
    scale_block: int


@part
def take_word(table: NDArray[Any], word: int, precision: int, least: int, dropped: int) -> tuple[int, int, int]:
    """One word as significand, exponent and kind."""
    if table.size > 0:
        return table[SIGNIFICAND, word], table[EXPONENT, word], table[KIND, word]
    fraction = precision - 1
    bits = word >> dropped
    field = (bits >> fraction) & 0xFF
    significand = bits & ((1 << fraction) - 1)
    kind = FINITE if field | significand else ZERO
    if field == 0xFF:
        kind = NAN if significand else INFINITE
        significand = 1
    elif field > 0:
        significand |= 1 << fraction
    return -significand if word >> 31 else significand, max(field, 1) - 1 + least, kind


@part
def fill_lanes(operand: Words, first: int, count: int, take: Any, exact_group: int, lanes: Lanes) -> bool:
    """Put ``count`` rows from ``first`` on into lanes, element ``take[q]`` at q; whether any is infinite or NaN.

    Where ``take`` is negative there is a zero. Scales that are powers of two join the exponents, unless products are
    added exactly in groups before their scales do.
    """
    words, values, table = operand.words, operand.values, operand.table
    parts, in_values = lanes.parts, lanes.values
    precision, least, dropped, flush = operand.precision, operand.least, operand.dropped, operand.flush
    if operand.scale_block > 0:
        _fill_scales(operand, first, count, take, exact_group, lanes)
    special = 0
    for lane in range(count):
        row = first + lane
        for q in range(take.size):
            k = take[q]
            if words.size == 0:
                in_values[q, lane] = values[row, k] if k >= 0 else 0.0
                continue
            significand, exponent, kind = 0, NEVER, ZERO
            if k >= 0:
                significand, exponent, kind = take_word(table, words[row, k], precision, least, dropped)
            if kind == ZERO or (flush and kind == FINITE and abs(significand) < (1 << (precision - 1))):
                significand, exponent, kind = 0, NEVER, ZERO
            parts[SIGNIFICAND, q, lane] = significand
            parts[EXPONENT, q, lane] = exponent
            parts[KIND, q, lane] = kind
            special |= kind >= INFINITE
    if operand.scale_block > 0:
        special |= _scale_operands(operand, first, count, take, exact_group, lanes)
    return special > 0


@part
def _fill_scales(operand: Words, first: int, count: int, take: Any, exact_group: int, lanes: Lanes) -> None:
    """Each group's scale, where groups of products are added before their scales join."""
    scales, table = lanes.scales, operand.scale_table
    for group in range(scales.shape[1]):
        k = take[group * exact_group]
        for lane in range(count):
            word = operand.scales[first + lane, k // operand.scale_block] if k >= 0 else 0
            zero = k < 0 or table[KIND, word] == ZERO
            scales[SIGNIFICAND, group, lane] = 0 if zero else table[SIGNIFICAND, word]
            scales[EXPONENT, group, lane] = NEVER if zero else table[EXPONENT, word]


@part
def _scale_operands(operand: Words, first: int, count: int, take: Any, exact_group: int, lanes: Lanes) -> bool:
    """Add the scales' exponents to the elements', and make elements NaN whose scale is; whether one is."""
    parts, table = lanes.parts, operand.scale_table
    special = False
    for q in range(take.size):
        for lane in range(count if take[q] >= 0 else 0):
            word = operand.scales[first + lane, take[q] // operand.scale_block]
            if table[KIND, word] == NAN:
                parts[KIND, q, lane] = NAN
                special = True
            elif exact_group == 0:
                parts[EXPONENT, q, lane] += table[EXPONENT, word]
    return special


@part
def bring(source: Lanes, begin: int, count: int, special: bool, lanes: Lanes, width: int) -> None:
    """Copy ``count`` elements of each lane, kinds only where one is special; where ``source`` has one lane, to all."""
    parts, scales = source.parts, source.scales
    for row in range(3 if special else 2):
        bring_values(parts[row], begin, count, lanes.parts[row], width)
    per_group = parts.shape[1] // scales.shape[1] if scales.shape[1] > 0 else 1
    for row in range(2):
        bring_values(scales[row], begin // per_group, lanes.scales.shape[1], lanes.scales[row], width)


@part
def bring_values(source: Any, begin: int, count: int, target: Any, width: int) -> None:
    """Copy ``count`` rows of lanes; where ``source`` has one lane, to all."""
    for q in range(count):
        if source.shape[1] == 1:
            value = source[begin + q, 0]
            for lane in range(width):
                target[q, lane] = value
        else:
            for lane in range(width):
                target[q, lane] = source[begin + q, lane]
