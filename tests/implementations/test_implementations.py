"""Correct implementations fail no test: a slice of those that ``python -m tests.implementations`` asks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from harness.interface.catalogue import load_interface
from harness.profile.store import load_profile
from harness.simulator.runtime import SimulatedDevice
from tests.implementations.algorithms.machine import Array, Attributes, Machine
from tests.implementations.arithmetic import Rewritten
from tests.implementations.asked import alarms, every_test, slice_of
from tests.implementations.drawing import Implementation, implementation

SEED = 1
#: How many implementations are drawn here, and to one in how many each test falls.
COUNT, EVERY = 12, 120


@pytest.mark.parametrize("number", range(COUNT))
def test_no_suite_alarms_on_a_correct_implementation(number: int) -> None:
    made = implementation(SEED, number)
    found = [alarm for test in slice_of(SEED, made, EVERY) for alarm in alarms(test, made)]
    assert found == [], made.words


def _without_the_last(
    machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    axis = attributes.get("axis") or 0
    kept = np.take(operands[0], range(operands[0].shape[axis] - 1), axis=axis)
    return (machine.plain("sum", kept, result=results[0], **attributes),)


def test_an_algorithm_that_is_wrong_is_found_wherever_it_is_a_step() -> None:
    profile = load_profile("reference/ieee")
    device = SimulatedDevice(profile, Rewritten(profile, profile, {"sum": _without_the_last}))
    made = Implementation(0, (), profile, device, frozenset(), steps=False)
    asked = [test for test in every_test() if (test.types.label, test.word) == ("float32", "known-answers")]
    failed = {test.operation.name for test in asked if list(alarms(test, made))}
    assert {"sum", "Softmax", "std", "Attention"} <= failed
    assert not failed & {"prod", "Conv", "sort", "exp"}


def test_an_implementation_is_the_same_each_time_it_is_drawn() -> None:
    first, again = implementation(SEED, 7), implementation(SEED, 7)
    assert (first.words, first.profile.source_bytes) == (again.words, again.profile.source_bytes)


def test_implementations_differ() -> None:
    assert len({implementation(SEED, number).words for number in range(30)}) == 30


def test_an_implementation_declares_what_it_flushes_and_no_rounding_that_its_sums_do_not_have() -> None:
    for number in range(30):
        made = implementation(SEED, number)
        said, words = made.profile.vector["float32"], "; ".join(made.words)
        assert f"flush {said.flush or 'none'}" in words
        assert said.rounding is None or "sums toward-zero" not in words


def test_every_operation_and_dtype_has_tests() -> None:
    rows = {
        (operation.name, types.label) for operation in load_interface().operations.values() for types in operation.types
    }
    assert {(test.operation.name, test.types.label) for test in every_test()} == rows
