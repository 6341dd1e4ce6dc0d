"""Views made by hand: a small interface plan in any of the three conclusions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.interface.catalogue import load_interface
from harness.judge.verdict import Verdict, judge
from harness.profile.store import load_profile
from harness.report.view import ReportMaterial, ReportView, make_view
from harness.run.rows import CaseRow, Evidence, TestEvidence
from tests.plans import evidence_of, lost, plan_of, planned, rows_of

PLAIN = planned("IF-MEM-001")
MATMUL = planned("IF-NUM-007/matmul/float16", cases=3)
LATER = planned("IF-NUM-007/max/float32", level=2)
UNCLAIMED = planned("IF-NUM-008/add/float64", cases=0, standing="not-claimed", because="no float64")
PLAN = plan_of(PLAIN, MATMUL, LATER, UNCLAIMED)
PLAIN, MATMUL, LATER, UNCLAIMED = PLAN.tests

BROKEN: dict[str, Any] = {
    "outcome": "fail",
    "rule": "bound",
    "worst": (1.5).hex(),
    "limit": (1.0).hex(),
    "expected": "nan",
    "got": (2.5).hex(),
    "at": (64,),
    "cause": "lost NaN",
    "detail": "NaN at index 64 lost",
}


def passing() -> Evidence:
    """Every test ended, every case a pass."""
    return evidence_of(*(rows_of(test) for test in (PLAIN, MATMUL, LATER)))


def with_row(evidence: Evidence, test: str, **fields: Any) -> Evidence:
    """The same evidence with fields of a test's first row changed."""
    seen = evidence.of(test)
    first: CaseRow = replace(seen.rows[0], **fields)
    return Evidence({**evidence.tests, test: replace(seen, rows=(first, *seen.rows[1:]))})


def failing(**fields: Any) -> Evidence:
    """One case of one test fails."""
    return with_row(passing(), MATMUL.test, **(BROKEN | fields))


def unfinished() -> Evidence:
    """One test lost its device and never ended; nothing fails."""
    return Evidence({**passing().tests, LATER.test: TestEvidence(LATER.test, lost=(lost(LATER.test),))})


def environment(*, simulated: bool = False, **run: Any) -> dict[str, Any]:
    """What was taken down of host, device and run."""
    return {
        "profile": "reference/ieee",
        "host": {"system": "Linux"},
        "device": {
            "name": "card",
            "simulated": simulated,
            "layers": ["device"],
            "facts": {"arithmetic": {"vector/float32": "flush is taken to be none"}},
            "process": {"mxcsr": "0x1f80"},
        },
        "run": {
            "begin": "2026-11-24T10:00:00Z",
            "end": "2026-11-24T10:05:00Z",
            "seed": "0",
            "device": "card",
            "jobs": 1,
            "stopped": "",
        }
        | run,
        "harness": {"version": "0.1.0"},
    }


def view_of(
    evidence: Evidence,
    *,
    simulated: bool = False,
    bundle: str = "runs/one",
    verdict: Verdict | None = None,
    **run: Any,
) -> ReportView:
    """The view of this evidence."""
    facts = environment(simulated=simulated, **run)
    return make_view(
        ReportMaterial(
            plan=PLAN,
            verdict=verdict or judge(PLAN, evidence, facts, undeclared=("vector/float16: rounding",)),
            evidence=evidence,
            interface=load_interface(),
            profile=load_profile("reference/ieee"),
            environment=facts,
            report_id="8f3c21d0" * 8,
            key_fingerprint="3f:9a:11:20",
            key_kind="local",
            kind="simulation" if simulated else "self-test",
            bundle=bundle,
        )
    )
