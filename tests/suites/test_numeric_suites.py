"""The numeric suites as a plan has them: correct devices pass, cases are reproducible, and there are few enough."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from harness.adapters.simulated import simulated_device
from harness.oracle.draw import Draw
from harness.oracle.rules import PASS, UNSUPPORTED_OUTCOME
from harness.profile.store import load_profile
from harness.run.plan import make_plan, subjects
from harness.suite.case import Case, Subject
from harness.suite.suites import load_suites
from tests.interface.numeric import numeric_interface
from tests.suites.plain_device import Refuses
from tests.suites.runner import run_case, run_test

PROFILE = "reference/ieee"
#: How many tests are drawn of all there are, and how many cases of each.
TESTS, CASES = 60, 2


@cache
def required(profile: str, level: int) -> dict[str, Subject]:
    """The subject of every required test of the numeric chapters."""
    loaded, interface = load_profile(profile), numeric_interface()
    names = {test.test for test in make_plan(interface, loaded, level).required()}
    return {subject.test: subject for subject in subjects(interface, loaded, level) if subject.test in names}


def cases(subject: Subject) -> list[Case]:
    """The cases of a subject's test."""
    return list(load_suites()[subject.requirement.id].cases(subject))


def drawn(profile: str, level: int) -> list[Subject]:
    """Some of the subjects."""
    found = required(profile, level)
    return [found[name] for name in Random(profile).sample(sorted(found), TESTS)]


@pytest.mark.parametrize("profile", ["hygon/k100-ai", "hygon/z100"])
def test_a_device_simulated_from_a_profile_passes_that_profiles_tests(profile: str) -> None:
    device = simulated_device(load_profile(profile))
    for subject in drawn(profile, level=2):
        asked = cases(subject)
        for case in Random(subject.test).sample(asked, min(CASES, len(asked))):
            assert run_case(device, subject, case).outcome == PASS, (subject.test, case.name)


def test_what_a_device_does_not_have_is_unsupported_not_wrong() -> None:
    found = run_test(Refuses(), required(PROFILE, 1)["IF-NUM-003/tanh/float32"])
    assert {finding.outcome for _, finding in found} == {UNSUPPORTED_OUTCOME}


def test_cases_of_a_test_have_names_of_their_own() -> None:
    for name, subject in required(PROFILE, 1).items():
        names = [case.name for case in cases(subject)]
        assert len(set(names)) == len(names), name


def test_the_same_seed_gives_the_same_programs_and_another_seed_others() -> None:
    others = 0
    for subject in drawn(PROFILE, level=2):
        asked = cases(subject)[:1]
        first, again, other = (inputs(subject.test, asked, seed) for seed in ("seed", "seed", "other seed"))
        assert first == again, subject.test
        others += first != other
    # Those that create something have no operands, and some answers are known of one operand alone.
    assert others > 0.9 * TESTS


def inputs(test: str, asked: list[Case], seed: str) -> list[str]:
    """The digests of what some cases of a test ask."""
    return [case.write(Draw(seed, test, case.name)).program.digest() for case in asked]
