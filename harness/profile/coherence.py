"""Which statements about how an instruction adds can be true together, and which make no sense."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.profile.arithmetic import InstructionRow, formats_of
from harness.profile.conduct import DTYPES, Assumption, Summation

_Contradiction = tuple[str, str]
_Said = Mapping[str, Any]

#: Fields that mean something for these models alone.
_ONLY = {
    "groups": ("fused",),
    "alignment_bits": ("fused",),
    "alignment": ("fused",),
    "zero_exponent": ("fused",),
    "late_bits": ("fused",),
    "addend_reach": ("fused",),
    "exact_group": ("fused",),
    "scale_format": ("fused",),
    "scale_block": ("fused",),
    "block": ("fused", "exact", "pairwise"),
    "product_range": ("fused", "exact"),
}
_SUMMATION = frozenset(Summation.model_fields) - {"status", "source", "note"}
#: Fraction bits of the formats a sum can be rounded to.
_FRACTION_BITS = {"float16": 10, "bfloat16": 7, "float32": 23, "float64": 52}


def said_of(row: InstructionRow, assumed: Assumption | None) -> dict[str, Any]:
    """What is declared of a row of instructions, and what is assumed where nothing is declared."""
    found = {}
    for field in _SUMMATION:
        declared = getattr(row, field)
        value = declared if declared is not None or assumed is None else getattr(assumed, field)
        if value is not None:
            found[field] = value
    return found


def contradictions(row: InstructionRow, assumed: Assumption | None) -> Iterator[_Contradiction]:
    """Every field that cannot be true beside the others, with the reason."""
    said = said_of(row, assumed)
    for rule in RULES:
        yield from rule(row, said)


def _integers(row: InstructionRow, said: _Said) -> Iterator[_Contradiction]:
    kinds = {DTYPES.get(format_, "floating") for operand in "abcd" for format_ in formats_of(getattr(row, operand))}
    if len(kinds) > 1:
        yield "a", "mixes integers with floating-point formats"
    elif "integer" in kinds:
        if any("32" in format_ or "64" in format_ for format_ in formats_of(row.a) + formats_of(row.b)):
            yield "a", "multiplies integers of more than 16 bits, which is not modelled"
        for field in said.keys() - {"overflow", "accumulator", "block"}:
            yield field, "is about floating-point sums; these are of integers, which are exact"
    elif "overflow" in said:
        yield "overflow", "is about sums of integers; these are of floating-point numbers"


def _models(row: InstructionRow, said: _Said) -> Iterator[_Contradiction]:
    model = said.get("model")
    for field, models in _ONLY.items():
        if model is not None and field in said and model not in models:
            yield field, f"means nothing for the model {model}, only for {' and '.join(models)}"
    if model == "fma" and said.get("addend", "fused") != "fused":
        yield "addend", "cannot be: a chain of fused multiply-adds begins with C"
    if model == "pairwise" and said.get("addend", "last") != "last":
        yield "addend", "cannot be: a tree of rounded sums takes C last"
    if model == "exact" and said.get("addend") == "late":
        yield "addend", "cannot be late: an exact sum has no second step"


def _doubles(row: InstructionRow, said: _Said) -> Iterator[_Contradiction]:
    """Units on float64 round every step to nearest, in float64 alone."""
    used = {*formats_of(row.a), *formats_of(row.b), row.c, row.d, said.get("accumulator", row.d)}
    if "float64" not in used:
        return
    if said.get("model") in ("fused", "exact"):
        yield "model", f"is {said['model']}, which is not modelled with float64, only fma and pairwise are"
    elif used != {"float64"} and "model" in said:
        yield "model", f"is {said['model']} of float64 and other formats together, which is not modelled"
    if said.get("rounding", "nearest-even") != "nearest-even":
        yield "rounding", "is not modelled for float64, only nearest-even is"


def _groups(row: InstructionRow, said: _Said) -> Iterator[_Contradiction]:
    groups, block = said.get("groups", 1), said.get("block")
    if block is not None and block % groups:
        yield "groups", f"is {groups}, which does not divide the block of {block}"
    if groups > 1 and said.get("addend", "fused") != "late":
        yield "groups", "needs an addend that is late: what was summed before is in none of the groups"
    if groups > 1 and "exact_group" in said:
        yield "groups", "cannot go with exact_group: the scales' groups are the groups"


def _second_step(row: InstructionRow, said: _Said) -> Iterator[_Contradiction]:
    late = said.get("addend") == "late"
    for field in ("late_bits", "addend_reach"):
        if field in said and not late:
            yield field, "is about a second step, which there is none without `addend: late`"
    if late and "late_bits" not in said:
        yield "addend", "is late, and nothing says how many bits the second step keeps: add late_bits"
    if late and "zero_exponent" in said:
        yield "zero_exponent", "is about terms beside which C stands; here C comes late, and zeros take no part"
    if late and said.get("late_bits", 64) < said.get("alignment_bits", 0):
        yield "late_bits", "is fewer than alignment_bits: the second step cannot keep less than the first"


def _scales(row: InstructionRow, said: _Said) -> Iterator[_Contradiction]:
    if ("scale_format" in said) != ("scale_block" in said):
        yield ("scale_format" if "scale_format" in said else "scale_block"), "needs both scale_format and scale_block"
    if "exact_group" in said and "scale_block" not in said:
        yield "exact_group", "is about scaled operands; these have no scales"
    narrow = all(format_.startswith(("float6_", "float4_")) for format_ in formats_of(row.a) + formats_of(row.b))
    if "exact_group" in said and not narrow:
        yield "exact_group", "is only modelled for formats of six and four bits"
    if "exact_group" in said and said.get("product_range") == "accumulator":
        yield "product_range", "cannot be the accumulator's: products are added before anything has its range"
    group, scaled, block = said.get("exact_group"), said.get("scale_block"), said.get("block")
    if group and scaled and scaled % group:
        yield "exact_group", f"is {group}, which does not divide the {scaled} elements that share a scale"
    if scaled and block and block % scaled:
        yield "scale_block", f"is {scaled}, which does not divide the block of {block}"
    if "scale_format" in said and group is None and said["scale_format"] != "float8_e8m0fnu":
        yield "scale_format", "has a significand: it needs exact_group, since an exponent alone cannot carry it"
    if "scale_format" in said and said.get("addend", "fused") == "late":
        yield "addend", "cannot be late for scaled operands"


def _order(row: InstructionRow, said: _Said) -> Iterator[_Contradiction]:
    order, splits = said.get("order", "chained"), said.get("splits")
    if (order in ("wave-tree", "split-k")) != (splits is not None):
        field = "splits" if splits is not None else "order"
        yield field, "does not fit: `splits` goes with a wave-tree or split-k, and they need it"
    if order == "wave-tree" and splits is not None and splits & (splits - 1):
        yield "splits", f"is {splits}; a tree that halves its lanes needs a power of two"
    late = said.get("addend") if said.get("model") in ("fused", "exact") else None
    if order != "chained" and late == "late":
        yield "addend", f"cannot be late where the order is {order}: C joins last there"
    passes, run = said.get("passes", 1), said.get("run", 1)
    if run > 1 and passes == 1:
        yield "run", "is about several passes, and there is one: add passes"
    if order != "chained" and passes > 1:
        yield "passes", f"cannot be {passes} where the order is {order}"
    if row.shape[2] % (passes * run):
        yield "passes", f"and run take {passes * run} elements in turn, which do not divide K, {row.shape[2]}"


def _rounding(row: InstructionRow, said: _Said) -> Iterator[_Contradiction]:
    kept, result = said.get("fraction_bits"), _FRACTION_BITS.get(said.get("accumulator", row.d))
    if kept is not None and result is not None and kept >= result:
        yield "fraction_bits", f"is {kept}; the format of the sum has {result}, and only fewer need to be said"
    accumulator = said.get("accumulator", row.d)
    if DTYPES.get(accumulator) == "floating" and accumulator not in _FRACTION_BITS:
        yield "accumulator", f"is {accumulator}, in which no sum is kept"


#: Every rule, each over what is declared and assumed together.
RULES: tuple[Callable[[InstructionRow, _Said], Iterator[_Contradiction]], ...] = (
    _integers,
    _models,
    _doubles,
    _groups,
    _second_step,
    _scales,
    _order,
    _rounding,
)
