"""Matrix units nobody has built: any fields that go together are computed as the definition says."""

from __future__ import annotations

import json
import os
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st

from harness.errors import ProfileError
from harness.profile.store import parse_profile
from harness.simulator.matrix_unit import MatrixUnit, matrix_unit
from tests.simulator.comparing import KINDS, anyhow, compared
from tests.simulator.definition import Parameters, parameters_of
from tests.simulator.directed import directed
from tests.simulator.number_formats import FORMS

_OPEN = """
profile: open/unit
version: "1.0"
kind: accelerator
product: {{vendor: Nobody, name: Unit}}
sources: {{here: {{title: this test, kind: definition}}}}
arithmetic:
  matrix:
    status: definition
    source: here
    one: {row}
"""
_NARROW = [form for form in FORMS if form not in ("float64", "ue4m3")]
_ROUNDINGS = ["nearest-even", "nearest-away", "toward-zero", "toward-positive", "toward-negative"]


def opened(row: dict[str, Any]) -> tuple[MatrixUnit, Parameters]:
    """A unit with just these fields, through a profile that declares it."""
    profile = parse_profile(_OPEN.format(row=json.dumps(row)).encode(), "open.yaml")
    return matrix_unit(profile, "one"), parameters_of(profile.instructions["one"])


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """A row of a profile that declares one instruction, of any model and with any fields that go together."""
    kind = draw(st.sampled_from(["fused", "fused", "fused", "late", "late", "scaled", "exact", "pairwise", "fma"]))
    model = "fused" if kind in ("late", "scaled") else kind
    forms, result, block = st.sampled_from(_NARROW), draw(_SUMS), draw(st.sampled_from([1, 2, 3, 4, 6, 8, 16]))
    row: dict[str, Any] = {
        "a": draw(forms),
        "b": draw(forms),
        "c": draw(st.one_of(st.just(result), _SUMS)),
        "d": result,
    }
    row |= {"model": model, "flush": draw(st.sampled_from(_FLUSHES)), "rounding": draw(st.sampled_from(_ROUNDINGS))}
    if model != "fma":
        row["block"] = block
    fields: dict[str, st.SearchStrategy[Any]] = {"accumulator": _SUMS}
    if model == "fused":
        row["alignment_bits"] = draw(st.one_of(st.integers(1, 36), st.integers(1, 53)))
        fields["alignment"] = st.sampled_from(["truncate", "floor", "ceiling", "nearest-even", "nearest-away"])
    if model == "fused" and kind != "late":
        fields["zero_exponent"] = st.one_of(st.integers(-140, 10), st.integers(-2000, 2000))
    if kind == "late":
        row |= {"addend": "late", "late_bits": draw(st.integers(row["alignment_bits"], 53))}
        row["groups"] = draw(_divisor(block, 1, 2, 3, 4))
        fields["addend_reach"] = st.integers(0, 60)
    elif model in ("fused", "exact"):
        fields["addend"] = st.sampled_from(["fused", "last"])
        fields["product_range"] = st.sampled_from(["accumulator", "unbounded"])
    if kind == "scaled":
        row["scale_block"] = draw(_divisor(block, 1, 2, 3, 4, 8, 16))
        row["scale_format"] = draw(st.sampled_from(["float8_e8m0fnu", "ue4m3"]))
        if row["scale_format"] == "ue4m3" or draw(st.booleans()):
            row["exact_group"] = draw(_divisor(row["scale_block"], 1, 2, 3, 4, 8, 16))
    row |= {name: draw(values) for name, values in fields.items() if draw(st.booleans())}
    if draw(st.booleans()):
        row["fraction_bits"] = draw(st.integers(1, FORMS[row.get("accumulator", result)].fraction - 1))
    row["shape"] = [16, 16, draw(st.sampled_from([block, 2 * block, 4, 8, 12]))]
    return row | draw(_PUT_TOGETHER if kind != "late" else st.just({}))


def _divisor(of: int, *candidates: int) -> st.SearchStrategy[int]:
    return st.sampled_from([n for n in candidates if of % n == 0])


_SUMS = st.sampled_from(["float32", "float32", "float16", "bfloat16"])
#: How blocks come one after another: most often simply so.
_PUT_TOGETHER: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.just({}),
    st.just({"order": "pairwise"}),
    st.builds(lambda order, splits: {"order": order, "splits": splits}, st.sampled_from(["wave-tree", "split-k"]),
              st.sampled_from([2, 4, 8])),
    st.builds(lambda passes, run: {"passes": passes, "run": run}, st.sampled_from([1, 2, 4]), st.sampled_from([1, 2])),
)  # fmt: skip
_FLUSHES = ["none", "none", "inputs", "outputs", "both"]


def disagreements(row: dict[str, Any], seed: int) -> list[str]:
    """What the unit of a row computes otherwise than the definition; raises ``ProfileError`` for a refused row."""
    unit, parameters = opened(row)
    draw = random.Random(seed)
    vectors = directed(parameters, every=150)
    for length in (1, parameters.width, 2 * parameters.width + 1, 4 * parameters.width, 2 * parameters.depth):
        vectors += [anyhow(parameters, draw, length, kind) for kind in KINDS for _ in range(4)]
    return compared(unit, parameters, vectors)


#: How many units are made up; the same ones each time, so that a merge does not hang on luck.
EXAMPLES = int(os.environ.get("ASSAY_UNITS", "150"))

_SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much]


# not made smaller: what is found says which bits differ, and making it smaller takes minutes
@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=_SLOW, phases=[Phase.generate], derandomize=True
)  # fmt: skip
@given(row=rows(), seed=st.integers(0, 1 << 30))
def test_a_unit_of_any_fields_that_go_together_agrees_with_the_definition(row: dict[str, Any], seed: int) -> None:
    try:
        found = disagreements(row, seed)
    except ProfileError:
        reject()  # the fields contradict one another
    assert found == []


def _row(a: str, c: str, d: str, **fields: Any) -> dict[str, Any]:
    return {"a": a, "b": a, "c": c, "d": d, "flush": "none", "rounding": "nearest-even", "shape": [16, 16, 8], **fields}


_SUM: dict[str, Any] = {"model": "fused", "block": 4, "alignment_bits": 24}
_LAST: dict[str, Any] = {"addend": "last", "groups": 2}
_SCALED: dict[str, Any] = {"exact_group": 2, "scale_block": 2, "scale_format": "ue4m3"}
_LONG: dict[str, Any] = {"model": "fused", "block": 256, "alignment_bits": 53, "shape": [16, 16, 256]}
_LATE: dict[str, Any] = {"addend": "late", "late_bits": 24, "zero_exponent": -36}
_BELOW: dict[str, Any] = {"addend": "late", "late_bits": 26, "groups": 2}
_EXACT: dict[str, Any] = {"model": "exact", "block": 4}
_DOWN = {"rounding": "toward-negative"}
_WHOLE = {"a": "int8", "b": "int8", "c": "int32", "d": "int32", "shape": [16, 16, 8], "overflow": "saturate"}
CORNERS: dict[str, dict[str, Any]] = {
    "a tree in float64, down": _row("float64", "float64", "float64", model="pairwise", block=4, **_DOWN),
    "products of float64 whose sums are narrower": _row("float64", "float32", "float32", model="fma"),
    "a wider C, last": _row("float16", "float64", "float32", **_EXACT, addend="last"),
    "a wider C, beside parts": _row("float16", "float64", "float32", **_SUM, order="pairwise"),
    "sums of float16 in float64": _row("float16", "float64", "float64", **_SUM),
    "exact sums in float64": _row("float32", "float64", "float64", **_EXACT),
    "zeros of both signs, down, one after another": _row("float16", "float32", "float32", model="fma", **_DOWN),
    "zeros of both signs, down, in a tree": _row("float16", "float32", "float32", model="pairwise", block=4, **_DOWN),
    "a zero exponent, and C late": _row("float8_e5m2", "float16", "float16", **_SUM, **_LATE),
    "C in the last bits of a wider format, late": _row("float8_e5m2", "float32", "float16", **_SUM, **_BELOW),
    "groups, and C last": _row("float16", "float32", "float32", **_SUM, **_LAST),
    "groups, and an order": _row("float16", "float32", "float32", **_SUM, **_LAST, order="pairwise"),
    "an infinity whose scale is zero": _row("float8_e5m2", "float32", "float32", **_SUM, **_SCALED),
    "256 terms of 53 bits": _row("float16", "float32", "float32") | _LONG,
    "whole numbers that stop at the end of their range": _WHOLE,
}


@pytest.mark.parametrize("row", CORNERS.values(), ids=CORNERS)
def test_fields_that_hardly_go_together_are_refused_or_computed_as_the_definition_says(row: dict[str, Any]) -> None:
    try:
        found = disagreements(row, 1)
    except ProfileError:
        return
    assert found == []
