"""Where a profile declares that subnormal numbers are flushed, a device must flush just so."""

from __future__ import annotations

from functools import cache

import pytest

from harness.adapters.simulated import simulated_device
from harness.oracle.rules import FAIL, PASS
from harness.profile.model import Profile
from harness.profile.store import parse_profile
from harness.resources import profiles_folder
from harness.run.plan import make_plan, subjects
from harness.suite.case import Subject
from tests.interface.numeric import numeric_interface
from tests.suites.runner import run_test

MODES = ("inputs", "outputs", "both")


@cache
def flushing(mode: str) -> Profile:
    """The reference, but for what it says of subnormal numbers."""
    text = (profiles_folder() / "reference" / "ieee.yaml").read_text(encoding="utf-8")
    return parse_profile(text.replace("flush: none", f"flush: {mode}").encode(), f"flush-{mode}.yaml")


@cache
def reading_subjects(mode: str) -> list[Subject]:
    """The required tests whose requirement looks at what is declared of flushing."""
    interface, profile = numeric_interface(), flushing(mode)
    required = {test.test for test in make_plan(interface, profile, 2).required()}
    return [
        subject
        for subject in subjects(interface, profile, 2)
        if subject.test in required and "flush_inputs" in subject.requirement.reads
    ]


def outcomes(profile: Profile, subject: Subject) -> set[str]:
    """How a device that is simulated from a profile fares in a test."""
    return {finding.outcome for _, finding in run_test(simulated_device(profile), subject)}


@pytest.mark.parametrize("mode", MODES)
def test_a_device_that_flushes_as_declared_passes(mode: str) -> None:
    profile = flushing(mode)
    tests = reading_subjects(mode)
    assert tests
    assert [subject.test for subject in tests if outcomes(profile, subject) != {PASS}] == []


@pytest.mark.parametrize("declared", ["none", *MODES])
@pytest.mark.parametrize("does", ["none", *MODES])
@pytest.mark.parametrize(
    "test", ["IF-NUM-008/add/float32", "IF-NUM-008/multiply/float16", "IF-NUM-008/subtract/bfloat16"]
)
def test_a_device_that_flushes_otherwise_than_declared_fails(declared: str, does: str, test: str) -> None:
    subject = next(s for s in reading_subjects(declared) if s.test == test)
    assert (FAIL in outcomes(flushing(does), subject)) == (declared != does)
