"""The numeric suites let an honest device pass and no broken one: each fault fails the requirement it goes against."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.adapters.simulated import simulated_device
from harness.device.protocol import Device
from harness.oracle.draw import Draw
from harness.oracle.rules import FAIL, PASS, UNSUPPORTED_OUTCOME, Finding
from harness.profile.store import load_profile
from harness.run.plan import make_plan, subjects
from harness.suite.case import Case, Subject
from harness.suite.suites import load_suites
from tests.acceptance.faulty_devices import Stale, Zeros
from tests.interface.numeric import numeric_interface
from tests.suites.broken_devices import (
    IgnoresOutputStrides,
    IgnoresStrides,
    LeavesLastOut,
    Remembers,
    ScratchesOperands,
    SkipsEmpty,
    Unordered,
    WritesPastEnd,
)
from tests.suites.faults import FAULTS, Fault
from tests.suites.plain_device import PlainDevice, Refuses
from tests.suites.runner import run_test

PROFILE = "reference/ieee"
LEVEL = 3


def required(profile: str = PROFILE, level: int = LEVEL) -> dict[str, Subject]:
    """The subject of every required test of the numeric chapters."""
    loaded, interface = load_profile(profile), numeric_interface()
    names = {test.test for test in make_plan(interface, loaded, level).required()}
    return {subject.test: subject for subject in subjects(interface, loaded, level) if subject.test in names}


SUBJECTS = required()
REQUIREMENTS = sorted({name.split("/")[0] for name in SUBJECTS})


def of(requirement: str) -> list[Subject]:
    """The subjects of one requirement."""
    return [subject for name, subject in SUBJECTS.items() if name.startswith(f"{requirement}/")]


def findings(device: Device, subject: Subject) -> list[tuple[str, Finding]]:
    """The cases of a test that did not pass."""
    return [(case, finding) for case, finding in run_test(device, subject) if finding.outcome != PASS]


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_an_honest_device_passes(requirement: str) -> None:
    device = PlainDevice()
    assert [(subject.test, *found) for subject in of(requirement) for found in findings(device, subject)] == []


@pytest.mark.parametrize("profile", ["hygon/k100-ai", "hygon/z100"])
def test_a_device_simulated_from_a_profile_passes_that_profiles_tests(profile: str) -> None:
    device = simulated_device(load_profile(profile))
    tests = required(profile, level=2).values()
    assert tests
    assert [(subject.test, *found) for subject in tests for found in findings(device, subject)] == []


@pytest.mark.parametrize("requirement", REQUIREMENTS)
@pytest.mark.parametrize("broken", [Zeros, Stale], ids=["zeros", "stale"])
def test_zeros_and_stale_results_fail_every_test(requirement: str, broken: Callable[[Device], Device]) -> None:
    device = broken(PlainDevice())
    passed = [subject.test for subject in of(requirement) if not findings(device, subject)]
    assert passed == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_fails_the_tests_it_goes_against(fault: Fault) -> None:
    for test in fault.caught:
        found = [finding for _, finding in findings(fault.device(), SUBJECTS[test])]
        assert {finding.outcome for finding in found} == {FAIL}, test
        if fault.cause is not None:
            assert fault.cause in {finding.cause for finding in found}, test


#: What whole devices do wrong, the requirements that must say so on every subject but those left out, and the cause.
BROKEN = [
    (LeavesLastOut, "IF-NUM-011", "not-written"),
    (LeavesLastOut, "IF-NUM-001", "not-written"),
    (IgnoresOutputStrides, "IF-NUM-011", None),
    (WritesPastEnd, "IF-NUM-011", "guard-overwritten"),
    (ScratchesOperands, "IF-NUM-011", "operand-overwritten"),
    (IgnoresStrides, "IF-NUM-010", None),
    (SkipsEmpty, "IF-LIN-007", "not-written"),
    (SkipsEmpty, "IF-RED-004", "not-written"),
    (Remembers, "IF-NUM-014", None),
]


@pytest.mark.parametrize(
    ("broken", "requirement", "cause"), BROKEN, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_a_broken_launch_fails_on_every_operation(
    broken: type[PlainDevice], requirement: str, cause: str | None
) -> None:
    device = broken()
    for subject in of(requirement):
        found = [finding for _, finding in findings(device, subject)]
        assert found, subject.test
        if cause is not None:
            assert cause in {finding.cause for finding in found}, subject.test


@pytest.mark.parametrize("test", ["IF-NUM-012/sum/float32", "IF-NUM-012/matmul/float32", "IF-NUM-012/vecdot/float32"])
def test_an_order_that_varies_is_not_deterministic(test: str) -> None:
    found = findings(Unordered(), SUBJECTS[test])
    assert {finding.cause for _, finding in found} == {"not-repeatable"}
    # Each of its results is within the bound all the same.
    assert findings(Unordered(), SUBJECTS[test.replace("IF-NUM-012", "IF-NUM-004")]) == []


def test_every_requirement_has_caught_a_fault_made_for_it() -> None:
    caught = {test.split("/")[0] for fault in FAULTS for test in fault.caught}
    assert sorted(caught | {requirement for _, requirement, _ in BROKEN} | {"IF-NUM-012"}) == REQUIREMENTS


def test_what_a_device_does_not_have_is_unsupported_not_wrong() -> None:
    found = findings(Refuses(), SUBJECTS["IF-NUM-003/tanh/float32"])
    assert {finding.outcome for _, finding in found} == {UNSUPPORTED_OUTCOME}


def test_cases_have_names_of_their_own_and_the_same_seed_gives_the_same_program() -> None:
    for name, subject in SUBJECTS.items():
        cases = list(load_suites()[subject.requirement.id].cases(subject))
        names = [case.name for case in cases]
        assert len(set(names)) == len(names), name
        asked = [inputs(name, cases[-4:], seed) for seed in ("seed", "seed", "other seed")]
        assert asked[0] == asked[1] != asked[2]


def inputs(test: str, cases: list[Case], seed: str) -> list[str]:
    """The digests of what some cases of a test ask."""
    return [case.write(Draw(seed, test, case.name)).program.digest() for case in cases]


def test_a_plan_of_level_two_is_small_enough_to_run_often() -> None:
    plan = make_plan(numeric_interface(), load_profile(PROFILE), 2)
    assert sum(test.cases for test in plan.required()) < 25_000
