"""What the supervisor decides from evidence: who does what, what is left, what is given up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.run.rows import Evidence, TestEvidence
from harness.run.supervisor import child_environment, left_to_do, share_out
from tests.plans import evidence_of, lost, plan_of, planned, rows_of


def names(count: int, operation: str = "") -> list[str]:
    return [f"IF-NUM-{n:03}{operation}" for n in range(count)]


@given(st.lists(st.integers(0, 500), max_size=40), st.integers(1, 6))
def test_every_test_is_dealt_to_exactly_one_job_in_plan_order(sizes: list[int], jobs: int) -> None:
    plan = plan_of(*(planned(f"IF-NUM-{n:03}", size) for n, size in enumerate(sizes)))
    shares = share_out(plan.tests, jobs)
    assert len(shares) == jobs
    assert sorted(test.test for share in shares for test in share) == [test.test for test in plan.tests]
    for share in shares:
        assert [test.first for test in share] == sorted(test.first for test in share)


@given(st.lists(st.integers(1, 500), min_size=8, max_size=40))
def test_two_jobs_get_about_the_same_number_of_cases(sizes: list[int]) -> None:
    plan = plan_of(*(planned(f"IF-NUM-{n:03}", size) for n, size in enumerate(sizes)))
    loads = [sum(test.cases + 1 for test in share) for share in share_out(plan.tests, 2)]
    assert abs(loads[0] - loads[1]) <= max(sizes) + 1


def test_what_has_ended_is_not_run_again() -> None:
    plan = plan_of(*map(planned, names(3)))
    assert left_to_do(plan.tests, evidence_of(rows_of(plan.tests[1]))) == [("IF-NUM-000", 1), ("IF-NUM-002", 1)]


def test_what_was_interrupted_runs_again_as_the_same_attempt() -> None:
    plan = plan_of(*map(planned, names(1)))
    assert left_to_do(plan.tests, Evidence()) == [("IF-NUM-000", 1)]


def test_what_was_lost_is_tried_again_last_and_as_another_attempt() -> None:
    plan = plan_of(*map(planned, names(3)))
    evidence = evidence_of(TestEvidence("IF-NUM-000", lost=(lost("IF-NUM-000"),)))
    assert left_to_do(plan.tests, evidence) == [("IF-NUM-001", 1), ("IF-NUM-002", 1), ("IF-NUM-000", 2)]


def test_an_operation_that_killed_the_device_three_times_is_quarantined_and_no_other() -> None:
    exp, tanh = names(4, "/exp/float32"), names(1, "/tanh/float32")
    plan = plan_of(*map(planned, exp + tanh))
    evidence = evidence_of(*(TestEvidence(test, lost=(lost(test),)) for test in exp[:3]))
    assert left_to_do(plan.tests, evidence) == [(tanh[0], 1)]


def test_a_test_that_was_cut_off_at_its_cap_is_not_tried_again_and_charges_no_death() -> None:
    plan = plan_of(*map(planned, names(5, "/exp/float32")))
    cut = [TestEvidence(test.test, lost=(lost(test.test, "cap", final=True),)) for test in plan.tests[:4]]
    assert left_to_do(plan.tests, evidence_of(*cut)) == [(plan.tests[4].test, 1)]


def test_what_could_change_how_pytest_or_python_runs_is_taken_out_of_a_childs_environment() -> None:
    hostile = {"PYTEST_ADDOPTS": "-k nothing", "PYTEST_PLUGINS": "x", "PYTHONOPTIMIZE": "2", "PYTHONWARNINGS": "error"}
    kept = child_environment(hostile | {"LD_LIBRARY_PATH": "/opt/dtk/lib", "OMP_NUM_THREADS": "64"})
    assert not set(hostile) & set(kept)
    assert kept["LD_LIBRARY_PATH"] == "/opt/dtk/lib"
    assert kept["OMP_NUM_THREADS"] == "1"
    assert kept["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] == "1"
