"""The verdict as the decision rule states it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.judge.verdict import Verdict, judge
from harness.run.plan import Plan
from harness.run.rows import Evidence, TestEvidence
from tests.plans import evidence_of, lost, plan_of, planned, rows_of


def judged(plan: Plan, evidence: Evidence) -> Verdict:
    return judge(plan, evidence, {"profile": plan.profile})


def outcome_of(verdict: Verdict, test: str) -> str:
    return next(outcome.outcome for outcome in verdict.tests if outcome.test == test)


PLAN = plan_of(planned("IF-MEM-001"), planned("IF-NUM-001/add/float32"), planned("IF-NUM-001/add/float16", level=2))


def all_pass(plan: Plan) -> dict[str, TestEvidence]:
    return {test.test: rows_of(test) for test in plan.required()}


def test_a_level_is_met_when_every_required_test_passes() -> None:
    verdict = judged(PLAN, Evidence(all_pass(PLAN)))
    assert (verdict.conclusion, verdict.exit_code, verdict.met) == ("met", 0, True)
    assert verdict.cases == 6
    assert verdict.levels_met == {"runtime": 2, "float32": 2, "float16": 2}


def test_one_failing_case_fails_its_test_its_requirement_and_the_level() -> None:
    broken = PLAN.tests[2]
    evidence = Evidence(all_pass(PLAN) | {broken.test: rows_of(broken, "pass", "fail")})
    verdict = judged(PLAN, evidence)
    assert (verdict.conclusion, verdict.exit_code) == ("not-met", 1)
    assert outcome_of(verdict, broken.test) == "fail"
    assert verdict.requirements["IF-NUM-001"] == "fail"
    assert verdict.requirements["IF-MEM-001"] == "pass"
    assert verdict.levels_met == {"runtime": 2, "float32": 2, "float16": 1}


def test_a_failing_test_names_the_case_that_decided_it() -> None:
    broken = PLAN.tests[2]
    verdict = judged(PLAN, Evidence(all_pass(PLAN) | {broken.test: rows_of(broken, "pass", "fail")}))
    assert next(o.seq for o in verdict.tests if o.test == broken.test) == broken.first + 1


def test_required_and_unsupported_is_a_failure() -> None:
    broken = PLAN.tests[1]
    verdict = judged(PLAN, Evidence(all_pass(PLAN) | {broken.test: rows_of(broken, "unsupported", "unsupported")}))
    assert verdict.conclusion == "not-met"
    assert verdict.levels_met["float32"] == 0


@pytest.mark.parametrize("nothing", [(), ("reference/none",)])
def test_a_run_that_decided_nothing_is_incomplete_never_met(nothing: tuple[str, ...]) -> None:
    verdict = judged(PLAN, evidence_of(*(TestEvidence(name) for name in nothing)))
    assert (verdict.conclusion, verdict.exit_code) == ("incomplete", 3)


def test_a_plan_that_requires_nothing_is_incomplete_never_met() -> None:
    assert judged(plan_of(planned("IF-MEM-001", 0, standing="not-claimed")), Evidence()).conclusion == "incomplete"


def test_a_test_without_its_end_row_does_not_count() -> None:
    cut = replace(rows_of(PLAN.tests[0]), ended=False)
    verdict = judged(PLAN, Evidence(all_pass(PLAN) | {cut.test: cut}))
    assert outcome_of(verdict, cut.test) == "incomplete"
    assert verdict.conclusion == "incomplete"


def test_a_failure_outweighs_what_is_undecided() -> None:
    evidence = evidence_of(rows_of(PLAN.tests[1], "fail", "fail"))
    assert judged(PLAN, evidence).conclusion == "not-met"


def test_a_pass_after_a_loss_is_flaky_and_does_not_meet_the_level() -> None:
    again = replace(rows_of(PLAN.tests[0]), lost=(lost("IF-MEM-001"),))
    verdict = judged(PLAN, Evidence(all_pass(PLAN) | {again.test: again}))
    assert outcome_of(verdict, again.test) == "flaky"
    assert verdict.conclusion == "incomplete"


def test_what_the_adapter_answered_is_not_reached_and_does_not_meet_the_level() -> None:
    verdict = judged(PLAN, Evidence(all_pass(PLAN) | {"IF-MEM-001": rows_of(PLAN.tests[0], "pass", "not-reached")}))
    assert outcome_of(verdict, "IF-MEM-001") == "not-reached"
    assert verdict.conclusion == "incomplete"


def test_what_is_not_claimed_is_not_required() -> None:
    plan = plan_of(planned("IF-MEM-001"), planned("IF-NUM-001/add/float64", 0, standing="not-claimed", because="no"))
    verdict = judged(plan, evidence_of(rows_of(plan.tests[0])))
    assert verdict.conclusion == "met"
    assert verdict.counts == {"pass": 1, "not-claimed": 1}


def test_three_deaths_quarantine_the_rest_of_an_operation_and_say_so() -> None:
    tests = [planned(f"IF-NUM-00{n}/exp/float32") for n in range(1, 6)]
    plan = plan_of(*tests)
    died = [TestEvidence(test.test, lost=(lost(test.test),)) for test in tests[:3]]
    verdict = judged(plan, evidence_of(*died))
    assert [o.outcome for o in verdict.tests] == ["incomplete"] * 5
    assert "SIGSEGV" in verdict.tests[0].because
    assert "exp killed the device" in verdict.tests[4].because


def test_a_conversion_counts_for_the_type_that_is_a_claim() -> None:
    plan = plan_of(
        planned("IF-NUM-001/add/float32"),
        planned("IF-CNV-001/cast/float32-float16"),
        planned("IF-CNV-007/cast/bfloat16-float32"),
    )
    broken = rows_of(plan.tests[1], "fail", "fail")
    verdict = judged(plan, Evidence(all_pass(plan) | {broken.test: broken}))
    assert verdict.levels_met == {"float32": 2, "float16": 0, "bfloat16": 2}


def test_a_label_that_names_no_claim_counts_for_the_type_of_its_operands() -> None:
    plan = plan_of(
        planned("IF-NUM-004/Attention/float32-bias"),
        planned("IF-NUM-004/matmul/float16-float32"),
        planned("IF-NUM-004/Attention/bfloat16"),
    )
    broken = [rows_of(test, "fail", "fail") for test in plan.tests[:2]]
    verdict = judged(plan, Evidence(all_pass(plan) | {test.test: test for test in broken}))
    assert verdict.levels_met == {"float32": 0, "float16": 0, "bfloat16": 2}


words = st.sampled_from(["pass", "fail", "unsupported", "not-reached"])


@given(st.lists(st.tuples(words, st.booleans(), st.booleans()), min_size=1, max_size=8))
def test_met_means_that_every_case_of_every_test_passed(states: list[tuple[str, bool, bool]]) -> None:
    plan = plan_of(*(planned(f"IF-MEM-{n:03}", 1) for n in range(len(states))))
    seen = []
    for test, (word, ended, died) in zip(plan.tests, states, strict=True):
        seen.append(replace(rows_of(test, word), ended=ended, lost=(lost(test.test),) if died else ()))
    verdict = judged(plan, evidence_of(*seen))
    assert verdict.met == all(word == "pass" and ended and not died for word, ended, died in states)
    fails = any(word in ("fail", "unsupported") and ended for word, ended, _ in states)
    assert (verdict.conclusion == "not-met") == fails
