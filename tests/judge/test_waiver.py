"""A waiver covers the one failure it expects, on its scope, until its day, and only when signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from harness.judge.verdict import judge
from harness.judge.waiver import Waiver
from harness.run.rows import Evidence, TestEvidence
from tests.plans import evidence_of, plan_of, planned, row, rows_of

PLAN = plan_of(planned("IF-NUM-007/max/float32"), planned("IF-MEM-001"))
WAIVER = Waiver(
    id="W-1",
    kind="driver-defect",
    requirement="IF-NUM-007",
    operation="max/float32",
    profile="reference/ieee",
    rule="bitwise-class",
    cause="lost-nan",
    owner="a centre",
    expires=date(2027, 2, 20),
    signed=True,
)
DAY = date(2026, 11, 24)


def evidence(*causes: str) -> Evidence:
    rows = tuple(
        row("IF-NUM-007/max/float32", seq, f"case-{seq}", "fail", rule="bitwise-class", cause=cause)
        for seq, cause in enumerate(causes)
    )
    return evidence_of(TestEvidence("IF-NUM-007/max/float32", rows, ended=True), rows_of(PLAN.tests[1]))


def outcome(waiver: Waiver, seen: Evidence, at: date | None = DAY, profile: str = "reference/ieee") -> str:
    return judge(PLAN, seen, {"profile": profile}, [waiver], at).tests[0].outcome


def test_the_expected_failure_is_waived_and_the_level_met() -> None:
    verdict = judge(PLAN, evidence("lost-nan", "lost-nan"), {"profile": "reference/ieee"}, [WAIVER], DAY)
    assert verdict.tests[0].outcome == "waived"
    assert verdict.tests[0].waiver == "W-1"
    assert verdict.met


def test_any_other_failure_under_the_same_waiver_still_fails() -> None:
    assert outcome(WAIVER, evidence("lost-nan", "zeros")) == "fail"


@pytest.mark.parametrize(
    "change",
    [
        {"signed": False},
        {"expires": date(2026, 11, 23)},
        {"requirement": "IF-NUM-001"},
        {"operation": "min/float32"},
        {"profile": "hygon/k100-ai"},
        {"rule": "bitwise"},
    ],
)
def test_a_waiver_of_something_else_or_of_nobody_covers_nothing(change: dict[str, object]) -> None:
    changed = replace(WAIVER, **change)  # type: ignore[arg-type]  # field names are checked by replace itself
    assert outcome(changed, evidence("lost-nan", "lost-nan")) == "fail"


def test_a_waiver_of_the_operation_covers_every_dtype() -> None:
    assert outcome(replace(WAIVER, operation="max"), evidence("lost-nan", "lost-nan")) == "waived"


def test_without_a_day_nothing_is_waived() -> None:
    assert outcome(WAIVER, evidence("lost-nan", "lost-nan"), at=None) == "fail"
