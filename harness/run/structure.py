"""Whether evidence is all there: every case of the plan, in order, under its own number, decided as its figures say."""

from __future__ import annotations

from collections.abc import Iterator

from harness.errors import EvidenceError
from harness.interface.catalogue import Interface
from harness.oracle.rules import OUTCOMES
from harness.profile.model import Profile
from harness.run.plan import Plan, PlannedTest, subjects
from harness.run.rows import CaseRow, Evidence
from harness.suite.case import Case
from harness.suite.suites import load_suites


def check_structure(plan: Plan, interface: Interface, profile: Profile, evidence: Evidence) -> None:
    """Enumerate all cases again and hold them against the rows.

    Raises ``EvidenceError`` naming the first test whose rows are missing, doubled, out of order, of another case, or
    at odds with themselves.
    """
    planned = plan.by_name()
    for name in evidence.tests:
        if name not in planned or planned[name].standing != "required":
            raise EvidenceError(f"there is evidence of {name}, which the plan does not require")
    suites = load_suites()
    for subject in subjects(interface, profile, plan.level, graph=plan.graph):
        test = planned[subject.test]
        seen = evidence.of(subject.test)
        if test.standing == "required" and seen.ended:
            _check_test(test, suites[test.requirement].cases(subject), seen.rows)


def _check_test(test: PlannedTest, cases: Iterator[Case], rows: tuple[CaseRow, ...]) -> None:
    if len(rows) != test.cases:
        raise EvidenceError(f"{test.test} has {test.cases} cases and rows of {len(rows)}")
    for index, (case, row) in enumerate(zip(cases, rows, strict=True)):
        if row.seq != test.first + index or row.case != case.name:
            raise EvidenceError(f"{test.test}: case {test.first + index} should be {case.name}, not {row.case}")
        problem = _contradiction(row)
        if problem:
            raise EvidenceError(f"{test.test}: case {row.seq}: {problem}")


def _contradiction(row: CaseRow) -> str:
    """How a row contradicts itself: an outcome nobody knows, or a pass beyond its own limit."""
    if row.outcome not in OUTCOMES:
        return f"the outcome {row.outcome!r} is not known"
    worst, limit = _figure(row.worst), _figure(row.limit)
    if worst is not None and limit is not None and row.outcome == "pass" and not worst <= limit:
        return f"it passes with {row.worst} against a limit of {row.limit}"
    return ""


def _figure(word: str) -> float | None:
    try:
        return float.fromhex(word)
    except ValueError:
        return None
