"""What a declared accumulator says, and of which operations."""

from __future__ import annotations

import pytest

from harness.interface.catalogue import load_interface
from harness.oracle.bounds.arithmetic import held_to
from harness.profile.store import parse_profile

OPERATIONS = load_interface().operations
PROFILE = b"""
profile: some/one
version: "1.0"
kind: accelerator
product: {vendor: Some, name: One}
sources: {paper: {title: a paper, kind: definition}}
arithmetic:
  vector:
    status: definition
    source: paper
    float32: {support: native, accumulator: float64, rounding: nearest-even}
"""


def accumulator(operation: str) -> str:
    """The accumulator an operation on float32 is held to where sums are declared to be kept in float64."""
    types = next(types for types in OPERATIONS[operation].types if types.label == "float32")
    return held_to(OPERATIONS[operation], types, parse_profile(PROFILE, "p")).accumulator


@pytest.mark.parametrize("operation", ["sum", "matmul", "var"])
def test_long_sums_are_held_to_a_wider_accumulator_that_is_declared(operation: str) -> None:
    assert accumulator(operation) == "float64"


@pytest.mark.parametrize("operation", ["axpy", "nrm2", "trsm", "rfft"])
def test_what_is_rounded_step_by_step_is_held_to_the_format_of_its_operands(operation: str) -> None:
    assert accumulator(operation) == "float32"
