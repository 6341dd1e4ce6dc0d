"""From an instruction's arithmetic to the numbers its compiled code runs on."""

from __future__ import annotations

from harness.simulator.formats import FORMATS
from harness.simulator.matrix.accumulators import (
    NEAREST_AWAY,
    NEAREST_EVEN,
    TOWARD_NEGATIVE,
    TOWARD_POSITIVE,
    TOWARD_ZERO,
    Target,
)
from harness.simulator.matrix.dot import Dot, block_of
from harness.simulator.matrix.exact import Exact
from harness.simulator.matrix.fused import Fusion, GroupFusion, LateFusion, ShortFusion
from harness.simulator.matrix.kernels import Chained
from harness.simulator.matrix.operands import NEVER
from harness.simulator.matrix.order import Plan
from harness.simulator.matrix.stepwise import MultiplyAdds, Pairwise

_ROUNDINGS = {
    "nearest-even": NEAREST_EVEN,
    "nearest-away": NEAREST_AWAY,
    "toward-zero": TOWARD_ZERO,
    "toward-positive": TOWARD_POSITIVE,
    "toward-negative": TOWARD_NEGATIVE,
    "truncate": TOWARD_ZERO,
    "floor": TOWARD_NEGATIVE,
    "ceiling": TOWARD_POSITIVE,
}


def plan_of(dot: Dot) -> Plan:
    """The plan of an instruction on floating-point operands."""
    accumulator, how = FORMATS[dot.accumulator], _how(dot)
    target = _target(dot, dot.accumulator, dot.get("rounding"), dot.get("fraction_bits", accumulator.fraction_bits))

    def chained(name: str) -> Chained:
        return Chained(how, target, FORMATS[name].precision, FORMATS[name].least, dot.get("exact_group", 0))

    return Plan(
        from_c=chained(dot.c),
        from_d=chained(dot.d),
        from_zero=chained(dot.accumulator),
        between=_target(dot, dot.accumulator, "nearest-even", accumulator.fraction_bits),
        result=_target(dot, dot.d, dot.get("rounding"), FORMATS[dot.d].fraction_bits),
    )


def flushes(dot: Dot, side: str) -> bool:
    """Whether subnormal ``inputs`` or ``outputs`` become zero."""
    return dot.get("flush") in (side, "both")


def _target(dot: Dot, name: str, rounding: str, fraction_bits: int) -> Target:
    form = FORMATS[name]
    own = rounding == "nearest-even" and fraction_bits == form.fraction_bits
    native = {"float32": 32, "float64": 64}.get(name, 0) if own else 0
    flush = int(flushes(dot, "outputs"))
    return Target(fraction_bits + 1, form.least, form.greatest, _ROUNDINGS[rounding], flush, native)


def _how(dot: Dot) -> ShortFusion | LateFusion | GroupFusion | Fusion | Exact | Pairwise | MultiplyAdds:
    """How a block is added."""
    block, model = block_of(dot), dot.get("model")
    if model == "fma":
        return MultiplyAdds(block)
    if model == "pairwise":
        return Pairwise(block)
    a, b, group = FORMATS[dot.a], FORMATS[dot.b], dot.get("exact_group", 0)
    fraction = a.fraction_bits + b.fraction_bits
    bounded = dot.get("product_range") == "accumulator"
    limit = FORMATS[dot.accumulator].greatest + 1 if bounded else -NEVER
    if model == "exact":
        return Exact(block, fraction, limit)
    if group:
        fraction += 2 * FORMATS[dot.get("scale_format")].fraction_bits - a.least - b.least
    late = dot.get("late_bits", 0) if dot.get("addend") == "late" else 0
    bits, groups, zero = dot.get("alignment_bits"), dot.get("groups", 1), dot.get("zero_exponent", NEVER)
    alignment, reach = _ROUNDINGS[dot.get("alignment", "truncate")], dot.get("addend_reach", -1)
    short = max(bits, late) + (14 if group else 3 + block.bit_length()) <= 50
    if group:
        return GroupFusion(block, bits, alignment, zero, fraction, a.least + b.least, short, group)
    chunk = _chunk(dot, fraction, zero)
    if chunk and late:
        return LateFusion(block, groups, bits, fraction, chunk, limit, late, reach, short)
    if chunk and not bounded:
        return ShortFusion(block, bits, zero, fraction, chunk, short)
    return Fusion(block, groups, bits, alignment, zero, fraction, limit, late, reach, short)


def _chunk(dot: Dot, fraction: int, zero: int) -> int:
    """How many terms of a fused block a sum of 32 bits can take; 0 where 64 bits are needed.

    A zero product needs no exponent of its own where C's, or that of a C that is zero, is never below it.
    """
    if dot.get("alignment", "truncate") != "truncate":
        return 0
    if zero != NEVER and zero > min(FORMATS[dot.c].least, FORMATS[dot.accumulator].least):
        return 0
    largest = ((1 << FORMATS[dot.a].precision) - 1) * ((1 << FORMATS[dot.b].precision) - 1)
    terms: int = ((1 << 31) - 1) // (largest << max(dot.get("alignment_bits") - fraction, 0))
    return terms
