"""Quarantine: an operation that killed the device three times is not tried again in this run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from harness.run.limits import DEATHS_BEFORE_QUARANTINE
from harness.run.plan import PlannedTest
from harness.run.rows import Evidence


def subject_of(test: PlannedTest) -> str:
    """What deaths are counted by: the operation, or the requirement where there is none."""
    return test.operation or test.requirement


def quarantined(tests: Iterable[PlannedTest], evidence: Evidence) -> frozenset[str]:
    """The operations (or requirements on the runtime) whose remaining tests are not run."""
    deaths = Counter(subject_of(test) for test in tests for row in evidence.of(test.test).lost if not row.final)
    return frozenset(subject for subject, count in deaths.items() if count >= DEATHS_BEFORE_QUARANTINE)
