"""Units one step off: how each field of a matrix unit could be wrong, and which of these changes nothing can show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.simulator.definition import Parameters
from tests.simulator.number_formats import FORMS, INTEGERS

Change = tuple[str, str, dict[str, Any]]


def mutants(unit: Parameters) -> dict[str, Parameters]:
    """Units that differ from one in one field, by one step where it is a number, as far as there can be such units."""
    if unit.d in INTEGERS:
        return {
            f"overflow {mode}": replace(unit, overflow=mode) for mode in ("wrap", "saturate") if mode != unit.overflow
        }
    changes = [*_steps(unit), *_words_instead(unit), *_shapes(unit)]
    return {f"{field} {how}": replace(unit, **more) for field, how, more in changes}


def _steps(p: Parameters) -> Iterator[Change]:
    """One more and one less."""
    for field in ("alignment_bits", "zero_exponent", "late_bits", "addend_reach", "fraction_bits"):
        value = getattr(p, field)
        if value is not None:
            yield from ((field, f"{by:+d}", {field: value + by}) for by in (1, -1))
    if p.fraction_bits is None:
        yield "fraction_bits", "-1", {"fraction_bits": FORMS[p.kept].fraction - 1}


def _words_instead(p: Parameters) -> Iterator[Change]:
    """Another word in the place of the one that is there."""
    for mode in ("nearest-even", "nearest-away", "toward-zero", "toward-positive", "toward-negative"):
        if mode != p.rounding:
            yield "rounding", mode, {"rounding": mode}
    yield from (("flush", mode, {"flush": mode}) for mode in ("none", "both") if mode != p.flush)
    if p.model == "fused":
        yield from (("alignment", mode, {"alignment": mode}) for mode in ("floor", "nearest-even"))
    if p.model in ("fused", "exact"):
        other = "unbounded" if p.product_range == "accumulator" else "accumulator"
        yield "product_range", other, {"product_range": other}
        addend = "last" if p.addend is None else "fused"
        yield "addend", addend, {"addend": addend, "late_bits": None, "addend_reach": None, "groups": 1}
    if p.addend != "late" and p.passes == 1:
        yield "order", "pairwise", {"order": "pairwise"}
        yield "order", "split-k", {"order": "split-k", "splits": 2}


def _shapes(p: Parameters) -> Iterator[Change]:
    """Blocks, groups and passes of another size."""
    if p.block is not None:
        yield "block", "* 2", {"block": 2 * p.block}
        if p.block % (2 * max(p.groups, p.scale_block or 1)) == 0:
            yield "block", "/ 2", {"block": p.block // 2}
    if p.addend in ("late", "last") and p.width > 1:
        yield "groups", str(3 - p.groups), {"groups": 3 - p.groups}
    if p.depth > 1:
        yield "passes", str(3 - p.passes), {"passes": 3 - p.passes, "run": p.run if p.passes == 1 else 1}
    if p.passes > 1:
        yield "run", "/ 2", {"run": p.run // 2}
        yield "run", "* 2", {"run": p.run * 2}
    if p.exact_group is not None:
        yield "exact_group", "/ 2", {"exact_group": p.exact_group // 2}


def why_no_effect(unit: Parameters, change: str) -> str | None:
    """Why no operands at all can show a change, where that can be proved; ``None`` where some vector has to show it."""
    field = change.split(maxsplit=1)[0]
    proof = {"zero_exponent": _zero_unseen, "product_range": _range_unseen, "passes": _passes_unseen}.get(field)
    if change == "block * 2":
        proof = _block_unseen
    return proof(unit) if proof is not None else None


def _zero_unseen(p: Parameters) -> str | None:
    """A zero exponent matters only where it is the largest: where no other term of the block is above it."""
    assert p.zero_exponent is not None
    assert p.alignment_bits is not None
    forms = FORMS[p.a], FORMS[p.b]
    kept, addend = FORMS[p.kept], FORMS[p.c]
    fraction = kept.fraction if p.fraction_bits is None else p.fraction_bits
    least, last = (sum(form.least for form in forms), sum(form.least - form.fraction for form in forms))
    if p.scale_format == "float8_e8m0fnu":
        least, last = least - 254, last - 254
    elif p.scale_format is not None:  # two scales, the least 2**-9; subnormal ones have the exponent -6
        least, last = (least if p.exact_group is None else 0) - 12, last - 18
    above = p.zero_exponent + 1
    # Every term that is not zero has an exponent of at least these. Is the zero exponent, or one more, never above
    # them, it is the largest only where all terms are zero, and then the sum is zero whatever is cut off.
    if above <= min(least, kept.least, addend.least):
        return "no product and no C lies below the exponent of a zero"
    # Is the zero exponent the largest, what is cut off lies below 2**(above - bits). Are all terms multiples of that,
    # nothing is cut off, neither with this exponent nor with one beside it.
    if above - p.alignment_bits <= min(last, kept.least - fraction, addend.least - addend.fraction):
        return "no product has bits so low that the exponent of a zero could cut them off"
    return None


def _range_unseen(p: Parameters) -> str | None:
    """A product is infinite by itself only from 2**(greatest + 1) on."""
    if p.scale_format is not None and p.exact_group is None:
        return None
    # the largest significands are below two, so the largest product is below 2**(sum of the greatest exponents + 2)
    if sum(FORMS[form].greatest for form in (p.a, p.b)) + 2 <= FORMS[p.kept].greatest + 1:
        return "no product reaches the end of the accumulator's range"
    return None


def _passes_unseen(p: Parameters) -> str | None:
    # elements 0 and 1 of an instruction of two are taken one after the other in one pass as in two
    if p.model == "fma" and p.depth == 2 and p.passes == 1:
        return "two passes over two elements take them in the same order"
    return None


def _block_unseen(p: Parameters) -> str | None:
    """Blocks begin anew in every pass of an instruction that ends with an addition."""
    # More room in a block only adds zero products to it. Their exponent matters, if at all, where it is the largest,
    # and then as much as one step of it does.
    if p.by_instruction and p.depth // p.passes <= p.width and p.zero_exponent is not None and _zero_unseen(p):
        return "a pass of an instruction has no more products than a block takes"
    return None
