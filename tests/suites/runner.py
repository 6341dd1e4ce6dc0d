"""Runs cases on a device in this process, the way the far side would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.device.far import execute
from harness.device.wire import aligned, pack, space_needed, unpack
from harness.interface.catalogue import load_interface
from harness.oracle.draw import Draw
from harness.oracle.rules import Finding
from harness.profile.store import load_profile
from harness.run.plan import make_plan, subjects
from harness.suite.case import Case, Subject
from harness.suite.suites import load_suites


def run_case(device: Any, subject: Subject, case: Case, seed: str = "0") -> Finding:
    """One case, written out, carried out and judged."""
    trial = case.write(Draw(seed, subject.test, case.name))
    memory = bytearray(aligned(space_needed(trial.program)))
    steps, _ = pack(trial.program, memory, 0)
    answers = execute(device, steps, memory)
    observations = unpack(steps, answers, memory, device.describe().layers)
    return trial.rule.judge(trial.program, observations)


def run_test(device: Any, subject: Subject) -> list[tuple[str, Finding]]:
    """All cases of a subject's test, with their names."""
    suite = load_suites()[subject.requirement.id]
    return [(case.name, run_case(device, subject, case)) for case in suite.cases(subject)]


def required_subjects(profile: str = "reference/ieee", level: int = 2) -> Iterator[Subject]:
    """The subjects of every required test of a profile's plan."""
    loaded = load_profile(profile)
    interface = load_interface()
    required = {test.test for test in make_plan(interface, loaded, level).required()}
    return (subject for subject in subjects(interface, loaded, level) if subject.test in required)
