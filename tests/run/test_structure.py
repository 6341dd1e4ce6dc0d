"""Whether evidence is all there: held against the cases enumerated anew from interface and profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.errors import EvidenceError
from harness.interface.catalogue import load_interface
from harness.profile.store import load_profile
from harness.run.plan import make_plan, subjects
from harness.run.rows import CaseRow, Evidence, TestEvidence
from harness.run.structure import check_structure
from harness.suite.suites import load_suites
from tests.plans import row

PROFILE = load_profile("reference/ieee")
PLAN = make_plan(load_interface(), PROFILE, 1)
TEST = PLAN.by_name()["IF-MEM-006"]
SUBJECT = next(subject for subject in subjects(load_interface(), PROFILE, 1) if subject.test == TEST.test)
ROWS = tuple(
    row(TEST.test, TEST.first + index, case.name)
    for index, case in enumerate(load_suites()[TEST.requirement].cases(SUBJECT))
)


def check(rows: tuple[CaseRow, ...], test: str = TEST.test) -> None:
    check_structure(PLAN, load_interface(), PROFILE, Evidence({test: TestEvidence(test, rows, ended=True)}))


def test_all_cases_in_order_hold() -> None:
    check(ROWS)


def test_a_test_that_has_not_ended_has_nothing_to_hold() -> None:
    check_structure(PLAN, load_interface(), PROFILE, Evidence())


CHANGES: dict[str, Callable[[tuple[CaseRow, ...]], tuple[CaseRow, ...]]] = {
    "the last case is missing": lambda rows: rows[:-1],
    "the first case is missing": lambda rows: rows[1:],
    "a case stands twice": lambda rows: (*rows[:3], rows[2], *rows[4:]),
    "two cases are swapped": lambda rows: (rows[1], rows[0], *rows[2:]),
    "a case has another name": lambda rows: (replace(rows[0], case="another"), *rows[1:]),
    "an outcome is made up": lambda rows: (replace(rows[0], outcome="good"), *rows[1:]),
    "a pass is beyond its limit": lambda rows: (replace(rows[0], worst="0x1.8p+0", limit="0x1p+0"), *rows[1:]),
    "a pass is not a number": lambda rows: (replace(rows[0], worst="nan", limit="0x1p+0"), *rows[1:]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_rows_that_are_not_the_plans_are_refused(change: str) -> None:
    with pytest.raises(EvidenceError, match="IF-MEM-006"):
        check(CHANGES[change](ROWS))


@pytest.mark.parametrize("test", ["IF-MEM-999", "IF-EXC-011"])
def test_evidence_of_a_test_that_is_not_required_is_refused(test: str) -> None:
    with pytest.raises(EvidenceError, match="does not require"):
        check((), test)
