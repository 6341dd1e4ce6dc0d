"""Rounding to an accumulator's format, in compiled code: from a whole number of units, from a sum, from a product.

Between the steps of a dot product an accumulator is a float64 that holds a value of its format exactly. A result beyond
the format's range is infinite whatever the rounding, as matrix units have it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from harness.simulator.matrix.compiled import part

#: Codes of the rounding modes, of results and of aligned terms.
NEAREST_EVEN, NEAREST_AWAY, TOWARD_ZERO, TOWARD_POSITIVE, TOWARD_NEGATIVE = range(5)


class Target(NamedTuple):
    """A format to round to: its significand's bits, its exponents, the rounding, and whether subnormals become zero.

    ``native`` is 32 or 64 where the processor's own arithmetic of that width gives the same results, else 0.
    """

    precision: int
    least: int
    greatest: int
    rounding: int
    flush: int
    native: int


def _instruction(lowering: Callable[..., Any]) -> Callable[..., Any]:
    """One of the processor's instructions as a function of compiled code."""
    found: Callable[..., Any] = intrinsic(lowering)
    return found


@_instruction
def leading_zeros(typing: Any, value: Any) -> Any:
    """How many bits above the highest one of an int64 are zero; of zero, 64."""
    return types.int64(types.int64), lambda context, builder, signature, arguments: builder.ctlz(
        arguments[0], ir.Constant(ir.IntType(1), 0)
    )


@_instruction
def bits_of(typing: Any, value: Any) -> Any:
    """The word of a float64."""
    return types.int64(types.float64), lambda context, builder, signature, arguments: builder.bitcast(
        arguments[0], ir.IntType(64)
    )


@_instruction
def float_of(typing: Any, value: Any) -> Any:
    """The float64 of a word."""
    return types.float64(types.int64), lambda context, builder, signature, arguments: builder.bitcast(
        arguments[0], ir.DoubleType()
    )


@_instruction
def fused_multiply_add(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """``a * b + c`` rounded once, in float32 or float64 (IEEE 754-2019, clause 5.4.1)."""
    return a(a, a, a), lambda context, builder, signature, arguments: builder.fma(*arguments)


@part
def power_of_two(exponent: int) -> float:
    """Two to a power from -1022 to 1023."""
    found: float = float_of((exponent + 1023) << 52)
    return found


@part
def take_apart(value: float, precision: int, least: int) -> tuple[int, int]:
    """A finite value of a format as a whole number of units in its last place, and its exponent."""
    word: int = bits_of(value)
    field = (word >> 52) & 0x7FF
    magnitude = (word & ((1 << 52) - 1)) | ((1 << 52) if field > 0 else 0)
    exponent = max(field - 1023, least)
    significand = magnitude >> min(53 - precision + exponent - (field - 1023), 63)
    return (-significand if word < 0 else significand), exponent


@part
def shifted(value: int, left: int, rounding: int) -> int:
    """``value`` times two to the power ``left``; to the right, the bits that fall out are rounded.

    Written without branches, so that many lanes are computed at once.
    """
    right = min(max(-left, 0), 62)
    magnitude = abs(value)
    half = (1 << right) >> 1 if left > -63 else 0
    to_even = ((magnitude >> right) & 1) - 1 if rounding == NEAREST_EVEN and half > 0 else 0
    upward = TOWARD_NEGATIVE if value < 0 else TOWARD_POSITIVE
    added = (half if rounding <= NEAREST_AWAY else 0) + to_even + ((1 << right) - 1 if rounding == upward else 0)
    result = ((magnitude << min(max(left, 0), 62)) + added) >> right
    return -result if value < 0 else result


@part
def floored(value: int, left: int) -> int:
    """``value`` times two to the power ``left``, rounded down."""
    return value << min(max(left, 0), 62) >> min(max(-left, 0), 62)


@part
def rounded(units: int, exponent: int, target: Target) -> float:
    """``units`` * 2**``exponent`` rounded to the target; a negative number that becomes zero keeps its sign."""
    magnitude = abs(units)
    top = 63 - leading_zeros(magnitude | 1)
    last = max(top + exponent, target.least) - target.precision + 1
    kept = abs(shifted(units, exponent - last, target.rounding))
    value = float(kept) * power_of_two(min(max(last, -1022), 960))
    return finished(-value if units < 0 else value, target)


@part
def shortened(value: float, target: Target) -> float:
    """A float64 rounded to the target where that takes no more than its last 52 bits; others and 0 are left alone."""
    word: int = bits_of(value)
    drop = 53 - target.precision + max(target.least + 1023 - ((word >> 52) & 0x7FF), 0)
    drop = 0 if drop > 52 else drop
    half = (1 << drop) >> 1
    to_even = ((word >> drop) & 1) - 1 if target.rounding == NEAREST_EVEN and half > 0 else 0
    upward = TOWARD_NEGATIVE if word < 0 else TOWARD_POSITIVE
    added = (half if target.rounding <= NEAREST_AWAY else 0) + to_even + (
        (1 << drop) - 1 if target.rounding == upward else 0
    )  # fmt: skip
    found: float = float_of(((word + added) >> drop) << drop)
    return found


@part
def round_all(units: Any, exponents: Any, target: Target, sums: Any, short: bool) -> None:
    """Each of ``units`` * 2**``exponents`` rounded to the target; ``short`` where all units are below 2**52."""
    far = 0 if short else 1
    if short and target.native == 32:  # the processor rounds to float32 itself
        for lane in range(sums.size):
            value = float(units[lane]) * power_of_two(min(max(types.int64(exponents[lane]), -1022), 960))
            sums[lane] = finished(float(types.float32(value)), target)
    elif short:
        smallest = power_of_two(target.least - target.precision + 2)
        for lane in range(sums.size):
            value = float(units[lane]) * power_of_two(min(max(types.int64(exponents[lane]), -1022), 960))
            sums[lane] = finished(shortened(value, target), target)
            far |= value != 0.0 and abs(value) < smallest
    if far:
        for lane in range(sums.size):
            sums[lane] = rounded(units[lane], types.int64(exponents[lane]), target)


@part
def finished(value: float, target: Target) -> float:
    """A value of the target's precision in its range: infinite beyond it, no subnormal where those are flushed."""
    magnitude = abs(value)
    if magnitude >= power_of_two(target.greatest) * 2:
        return value * float("inf")
    if target.flush and magnitude < power_of_two(target.least):
        return value * 0.0
    return value


@part
def narrowed(value: float, error: float, target: Target) -> float:
    """The exact ``value + error`` rounded to the target, where ``error`` is less than half a unit of ``value``.

    ``value`` is first rounded to odd, after which a second rounding is that of the exact sum (Boldo and Melquiond,
    2008).
    """
    if not abs(value) < float("inf") or value == 0.0:
        return value
    word: int = bits_of(value)
    if error != 0.0:
        if (error < 0.0) != (value < 0.0):
            word -= 1
        word |= 1
    field = (word >> 52) & 0x7FF
    magnitude = (word & ((1 << 52) - 1)) | (1 << 52)
    units = -magnitude if word < 0 else magnitude
    return rounded(units, field - 1075, target)


@part
def added(x: float, y: float, target: Target) -> float:
    """``x + y`` rounded once to the target, zeros signed as IEEE 754 has it."""
    if target.native == 32:
        return finished(float(types.float32(x) + types.float32(y)), target)
    total = x + y
    if target.native == 64:
        return finished(total, target)
    if total == 0.0 and target.rounding == TOWARD_NEGATIVE:
        return -0.0 if x != 0.0 or bits_of(x) < 0 or bits_of(y) < 0 else 0.0
    part_of_y = total - x
    error = (x - (total - part_of_y)) + (y - part_of_y)
    return narrowed(total, error, target)


@part
def multiplied(x: float, y: float, target: Target) -> float:
    """``x * y`` rounded once to the target."""
    if target.native == 32:
        return finished(float(types.float32(x) * types.float32(y)), target)
    product = x * y
    if target.native == 64:
        return finished(product, target)
    return narrowed(product, 0.0, target)
