"""The suites of device memory: a right device passes them, and each fault is caught by the requirement it breaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness.adapters.simulated import simulated_device
from harness.documents import read_yaml
from harness.interface.chapter import read_chapter
from harness.profile.store import load_profile
from harness.resources import chapters_folder, suites_folder
from harness.suite.case import Case, Cases, Subject
from harness.suite.suites import import_suite, requirements_tested
from tests.suites import faulty_bounds
from tests.suites import faulty_memory as faulty
from tests.suites.runner import run_case

REQUIREMENTS = {r.id: r for r in read_chapter(read_yaml(chapters_folder() / "memory.yaml")).requirements}
SUITES = [import_suite(suites_folder() / "interface" / name) for name in ("test_memory.py", "test_memory_limits.py")]
TESTED: dict[str, Cases] = {
    name: f for suite in SUITES for f in vars(suite).values() for name in requirements_tested(f)
}
PROFILES = ("reference/ieee", "hygon/k100-ai")


FAULTS: list[tuple[type[faulty.Faulty], str]] = [
    (faulty.ForgetsWhatWasRead, "IF-MEM-001"),
    (faulty.GivesOutABlockTwice, "IF-MEM-002"),
    (faulty.CutsSizesTo32Bits, "IF-MEM-003"),
    (faulty.StaysOutOfMemory, "IF-MEM-003"),
    (faulty.MakesRoomByForce, "IF-MEM-003"),
    (faulty.HasNoEmptyBuffers, "IF-MEM-004"),
    (faulty.WritesWhatFits, "IF-MEM-005"),
    (faulty.ReadsPastTheEnd, "IF-MEM-005"),
    (faulty.CountsOffsetsBelowZeroFromTheEnd, "IF-MEM-005"),
    (faulty.WrapsOffsetsAround, "IF-MEM-005"),
    (faulty_bounds.ReadsWhatThereIs, "IF-MEM-005"),
    (faulty_bounds.RoundsSizesUp, "IF-MEM-005"),
    (faulty_bounds.RoundsSizesUp, "IF-MEM-015"),
    (faulty_bounds.CopiesNegativeSizes, "IF-MEM-005"),
    (faulty_bounds.ReadsNegativeSizes, "IF-MEM-005"),
    (faulty_bounds.ChecksOutputsOnly, "IF-MEM-015"),
    (faulty_bounds.ChecksOperandsOnly, "IF-MEM-015"),
    (faulty.UsesAddressesAsHandles, "IF-MEM-006"),
    (faulty.ReleasesTwice, "IF-MEM-007"),
    (faulty.UsesAddressesAsHandles, "IF-MEM-007"),
    (faulty.TakesNullForNothingToDo, "IF-MEM-008"),
    (faulty.WritesWholeWords, "IF-MEM-009"),
    (faulty.LosesTheLastByte, "IF-MEM-010"),
    (faulty.TakesNegativeForNothing, "IF-MEM-011"),
    (faulty.HasATableOf256, "IF-MEM-012"),
    (faulty.Leaks, "IF-MEM-013"),
    (faulty.CutsOffsetsTo24Bits, "IF-MEM-014"),
    (faulty.LaunchesOutOfBounds, "IF-MEM-015"),
    (faulty.SpoilsTheOutputFirst, "IF-MEM-015"),
    (faulty.LaunchesOnReleased, "IF-MEM-016"),
    (faulty.ReleasesIntoOthers, "IF-MEM-017"),
    (faulty.ForgetsWhatIsHeld, "IF-MEM-003"),
    (faulty.ReleasesNull, "IF-MEM-008"),
    (faulty.PromisesMoreThanItHas, "IF-MEM-018"),
    (faulty.CopiesFromAStagingAreaLater, "IF-MEM-019"),
    (faulty.IsLostAfterARefusal, "IF-MEM-020"),
    (faulty.CutsOffsetsTo32Bits, "IF-MEM-021"),
    (faulty.TrustsStrides, "IF-MEM-022"),
    (faulty.LaunchesOutOfBounds, "IF-MEM-022"),
]


def _cases(requirement: str, profile: str) -> Iterator[tuple[Subject, Case]]:
    subject = Subject(REQUIREMENTS[requirement], load_profile(profile))
    return ((subject, case) for case in TESTED[requirement](subject))


def _outcomes(device: Any, requirement: str, profile: str = "reference/ieee") -> list[str]:
    return [run_case(device, subject, case).outcome for subject, case in _cases(requirement, profile)]


def test_every_requirement_of_the_chapter_is_tested_and_no_other() -> None:
    assert set(TESTED) == set(REQUIREMENTS)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("requirement", sorted(REQUIREMENTS))
def test_a_right_device_passes(requirement: str, profile: str) -> None:
    outcomes = _outcomes(simulated_device(load_profile(profile)), requirement, profile)
    assert outcomes
    assert set(outcomes) == {"pass"}


@pytest.mark.parametrize(("fault", "requirement"), FAULTS)
def test_a_fault_is_caught_by_the_requirement_it_breaks(fault: type[faulty.Faulty], requirement: str) -> None:
    assert "fail" in _outcomes(fault(), requirement)


@pytest.mark.parametrize("requirement", sorted(REQUIREMENTS))
def test_every_requirement_has_a_fault_that_it_catches(requirement: str) -> None:
    assert requirement in {broken for _, broken in FAULTS}


@pytest.mark.parametrize("requirement", sorted(REQUIREMENTS))
def test_case_names_differ(requirement: str) -> None:
    names = [case.name for _, case in _cases(requirement, "reference/ieee")]
    assert len(names) == len(set(names))
