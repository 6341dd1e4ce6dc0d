"""What a profile may declare of its arithmetic: whatever is no weaker than the weakest the interface allows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.device.program import Program
from harness.interface.catalogue import Legal
from harness.oracle.legality import Legality
from harness.oracle.rules import FAIL, PASS, Finding
from tests.suites.asking import task

#: Rounding to nearest even, and nothing flushed.
STRICT = Legal(1, ("float32",), ("nearest-even",), "none")
#: Truncation and flushing as well.
LOOSE = Legal(1, ("float32",), ("nearest-even", "nearest-away", "toward-zero"), "both")


def judged(legal: Legal | None, label: str = "float32", **declared: Any) -> Finding:
    """The finding about ``sum`` with fields declared of its unit."""
    about = task("sum", label)
    vars(about)["declared"] = replace(about.declared, **declared)
    return Legality(about, legal).judge(Program(()), ())


NOTHING: dict[str, Any] = {"accumulator": None, "rounding": None, "flush_inputs": None, "flush_outputs": None}


def test_a_profile_that_declares_nothing_is_no_weaker() -> None:
    assert judged(STRICT, **NOTHING).outcome == PASS


@pytest.mark.parametrize(
    ("field", "declared", "least"),
    [
        ("rounding", "toward-zero", "nearest-even"),
        ("accumulator", "float16", "float32"),
        ("accumulator", "bfloat16", "float32"),
        ("flush_inputs", True, "none"),
        ("flush_outputs", True, "none"),
    ],
)
def test_a_weaker_field_fails_with_what_is_legal(field: str, declared: Any, least: str) -> None:
    found = judged(STRICT, **NOTHING | {field: declared})
    assert (found.outcome, found.layer, found.cause, found.expected) == (FAIL, "profile", "weaker-than-legal", least)


@pytest.mark.parametrize(
    ("field", "declared"),
    [
        ("rounding", "toward-zero"),
        ("rounding", "nearest-away"),
        ("accumulator", "float32"),
        ("accumulator", "float64"),
        ("flush_inputs", True),
        ("flush_outputs", True),
    ],
)
def test_a_field_that_is_legal_passes(field: str, declared: Any) -> None:
    assert judged(LOOSE, **NOTHING | {field: declared}).outcome == PASS


def test_sixteen_bits_are_added_up_in_thirty_two() -> None:
    assert judged(LOOSE, "float16", **NOTHING | {"accumulator": "float16"}).outcome == FAIL
    assert judged(LOOSE, "float16", **NOTHING | {"accumulator": "float32"}).outcome == PASS


def test_where_the_interface_says_nothing_only_the_accumulator_counts() -> None:
    assert judged(None, **NOTHING | {"rounding": "toward-positive", "flush_inputs": True}).outcome == PASS
    assert judged(None, **NOTHING | {"accumulator": "bfloat16"}).outcome == FAIL
