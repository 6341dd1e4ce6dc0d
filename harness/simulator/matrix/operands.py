"""Operands of dot products, in compiled code: words become lanes, taken apart or as values."""

from __future__ import annotations

from typing import Any, NamedTuple

from numba import types
from numba.extending import overload
from numpy.typing import NDArray

from harness.simulator.formats import FINITE, INFINITE, NAN, ZERO
from harness.simulator.matrix.blocks import Lanes
from harness.simulator.matrix.compiled import chosen, part

#: The exponent of what takes no part in the search for the largest.
NEVER = -(1 << 20)

#: The rows of ``Lanes.parts`` and of ``Lanes.scales``.
SIGNIFICAND, EXPONENT, KIND = range(3)


class Values(NamedTuple):
    """One operand as float64: K by rows of A, or K by columns of B."""

    values: NDArray[Any]


class Words(NamedTuple):
    """One operand as words, K by rows of A or K by columns of B, and how to read them.

    ``table`` has significand, exponent and kind of every word; it is empty for formats laid out as IEEE 754 has it,
    with words of ``width`` bits, ``precision`` and ``least`` as the format's, and ``dropped`` low bits not looked at.
    """

    words: NDArray[Any]
    table: NDArray[Any]
    width: int
    precision: int
    least: int
    dropped: int
    flush: int


class ScaledWords(NamedTuple):
    """An operand whose ``block`` of neighbours share a scale: the words of these, and a table of their own."""

    words: Words
    scales: NDArray[Any]
    table: NDArray[Any]
    block: int


Operand = Values | Words | ScaledWords


def fill_lanes(operand: Any, first: int, count: int, take: Any, exact_group: int, lanes: Any) -> bool:
    """Put ``count`` rows or columns from ``first`` on into lanes, element ``take[q]`` at q; whether one is special.

    Where ``take`` is negative there is a zero. Scales that are powers of two join the exponents, unless products are
    added exactly in groups before their scales do. The class of the operand decides which code is compiled; outside of
    compiled code there is none, and calling it is a fault.
    """
    raise TypeError("fill_lanes exists in compiled code alone")


@overload(fill_lanes, strict=False)
def _fill_lanes(operand: Any, first: int, count: int, take: Any, exact_group: int, lanes: Any) -> Any:
    return {Values: _fill_values, Words: _fill_words, ScaledWords: _fill_scaled}[operand.instance_class]


@chosen
def _fill_values(operand: Values, first: int, count: int, take: Any, exact_group: int, lanes: Lanes) -> bool:
    values, filled = operand.values, lanes.values
    for lane in range(count):
        for q in range(take.size):
            filled[q, lane] = values[take[q], first + lane] if take[q] >= 0 else 0.0
    return False


@chosen
def _fill_words(operand: Words, first: int, count: int, take: Any, exact_group: int, lanes: Lanes) -> bool:
    return take_words(operand, first, count, take, lanes.parts)


@chosen
def _fill_scaled(operand: ScaledWords, first: int, count: int, take: Any, exact_group: int, lanes: Lanes) -> bool:
    special = take_words(operand.words, first, count, take, lanes.parts)
    if exact_group > 0:
        _fill_scales(operand, first, count, take, exact_group, lanes.scales)
    return _scale(operand, first, count, take, exact_group, lanes.parts) or special


@part
def take_words(operand: Words, first: int, count: int, take: Any, parts: Any) -> bool:
    """Take words apart; a zero's exponent is never the largest. Whether any is infinite or NaN."""
    if operand.table.size > 0:
        return _look_up(operand.words, operand.table, operand.precision, operand.flush, first, count, take, parts)
    return _take_apart(operand, first, count, take, parts)


@part
def _look_up(words: Any, table: Any, precision: int, flush: int, first: int, count: int, take: Any, parts: Any) -> bool:
    special = 0
    for q in range(take.size):
        for lane in range(count):
            significand, exponent, kind = 0, NEVER, ZERO
            if take[q] >= 0:
                word = words[take[q], first + lane]
                significand, exponent, kind = table[SIGNIFICAND, word], table[EXPONENT, word], table[KIND, word]
            if kind == ZERO or (flush and kind == FINITE and abs(significand) < (1 << (precision - 1))):
                significand, exponent, kind = 0, NEVER, ZERO
            parts[SIGNIFICAND, q, lane] = significand
            parts[EXPONENT, q, lane] = exponent
            parts[KIND, q, lane] = kind
            special |= kind >= INFINITE
    return special > 0


@part
def _take_apart(operand: Words, first: int, count: int, take: Any, parts: Any) -> bool:
    """The same for formats laid out as IEEE 754 has it, without branches, so that many lanes are done at once."""
    words, least, dropped, fraction = operand.words, operand.least, operand.dropped, operand.precision - 1
    highest = (1 << (operand.width - operand.dropped - 1 - fraction)) - 1
    hidden, sign = 1 << fraction, operand.width - operand.dropped - 1
    special = 0
    for q in range(take.size):
        if take[q] < 0:
            for lane in range(count):
                parts[SIGNIFICAND, q, lane], parts[EXPONENT, q, lane], parts[KIND, q, lane] = 0, NEVER, ZERO
            continue
        for lane in range(count):
            word = types.int64(words[take[q], first + lane]) >> dropped
            field, low = (word >> fraction) & highest, word & (hidden - 1)
            magnitude = low | (hidden if field > 0 else 0)
            beyond = bool(field == highest)
            kind = (NAN if low > 0 else INFINITE) if beyond else (FINITE if magnitude > 0 else ZERO)
            nothing = kind == ZERO or (operand.flush > 0 and field == 0)
            magnitude = 1 if beyond else (0 if nothing else magnitude)
            parts[SIGNIFICAND, q, lane] = -magnitude if (word >> sign) & 1 else magnitude
            parts[EXPONENT, q, lane] = NEVER if nothing else max(field, 1) - 1 + least
            parts[KIND, q, lane] = ZERO if nothing else kind
            special |= beyond
    return special > 0


@part
def _fill_scales(operand: ScaledWords, first: int, count: int, take: Any, exact_group: int, scales: Any) -> None:
    """Each group's scale, where groups of products are added before their scales join."""
    table = operand.table
    for group in range(take.size // exact_group):
        k = take[group * exact_group]
        for lane in range(count):
            word = operand.scales[first + lane, k // operand.block] if k >= 0 else 0
            zero = k < 0 or table[KIND, word] == ZERO
            scales[SIGNIFICAND, group, lane] = 0 if zero else table[SIGNIFICAND, word]
            scales[EXPONENT, group, lane] = NEVER if zero else table[EXPONENT, word]


@part
def _scale(operand: ScaledWords, first: int, count: int, take: Any, exact_group: int, parts: Any) -> bool:
    """Add the scales' exponents to the elements', and make elements NaN whose scale is; whether one is."""
    table = operand.table
    special = False
    for q in range(take.size):
        for lane in range(count if take[q] >= 0 else 0):
            word = operand.scales[first + lane, take[q] // operand.block]
            if table[KIND, word] == NAN:
                parts[KIND, q, lane] = NAN
                special = True
            elif exact_group == 0:
                parts[EXPONENT, q, lane] += table[EXPONENT, word]
    return special


@part
def bring(source: Any, begin: int, count: int, target: Any, width: int) -> None:
    """Copy ``count`` elements of each lane, in every row of parts; where ``source`` has one lane, to all."""
    for row in range(target.shape[0]):
        for q in range(count):
            if source.shape[2] == 1:
                value = source[row, begin + q, 0]
                for lane in range(width):
                    target[row, q, lane] = value
            else:
                for lane in range(width):
                    target[row, q, lane] = source[row, begin + q, lane]


@part
def bring_values(source: Any, begin: int, count: int, target: Any, width: int) -> None:
    """Copy ``count`` values of each lane; where ``source`` has one lane, to all."""
    for q in range(count):
        if source.shape[1] == 1:
            value = source[begin + q, 0]
            for lane in range(width):
                target[q, lane] = value
        else:
            for lane in range(width):
                target[q, lane] = source[begin + q, lane]
