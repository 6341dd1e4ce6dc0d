"""The verdict, computed from plan, evidence and waivers alone: the same for everyone who computes it.

A level is met when every required test is a pass or waived. Anything that fails outweighs anything left undecided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from harness.judge.waiver import Waiver, waives
from harness.profile.conduct import DTYPES
from harness.run.plan import REQUIRED_DTYPE, Plan, PlannedTest
from harness.run.quarantine import quarantined, subject_of
from harness.run.rows import CaseRow, Evidence, TestEvidence

#: Outcomes, mildest first; a requirement's outcome is the worst of its required tests'.
OUTCOMES = ("pass", "waived", "not-applicable", "not-claimed", "not-reached", "flaky", "incomplete", "fail")
_SEVERITY = {outcome: rank for rank, outcome in enumerate(OUTCOMES)}
_MEETS = ("pass", "waived")


@dataclass(frozen=True)
class TestOutcome:
    """What one test came to: its outcome, why, and the case that decided it (``seq``, where there is one)."""

    __test__ = False  # to pytest: no class of tests

    test: str
    requirement: str
    level: int
    required: bool
    outcome: str
    because: str
    cases: int
    decided: int
    seq: int | None = None
    waiver: str | None = None


@dataclass(frozen=True)
class Verdict:
    """Whether the level is met, and everything that stands behind it.

    ``conclusion`` is ``met``, ``not-met`` (something fails) or ``incomplete`` (nothing fails, something is undecided).
    ``levels_met`` maps each dtype to the highest level all of whose required tests it meets; the runtime's own stands
    under ``runtime``. ``undeclared`` lists the fields of the profile that were judged by the weakest legal value.
    """

    level: int
    conclusion: str
    tests: tuple[TestOutcome, ...]
    requirements: Mapping[str, str]
    counts: Mapping[str, int]
    levels_met: Mapping[str, int]
    cases: int
    undeclared: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        """Whether the level is met."""
        return self.conclusion == "met"

    @property
    def exit_code(self) -> int:
        """0 met, 1 not met, 3 incomplete."""
        return {"met": 0, "not-met": 1, "incomplete": 3}[self.conclusion]

    def document(self) -> dict[str, Any]:
        """The verdict as plain data, ready to be signed."""
        return asdict(self) | {
            "tests": [{k: v for k, v in asdict(test).items() if v is not None} for test in self.tests],
            "requirements": dict(self.requirements),
            "counts": dict(self.counts),
            "levels_met": dict(self.levels_met),
            "undeclared": list(self.undeclared),
        }


def judge(
    plan: Plan,
    evidence: Evidence,
    environment: Mapping[str, Any],
    waivers: Sequence[Waiver] = (),
    at: date | None = None,
    undeclared: Sequence[str] = (),
) -> Verdict:
    """Compute the verdict; ``environment`` gives the driver a waiver's scope is held against, ``at`` the day."""
    banned = quarantined(plan.required(), evidence)
    outcomes = tuple(
        _judge_test(test, evidence.of(test.test), subject_of(test) in banned, waivers, environment, at)
        for test in plan.tests
    )
    required = [outcome for outcome in outcomes if outcome.required]
    worst = max((outcome.outcome for outcome in required), key=_SEVERITY.__getitem__, default="incomplete")
    conclusion = "met" if worst in _MEETS else "not-met" if worst == "fail" else "incomplete"
    return Verdict(
        level=plan.level,
        conclusion=conclusion,
        tests=outcomes,
        requirements=_by_requirement(outcomes),
        counts=dict(Counter(outcome.outcome for outcome in outcomes)),
        levels_met=_levels_met(plan, outcomes),
        cases=sum(outcome.decided for outcome in outcomes),
        undeclared=tuple(undeclared),
    )


def _judge_test(
    test: PlannedTest,
    evidence: TestEvidence,
    banned: bool,
    waivers: Sequence[Waiver],
    environment: Mapping[str, Any],
    at: date | None,
) -> TestOutcome:
    def outcome(word: str, because: str = "", row: CaseRow | None = None, waiver: str | None = None) -> TestOutcome:
        return TestOutcome(
            test.test,
            test.requirement,
            test.level,
            test.standing == "required",
            word,
            because,
            test.cases,
            len(evidence.rows) if evidence.ended else 0,
            row.seq if row else None,
            waiver,
        )

    if test.standing != "required":
        return outcome(test.standing, test.because)
    if not evidence.ended:
        return outcome("incomplete", _why_undecided(test, evidence, banned))
    failures = [row for row in evidence.rows if row.outcome in ("fail", "unsupported")]
    if failures:
        waiver = waives(waivers, test, failures, environment, at)
        if waiver is None:
            first = failures[0]
            return outcome("fail", _why_failed(first), first)
        return outcome("waived", row=failures[0], waiver=waiver.id)
    if evidence.lost:
        return outcome("flaky", f"passed after a loss: {evidence.lost[-1].why}", evidence.rows[0])
    unreached = next((row for row in evidence.rows if row.outcome == "not-reached"), None)
    if unreached is not None:
        return outcome("not-reached", unreached.detail, unreached)
    return outcome("pass")


def _why_undecided(test: PlannedTest, evidence: TestEvidence, banned: bool) -> str:
    if evidence.lost:
        last = evidence.lost[-1]
        return f"{last.case}: {last.why}" if last.case else last.why
    return f"not run: {subject_of(test)} killed the device too often" if banned else "not run"


def _why_failed(row: CaseRow) -> str:
    if row.outcome == "unsupported":
        return f"required and unsupported: {row.detail}"
    return row.detail or row.cause


def _by_requirement(outcomes: Sequence[TestOutcome]) -> dict[str, str]:
    """The outcome of each requirement: its worst required test's, or its mildest other's where none is required."""
    found: dict[str, str] = {}
    for requirement in dict.fromkeys(outcome.requirement for outcome in outcomes):
        mine = [outcome for outcome in outcomes if outcome.requirement == requirement]
        required = [outcome.outcome for outcome in mine if outcome.required]
        if required:
            found[requirement] = max(required, key=_SEVERITY.__getitem__)
        else:
            found[requirement] = min((outcome.outcome for outcome in mine), key=_SEVERITY.__getitem__)
    return found


def _levels_met(plan: Plan, outcomes: Sequence[TestOutcome]) -> dict[str, int]:
    """The highest level met by each dtype that has required tests, 0 for none; ``runtime`` for those without one."""
    met: dict[str, int] = {}
    pairs = [(test, outcome) for test, outcome in zip(plan.tests, outcomes, strict=True) if outcome.required]
    for claim in dict.fromkeys(_claim_of(test) for test, _ in pairs):
        mine = [(test.level, outcome.outcome in _MEETS) for test, outcome in pairs if _claim_of(test) == claim]
        failed = [level for level, ok in mine if not ok]
        met[claim] = min(failed) - 1 if failed else plan.level
    return met


def _claim_of(test: PlannedTest) -> str:
    """The dtype a test counts for; of a conversion, the type that is a claim: float32 every product must have."""
    if test.dtype is None:
        return "runtime"
    source, _, target = test.dtype.partition("-")
    return target if target in DTYPES and source == REQUIRED_DTYPE else source
