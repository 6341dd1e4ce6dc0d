"""What is asked of a profile: claims, arithmetic, assumptions, identity, each known only where somebody says so."""

from __future__ import annotations

import pytest

from harness.errors import InternalError
from harness.interface.operation import Operation, Standard, Types
from harness.profile.arithmetic import Arithmetic
from harness.profile.model import Profile
from harness.profile.store import parse_profile

TEXT = """\
profile: acme/one
version: "1.0"
kind: accelerator
product: {vendor: Acme, vendor_zh: 爱克米, name: One}
sources:
  code: {title: acme/tools, kind: vendor code}
  paper: {title: Acme One, kind: vendor document}
identity:
  pci: [{vendor: "1234", device: "00ff"}, {vendor: "1234", device: "0100"}]
  architecture: {value: one1, status: vendor, source: code}
memory:
  device: {capacity: {value: 1.5 GiB, status: vendor, source: code}, bandwidth: unknown}
arithmetic:
  vector:
    status: vendor
    source: code
    float32: {support: native, accumulator: float32, rounding: nearest-even, flush: outputs, source: paper}
    float16: {support: emulated}
    bfloat16: {support: unknown}
    float64: {support: none}
    int32: {support: native}
    bool: {support: native}
  matrix:
    status: vendor
    source: [code, paper]
    mm_f16: {a: float16, b: float16, c: float32, d: float16, shape: [16, 16, 16]}
    mm_bf16: {a: bfloat16, b: bfloat16, c: float32, d: float32, shape: [16, 16, 8], rounding: toward-zero, flush: both}
    mm_mixed: {a: float8_e4m3fn, b: float8_e5m2, c: float32, d: float32, shape: [16, 16, 32], accumulator: float16}
    mm_i8: {a: int8, b: int8, c: int32, d: int32, shape: [16, 16, 32]}
  serves: {matmul/float16: mm_f16, matmul/bfloat16: mm_bf16, matmul/float32: vector}
  determinism: {value: false, status: vendor, source: code}
simulation:
  assumes:
    mm_f16: {model: fused, block: 16, alignment_bits: 24, because: nobody says}
    vector/float16: {rounding: nearest-even, because: it is usual}
  launch_cost: 5 us
"""


@pytest.fixture(scope="module")
def profile() -> Profile:
    return parse_profile(TEXT.encode(), "one.yaml")


def operation(family: str) -> Operation:
    standard = Standard("a standard", "an item")
    return Operation("some", "chapter", standard, family, "", 2, (), "exact")


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("float32", True),
        ("float16", True),
        ("bfloat16", True),  # the vector units are unknown, but an instruction takes it
        ("float64", False),
        ("fp64", False),
        ("fp16", True),
        ("int8", True),
        ("uint8", False),
        ("bool", True),
        ("fp8", True),
        ("float8_e5m2", True),
        ("determinism", False),
        ("identity.pci", True),
        ("identity.cpuid", False),
        ("identity.cpuid.vendor", False),
        ("identity.architecture", True),
        ("memory.device.capacity", True),
        ("memory.device.bandwidth", False),
        ("memory.device", True),
        ("memory.shared.capacity", False),
        ("memory.shared", False),
        ("execution.lanes", False),
        ("software.toolkit", False),
        ("quirks", False),
        ("arithmetic.matrix", True),
        ("rates.float16", False),
    ],
)
def test_only_what_somebody_says_is_declared(profile: Profile, name: str, declared: bool) -> None:
    assert profile.declares(name) is declared


@pytest.mark.parametrize(
    "name", ["", "fp9", "determinsm", "memory.devices", "memory.device.capacity.digits", "a.b", "."]
)
def test_a_word_that_means_nothing_is_a_fault_of_the_interface(profile: Profile, name: str) -> None:
    with pytest.raises(InternalError, match="neither a claim nor a field"):
        profile.declares(name)


def test_determinism_is_declared_only_where_it_is_claimed_to_hold() -> None:
    assert parse_profile(TEXT.replace("value: false", "value: true").encode(), "p").declares("determinism")
    assert not parse_profile(
        TEXT.replace("{value: false, status: vendor, source: code}", "unknown").encode(), "p"
    ).declares("determinism")


@pytest.mark.parametrize(
    ("family", "inputs", "out", "claimed"),
    [
        ("elementwise", ("float32", "float32"), "float32", True),
        ("elementwise", ("float16",), "float16", True),
        ("elementwise", ("bfloat16",), "bfloat16", False),
        ("elementwise", ("float32", "float64"), "float32", False),
        ("elementwise", ("float64",), "float64", False),
        ("elementwise", ("int8",), "int8", False),
        ("conversion", ("float32",), "bfloat16", False),
        ("conversion", ("float32",), "float16", True),
        ("comparison", ("float32", "float32"), "bool", True),
        ("extremum", ("float32",), "int64", True),
        ("elementwise", ("int64",), "int64", False),
        ("elementwise", ("bool", "float32"), "float32", True),
        ("inner-product", ("bfloat16", "bfloat16"), "bfloat16", True),
        ("inner-product", ("int8", "int8"), "int32", True),
        ("inner-product", ("float32", "float32"), "float32", True),
        ("inner-product", ("float64", "float64"), "float64", False),
    ],
)
def test_an_operation_is_claimed_where_its_dtypes_are(
    profile: Profile, family: str, inputs: tuple[str, ...], out: str, claimed: bool
) -> None:
    assert profile.claims(operation(family), Types(1, inputs[0], inputs, (out,))) is claimed


def test_the_arithmetic_of_an_operation_is_that_of_the_unit_that_serves_it(profile: Profile) -> None:
    both = ("code", "paper")
    assert profile.arithmetic_of("matmul", "bfloat16") == Arithmetic(
        "mm_bf16", True, "float32", "toward-zero", True, True,
        dict.fromkeys(("accumulator", "rounding", "flush_inputs", "flush_outputs"), both),
    )  # fmt: skip
    assert profile.arithmetic_of("matmul", "float16") == Arithmetic(
        "mm_f16", True, "float32", sources={"accumulator": both}
    )
    assert profile.arithmetic_of("matmul", "float32").unit == "vector"
    assert profile.arithmetic_of("add", "bfloat16") == Arithmetic("vector", True)


def test_flushing_is_declared_for_each_side(profile: Profile) -> None:
    arithmetic = profile.arithmetic_of("add", "float32")
    assert (arithmetic.flush_inputs, arithmetic.flush_outputs) == (False, True)
    assert arithmetic.sources["flush_outputs"] == ("paper",)
    assert arithmetic.undeclared == ()


def test_an_instruction_may_say_that_its_sums_are_narrower_than_c(profile: Profile) -> None:
    assert profile.arithmetic_of("instruction/mm_mixed", "float8_e4m3fn").accumulator == "float16"
    assert profile.arithmetic_of("instruction/mm_i8", "int8").accumulator == "int32"


def test_what_nobody_says_is_undeclared_and_integers_have_nothing_to_round(profile: Profile) -> None:
    assert profile.arithmetic_of("add", "float16").undeclared == (
        "accumulator",
        "rounding",
        "flush_inputs",
        "flush_outputs",
    )
    assert profile.arithmetic_of("add", "int32").undeclared == ("accumulator",)
    assert profile.arithmetic_of("instruction/mm_i8", "int8").undeclared == ()


def test_quantities_come_in_the_units_that_are_asked_for(profile: Profile) -> None:
    assert profile.memory_capacity == 1_610_612_736
    assert profile.launch_cost_ms == 0.005


def test_assumptions_are_sentences_with_their_reasons(profile: Profile) -> None:
    assert profile.assumptions == {
        "mm_f16": "model fused, block 16, alignment bits 24; nobody says",
        "vector/float16": "rounding nearest-even; it is usual",
        "launch": "taken to cost 5 us",
    }


def test_identity_is_what_a_device_must_say_of_itself(profile: Profile) -> None:
    assert profile.facts() == {"pci": ["1234:00ff", "1234:0100"], "architecture": "one1"}


def test_a_profile_without_optional_parts_knows_that_it_knows_nothing() -> None:
    least = "".join(f"{line}\n" for line in TEXT.splitlines()[:6])
    profile = parse_profile(least.encode(), "least.yaml")
    assert profile.memory_capacity is None
    assert profile.launch_cost_ms is None
    assert profile.assumptions == {}
    assert profile.facts() == {}
    assert not profile.declares("memory.device.capacity")


def test_a_profile_is_made_again_from_its_bytes(profile: Profile) -> None:
    again = parse_profile(profile.source_bytes, "elsewhere.yaml")
    assert again == profile
    assert hash(again) == hash(profile)
    assert again.declared == profile.declared
    assert parse_profile(TEXT.replace("One", "Two").encode(), "one.yaml") != profile


def test_the_plain_data_of_a_profile_is_a_copy(profile: Profile) -> None:
    profile.document()["profile"] = "other/one"
    assert profile.document()["profile"] == "acme/one"
    assert profile.id == "acme/one"
