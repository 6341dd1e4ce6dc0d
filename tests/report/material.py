"""A report's material made by hand: three tests of the real interface, whatever came of them."""

from __future__ import annotations

from typing import Any

from harness.interface.catalogue import load_interface
from harness.judge.verdict import judge
from harness.profile.store import load_profile
from harness.report.view import ReportMaterial, ReportView, make_view
from harness.run.rows import Evidence, TestEvidence
from tests.plans import evidence_of, lost, plan_of, planned, row, rows_of

PLAN = plan_of(
    planned("IF-MEM-001"),
    planned("IF-NUM-007/max/float32"),
    planned("IF-NUM-004/matmul/float32", 1),
    planned("IF-NUM-001/add/float64", 0, standing="not-claimed", because="no float64"),
)


def passing() -> dict[str, TestEvidence]:
    """Evidence in which everything passes, the product at half its bound."""
    tests = {test.test: rows_of(test) for test in PLAN.required()}
    bounded = row("IF-NUM-004/matmul/float32", 4, rule="bound", worst=(0.5).hex(), limit=(1.0).hex())
    return tests | {bounded.test: TestEvidence(bounded.test, (bounded,), ended=True)}


def failing(detail: str = "1 of 130 elements", got: str = "0x1.31eb86p+1") -> dict[str, TestEvidence]:
    """Evidence in which a NaN is lost."""
    wrong = row(
        "IF-NUM-007/max/float32",
        3,
        "n130/nan-at-64",
        "fail",
        expected="nan",
        got=got,
        at=(64,),
        cause="lost-nan",
        detail=detail,
    )
    right = row("IF-NUM-007/max/float32", 2)
    return passing() | {wrong.test: TestEvidence(wrong.test, (right, wrong), ended=True)}


def undecided() -> dict[str, TestEvidence]:
    """Evidence in which the device died in one test."""
    return passing() | {"IF-MEM-001": TestEvidence("IF-MEM-001", lost=(lost("IF-MEM-001"),))}


def view_of(tests: dict[str, TestEvidence], kind: str = "self-test", **changes: Any) -> ReportView:
    """The view of a run with this evidence."""
    evidence: Evidence = evidence_of(*tests.values())
    environment: dict[str, Any] = {
        "profile": "reference/ieee",
        "host": {"machine": "x86_64", "processors": 2},
        "device": {
            "name": "a device",
            "simulated": kind == "simulation",
            "facts": {"arithmetic": {"flush": "none where undeclared"}},
            "process": {"numpy": "2"},
        },
        "run": {
            "begin": "2026-11-24T08:00:00Z",
            "end": "2026-11-24T08:01:00Z",
            "seed": "0",
            "device": "numpy",
            "jobs": 1,
            "stopped": "",
        },
        "harness": {"version": "0"},
    }
    material = ReportMaterial(
        plan=PLAN,
        verdict=judge(PLAN, evidence, environment),
        evidence=evidence,
        interface=load_interface(),
        profile=load_profile("reference/ieee"),
        environment=environment | changes.pop("environment", {}),
        report_id="ab" * 32,
        key_fingerprint="3f:9a:00:01",
        key_kind="local",
        kind=kind,
        bundle=changes.pop("bundle", "runs/one"),
        explanations=changes.pop("explanations", {}),
    )
    return make_view(material)
