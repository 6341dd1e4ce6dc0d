"""Which failures of a run are explained, and how explanations come back from a bundle."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from harness.errors import EvidenceError
from harness.interface.catalogue import load_interface
from harness.profile.store import load_profile
from harness.run import failures
from harness.run.bundle import Bundle, Request
from harness.run.explain import Explanation, TensorTold
from harness.run.failures import MOST_EXPLAINED, explain_failures, name_of, read_explanations
from harness.run.plan import Plan, PlannedTest, make_plan
from tests.plans import evidence_of, row, rows_of

PROFILE = load_profile("reference/ieee")
PLAN = make_plan(load_interface(), PROFILE, 1)
NOTHING = TensorTold("float32", (1,), "dense", ("nan",))
TOLD = Explanation((), 0, NOTHING, NOTHING, (0,), "inf", "0x0.0p+0", "lost-nan", "NaN was expected")
REQUEST = Request("reference/ieee", "simulated", 1, "0", 1, 1.0, 1.0, PLAN.digest(), "0", "2026-11-24T08:00:00Z")


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    found = Bundle(tmp_path)
    found.create()
    return found


def explained(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, tests: list[PlannedTest], plan: Plan = PLAN
) -> list[str]:
    """The tests that are explained where the first case of each of these fails, in turn."""
    asked: list[str] = []

    def told(subject: Any, test: PlannedTest, *rest: Any) -> Explanation:
        asked.append(test.test)
        return TOLD

    monkeypatch.setattr(failures, "_explained", told)
    failed = [rows_of(test, "fail") for test in tests]
    explain_failures(bundle, plan, load_interface(), PROFILE, REQUEST, evidence_of(*failed))
    return asked


def of(operation: str) -> list[PlannedTest]:
    """The tests of an operation."""
    return [test for test in PLAN.required() if test.operation == operation]


def test_a_run_in_which_nothing_fails_explains_nothing(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    assert explained(bundle, monkeypatch, []) == []


def test_the_first_failure_of_every_operation_comes_before_the_second_of_any(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    tests = [*of("add")[:3], *of("exp")[:2]]
    order = explained(bundle, monkeypatch, tests)
    assert len(order) == 5
    assert {order[0].split("/")[1], order[1].split("/")[1]} == {"add", "exp"}


def test_no_more_are_explained_than_a_reader_looks_at(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(explained(bundle, monkeypatch, list(PLAN.required())[-200:])) == MOST_EXPLAINED


def test_failures_of_the_runtime_are_told_by_their_rows(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    assert explained(bundle, monkeypatch, [PLAN.by_name()["IF-MEM-006"]]) == []


def test_explanations_come_back_as_they_were_written(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    (test,) = of("add")[:1]
    explained(bundle, monkeypatch, [test])
    expected = asdict(TOLD) | {"launches": [], "at": [0]}
    for name in ("expected", "got"):
        expected[name] = asdict(NOTHING) | {"shape": [1], "elements": ["nan"]}
    assert read_explanations(bundle) == {test.first: expected}


@pytest.mark.parametrize(("name", "said"), [("1", {"cause": "?"}), ("1", [1]), ("x", TOLD.document())])
def test_what_is_no_explanation_is_refused_by_name(bundle: Bundle, name: str, said: Any) -> None:
    bundle.write_json(name_of(1).replace("1", name), said)
    with pytest.raises(EvidenceError, match="no explanation") as refused:
        read_explanations(bundle)
    assert f"{name}.json" in str(refused.value)


def test_only_failing_cases_are_explained(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    (test,) = of("add")[:1]
    monkeypatch.setattr(failures, "_explained", lambda *rest: TOLD)
    seen = rows_of(test)
    rows = (*seen.rows[:-1], row(test.test, seen.rows[-1].seq, outcome="fail"))
    evidence = evidence_of(type(seen)(test.test, rows, ended=True))
    explain_failures(bundle, PLAN, load_interface(), PROFILE, REQUEST, evidence)
    assert list(read_explanations(bundle)) == [rows[-1].seq]
