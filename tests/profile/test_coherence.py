"""What is said of an instruction must be able to be true together, and a pattern of names must fit its formats."""

from __future__ import annotations

from typing import Any

import pytest

from harness.errors import ProfileError
from harness.profile.arithmetic import InstructionRow, formats_of
from harness.profile.coherence import contradictions, said_of
from harness.profile.conduct import Assumption
from harness.profile.lint import lint
from harness.profile.model import Profile
from harness.profile.store import list_profiles, parse_profile

SHORT = {"a": "float16", "b": "float16", "c": "float32", "d": "float32", "shape": (16, 8, 16)}
DOUBLE = {"a": "float64", "b": "float64", "c": "float64", "d": "float64"}
WHOLE = {"a": "int8", "b": "int8", "c": "int32", "d": "int32"}
NARROW = {"a": "float4_e2m1fn", "b": "float4_e2m1fn", "shape": (16, 8, 64)}

FUSED = {"model": "fused", "block": 8, "alignment_bits": 24, "alignment": "truncate", "zero_exponent": -132}
LATE = {**FUSED, "zero_exponent": None, "addend": "late", "late_bits": 31}
SCALED = {**FUSED, "block": 32, "scale_format": "float8_e8m0fnu", "scale_block": 32}


def _row(*parts: dict[str, Any], **more: Any) -> InstructionRow:
    fields: dict[str, Any] = dict(SHORT)
    for part in (*parts, more):
        fields.update(part)
    return InstructionRow.model_validate({name: value for name, value in fields.items() if value is not None})


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(_row(), id="nothing at all"),
        pytest.param(_row(FUSED), id="C is one more term"),
        pytest.param(_row(FUSED, d="float16", c="float16"), id="float16 sums"),
        pytest.param(_row(FUSED, a="bfloat16"), id="two formats"),
        pytest.param(_row(FUSED, fraction_bits=13), id="fewer bits than the result has"),
        pytest.param(_row(FUSED, c="float16", accumulator="float32", fraction_bits=13), id="C shorter than the sum"),
        pytest.param(_row(LATE, product_range="accumulator"), id="C joins late"),
        pytest.param(_row(LATE, block=16, groups=2, addend_reach=25), id="even and odd products apart"),
        pytest.param(_row(LATE, late_bits=24), id="the second step keeps what the first kept"),
        pytest.param(_row(FUSED, addend="last", passes=2, run=2), id="two passes and C last"),
        pytest.param(_row(SCALED), id="scales that are exponents"),
        pytest.param(_row(SCALED, NARROW, block=64, exact_group=16), id="exact groups that are scaled"),
        pytest.param(
            _row(SCALED, NARROW, block=64, exact_group=16, scale_block=16, scale_format="ue4m3"), id="scales with bits"
        ),
        pytest.param(_row(model="exact", block=4, addend="last", product_range="accumulator"), id="exact"),
        pytest.param(_row(model="pairwise", block=4, flush="both", addend="last"), id="pairwise"),
        pytest.param(_row(DOUBLE, model="pairwise", block=4), id="pairwise in float64"),
        pytest.param(_row(DOUBLE, model="fma", rounding="nearest-even", flush="none"), id="fma in float64"),
        pytest.param(_row(model="fma", accumulator="float32", rounding="toward-zero"), id="fma, cut off"),
        pytest.param(_row(model="fma", order="wave-tree", splits=16), id="a tree of lanes"),
        pytest.param(_row(model="fma", order="split-k", splits=3), id="three parts of K"),
        pytest.param(_row(WHOLE, overflow="saturate", accumulator="int32", block=4), id="integers"),
    ],
)
def test_what_can_be_true_together_is_accepted(row: InstructionRow) -> None:
    assert list(contradictions(row, None)) == []


@pytest.mark.parametrize(
    ("row", "field", "what"),
    [
        # integers and floating-point numbers
        (_row(a="int8"), "a", "mixes integers with floating-point"),
        (_row(WHOLE, d="float32"), "a", "mixes integers with floating-point"),
        (_row(a={"x": "float16", "y": "int8"}), "a", "mixes integers with floating-point"),
        (_row(WHOLE, model="fused"), "model", "which are exact"),
        (_row(WHOLE, rounding="nearest-even"), "rounding", "which are exact"),
        (_row(WHOLE, flush="none"), "flush", "which are exact"),
        (_row(overflow="wrap"), "overflow", "is about sums of integers"),
        # fields of another model
        (_row(model="fma", block=4), "block", "means nothing for the model fma"),
        (_row(model="fma", alignment_bits=24), "alignment_bits", "only for fused"),
        (_row(model="exact", block=4, alignment="truncate"), "alignment", "only for fused"),
        (_row(model="exact", block=4, zero_exponent=-126), "zero_exponent", "only for fused"),
        (_row(model="exact", block=4, groups=2, addend="last"), "groups", "only for fused"),
        (_row(model="pairwise", block=4, product_range="accumulator"), "product_range", "only for fused and exact"),
        (_row(model="fma", addend="last"), "addend", "begins with C"),
        (_row(model="pairwise", block=4, addend="fused"), "addend", "takes C last"),
        (_row(model="exact", block=4, addend="late", late_bits=31), "addend", "has no second step"),
        (_row(FUSED, DOUBLE), "model", "is not modelled with float64"),
        (_row(DOUBLE, model="exact", block=2), "model", "is not modelled with float64"),
        (_row(DOUBLE, model="fma", rounding="toward-zero"), "rounding", "only nearest-even is"),
        (_row(DOUBLE, model="fma", d="float32"), "model", "float64 and other formats together"),
        (_row(FUSED, d="float64", c="float64"), "model", "not modelled with float64"),
        (_row(LATE, zero_exponent=-132), "zero_exponent", "here C comes late"),
        # groups of products
        (_row(LATE, groups=3), "groups", "does not divide the block of 8"),
        (_row(FUSED, groups=2), "groups", "needs an addend that is late"),
        (_row(FUSED, groups=2, addend="last"), "groups", "needs an addend that is late"),
        (_row(SCALED, groups=2, addend="last", exact_group=16), "groups", "cannot go with exact_group"),
        # the second step
        (_row(FUSED, late_bits=31), "late_bits", "without `addend: late`"),
        (_row(FUSED, addend="last", addend_reach=25), "addend_reach", "without `addend: late`"),
        (_row(LATE, late_bits=None), "addend", "add late_bits"),
        (_row(LATE, late_bits=23), "late_bits", "fewer than alignment_bits"),
        # scales
        (_row(FUSED, scale_format="float8_e8m0fnu"), "scale_format", "needs both"),
        (_row(FUSED, scale_block=32), "scale_block", "needs both"),
        (_row(FUSED, exact_group=4), "exact_group", "these have no scales"),
        (_row(SCALED, exact_group=12), "exact_group", "does not divide the 32 elements"),
        (_row(SCALED, block=48), "scale_block", "does not divide the block of 48"),
        (_row(SCALED, scale_format="ue4m3"), "scale_format", "needs exact_group"),
        (_row(SCALED, addend="late", late_bits=31), "addend", "cannot be late for scaled operands"),
        # how blocks are put together
        (_row(model="fma", splits=4), "splits", "goes with a wave-tree or split-k"),
        (_row(model="fma", order="wave-tree"), "order", "they need it"),
        (_row(model="fma", order="wave-tree", splits=12), "splits", "needs a power of two"),
        (_row(LATE, order="split-k", splits=4), "addend", "C joins last there"),
        (_row(FUSED, order="pairwise", passes=2), "passes", "where the order is pairwise"),
        (_row(FUSED, passes=3), "passes", "which do not divide K, 16"),
        (_row(FUSED, passes=4, run=8), "passes", "take 32 elements in turn"),
        # the format of the sum
        (_row(FUSED, fraction_bits=23), "fraction_bits", "the format of the sum has 23"),
        (_row(FUSED, c="float16", d="float16", fraction_bits=13), "fraction_bits", "the format of the sum has 10"),
        (_row(FUSED, accumulator="float8_e5m2"), "accumulator", "in which no sum is kept"),
        (_row(DOUBLE, model="fma", accumulator="float64", rounding="toward-zero"), "rounding", "only nearest-even is"),
    ],
)
def test_what_cannot_be_true_together_is_refused(row: InstructionRow, field: str, what: str) -> None:
    found = list(contradictions(row, None))
    assert [place for place, sentence in found if what in sentence] == [field], found


def test_what_is_assumed_counts_like_what_is_declared() -> None:
    row = _row(model="fused", block=8)
    assumed = Assumption(alignment_bits=24, groups=3, addend="late", late_bits=31, because="nobody says")
    assert said_of(row, assumed) == {
        "model": "fused",
        "block": 8,
        "alignment_bits": 24,
        "groups": 3,
        "addend": "late",
        "late_bits": 31,
    }
    assert [field for field, _ in contradictions(row, assumed)] == ["groups"]
    assert list(contradictions(row, None)) == []


def test_what_is_declared_goes_before_what_is_assumed() -> None:
    row = _row(model="fused", block=8)
    assert said_of(row, Assumption(model="fma", block=4, because="nobody says")) == {"model": "fused", "block": 8}


def test_what_is_only_about_evidence_is_no_part_of_the_arithmetic() -> None:
    assert said_of(_row(status="vendor", source=("code",), note="a note"), None) == {}


# ------------------------------------------------------------------------------------------------- in a whole profile

TEXT = """\
profile: acme/one
version: "1.0"
kind: accelerator
product: {{vendor: Acme, name: One}}
sources:
  code: {{title: acme/tools, kind: vendor code}}
arithmetic:
  matrix:
    status: vendor
    source: code
    {row}
  serves: {serves}
simulation:
  assumes: {assumes}
"""
SHAPE = "c: float32, d: float32, shape: [16, 8, 32]"
WORDS = "{p: float8_e4m3fn, q: float8_e5m2}"


def _profile(row: str, serves: str = "{}", assumes: str = "{}") -> Profile:
    return parse_profile(TEXT.format(row=row, serves=serves, assumes=assumes).encode(), "one.yaml")


def _refused(row: str, serves: str = "{}", assumes: str = "{}") -> list[str]:
    with pytest.raises(ProfileError) as refusal:
        _profile(row, serves, assumes)
    return list(refusal.value.problems)


def test_a_contradiction_is_named_with_its_line_where_it_was_declared() -> None:
    problems = _refused(f"mm: {{a: float16, b: float16, {SHAPE}, model: fma, block: 4}}")
    assert problems == [
        "one.yaml:11: arithmetic.matrix.mm.block means nothing for the model fma, only for fused and exact and pairwise"
    ]


def test_a_contradiction_is_named_with_its_line_where_it_was_assumed() -> None:
    row = f"mm: {{a: float16, b: float16, {SHAPE}, model: fma}}"
    problems = _refused(row, assumes="{mm: {block: 4, because: nobody says}}")
    assert len(problems) == 1
    assert problems[0].startswith("one.yaml:14: simulation.assumes.mm.block means nothing for the model fma, only for")


def test_a_pattern_stands_for_every_pair_of_words() -> None:
    profile = _profile(f"mm.{{a}}.{{b}}: {{a: {WORDS}, b: {WORDS}, {SHAPE}}}")
    found = {name: (one.a, one.b, one.c, one.d, one.shape) for name, one in profile.instructions.items()}
    rest = ("float32", "float32", (16, 8, 32))
    assert found == {
        "mm.p.p": ("float8_e4m3fn", "float8_e4m3fn", *rest),
        "mm.p.q": ("float8_e4m3fn", "float8_e5m2", *rest),
        "mm.q.p": ("float8_e5m2", "float8_e4m3fn", *rest),
        "mm.q.q": ("float8_e5m2", "float8_e5m2", *rest),
    }
    assert profile.matrix_instructions == tuple(found)
    assert len({id(one.row) for one in profile.instructions.values()}) == 1


def test_a_pattern_may_vary_one_operand_alone() -> None:
    profile = _profile(f"mm.{{b}}: {{a: float16, b: {WORDS}, {SHAPE}}}")
    assert {name: (one.a, one.b) for name, one in profile.instructions.items()} == {
        "mm.p": ("float16", "float8_e4m3fn"),
        "mm.q": ("float16", "float8_e5m2"),
    }


def test_words_may_stand_in_any_order_and_between_colons() -> None:
    profile = _profile(f"mm.kind::f8.{{b}}x{{a}}: {{a: {WORDS}, b: {{r: float16}}, {SHAPE}}}")
    assert profile.matrix_instructions == ("mm.kind::f8.rxp", "mm.kind::f8.rxq")


def test_the_formats_of_an_operand_are_one_or_several() -> None:
    assert formats_of("float16") == ("float16",)
    assert formats_of({"p": "float8_e4m3fn", "q": "float8_e5m2"}) == ("float8_e4m3fn", "float8_e5m2")


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (f"mm.{{a}}: {{a: {WORDS}, b: {WORDS}, {SHAPE}}}", "needs {b} in its name where `b` lists formats by words"),
        (f"mm: {{a: {WORDS}, b: float16, {SHAPE}}}", "needs {a} in its name where `a` lists formats by words"),
        (f"mm.{{a}}: {{a: float16, b: float16, {SHAPE}}}", "needs {a} in its name where `a` lists formats by words"),
        (f"mm.{{c}}: {{a: float16, b: float16, {SHAPE}}}", "is no name of an instruction"),
        (f'"m m": {{a: float16, b: float16, {SHAPE}}}', "is no name of an instruction"),
        (
            f"mm.{{a}}: {{a: {{p: float8_e4m3}}, b: float16, {SHAPE}}}",
            "which is no format; did you mean 'float8_e4m3fn'",
        ),
        (f"mm.{{a}}: {{a: {{P: float16}}, b: float16, {SHAPE}}}", "String should match pattern".lower()),
        (f"mm.{{a}}: {{a: {{}}, b: float16, {SHAPE}}}", "at least 1 item"),
    ],
)
def test_a_pattern_that_does_not_fit_its_formats_is_refused(row: str, what: str) -> None:
    assert any(what in problem for problem in _refused(row)), _refused(row)


def test_an_operation_is_served_by_one_instruction_of_a_pattern() -> None:
    row = f"mm.{{a}}.{{b}}: {{a: {WORDS}, b: {WORDS}, {SHAPE}}}"
    profile = _profile(row, serves="{matmul/float8_e5m2: mm.q.q}")
    assert profile.arithmetic_of("matmul", "float8_e5m2").unit == "mm.q.q"
    assert "which is not under `matrix`" in _refused(row, serves='{matmul/float8_e5m2: "mm.{a}.{b}"}')[0]
    wrong = _refused(row, serves="{matmul/float8_e5m2: mm.p.q}")[0]
    assert "is served by mm.p.q, whose operands are float8_e4m3fn and float8_e5m2" in wrong


def test_an_assumption_is_made_for_a_whole_pattern() -> None:
    row = f"mm.{{a}}.{{b}}: {{a: {WORDS}, b: {WORDS}, {SHAPE}}}"
    profile = _profile(row, assumes='{"mm.{a}.{b}": {model: fma, because: nobody says}}')
    assert profile.assumed["mm.{a}.{b}"].model == "fma"
    assert "neither an instruction nor vector/DTYPE" in _refused(
        row, assumes="{mm.p.q: {model: fma, because: nobody says}}"
    )[0]  # fmt: skip


@pytest.mark.parametrize("name", list_profiles())
def test_the_linter_reads_every_profile_that_comes_along(name: str) -> None:
    assert all(remark.remedy and remark.line > 0 for remark in lint(name))
