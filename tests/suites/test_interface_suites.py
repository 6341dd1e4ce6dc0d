"""The suites of device, streams and exchange: a right device passes, and each fault is caught by what it breaks."""

from __future__ import annotations

from typing import Any

import pytest

from harness.adapters.simulated import simulated_device
from harness.device.far import UNEXPECTED
from harness.interface.catalogue import load_interface
from harness.interface.requirement import Requirement
from harness.profile.store import load_profile
from harness.suite.case import Subject
from tests.suites.faulty_launches import LAUNCH_FAULTS
from tests.suites.faulty_streams import STREAM_FAULTS
from tests.suites.runner import run_test

#: The ideal device, and a card that claims what the ideal device has none of, such as a PCI identity.
PROFILES = [load_profile("reference/ieee"), load_profile("hygon/k100-ai")]


def subject_of(requirement: Requirement) -> Subject:
    """A requirement on the first of the profiles to which it applies."""
    applies = (p for p in PROFILES if requirement.when is None or p.declares(requirement.when))
    return Subject(requirement, next(applies))


RUNTIME = {
    requirement.id: subject_of(requirement)
    for requirement in load_interface().requirements
    if requirement.chapter in ("device", "streams-and-events", "exchange")
}
FAULTS = STREAM_FAULTS | LAUNCH_FAULTS
CAUGHT = [(fault, f"IF-{name}") for fault, names in FAULTS.items() for name in names.split()]


@pytest.mark.parametrize("requirement", RUNTIME)
def test_a_right_device_passes(requirement: str) -> None:
    subject = RUNTIME[requirement]
    found = run_test(simulated_device(subject.profile), subject)
    assert found
    assert [(name, finding) for name, finding in found if finding.outcome != "pass"] == []


@pytest.mark.parametrize(("fault", "requirement"), CAUGHT, ids=lambda value: getattr(value, "__name__", value))
def test_a_fault_is_caught(fault: Any, requirement: str) -> None:
    subject = RUNTIME[requirement]
    found = [finding for _, finding in run_test(fault(subject.profile.id), subject)]
    assert {"fail", "unsupported"} & {finding.outcome for finding in found}
    assert UNEXPECTED not in {finding.got for finding in found}, "the fault is that of a device, not of this test"


def test_every_requirement_catches_a_fault() -> None:
    """A requirement that no fault fails would be a check that cannot fail."""
    assert set(RUNTIME) - {requirement for _, requirement in CAUGHT} == set()
