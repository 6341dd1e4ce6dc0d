"""The view: every number has its row, and nothing is left out."""

from __future__ import annotations

from harness.interface.catalogue import load_interface
from tests.report.material import failing, passing, undecided, view_of


def test_every_requirement_of_the_interface_is_shown_tested_or_not() -> None:
    view = view_of(passing())
    shown = [requirement.id for chapter in view.chapters for requirement in chapter.requirements]
    assert shown == [requirement.id for requirement in load_interface().requirements]
    outcomes = {r.id: r.outcome for chapter in view.chapters for r in chapter.requirements}
    assert outcomes["IF-MEM-001"] == "pass"
    assert outcomes["IF-MEM-002"] == "above-level"
    assert outcomes["IF-NUM-001"] == "not-claimed"


def test_figures_are_counts_of_rows() -> None:
    view = view_of(passing())
    assert (view.required, view.cases, view.conclusion) == (3, 5, "met")
    assert [(ratio.subject, ratio.ratio, ratio.seq) for ratio in view.ratios] == [("matmul float32", 0.5, 4)]


def test_a_failure_has_its_requirement_values_and_replay() -> None:
    view = view_of(failing())
    (failure,) = view.failures
    assert failure.requirement == "IF-NUM-007"
    assert (failure.expected, failure.got, failure.at) == ("nan", "0x1.31eb86p+1", (64,))
    assert failure.replay == "assay replay runs/one 3"
    assert "IEEE" in failure.text.en
    assert (view.failing_tests, view.failing_cases) == (1, 1)


def test_what_is_undecided_is_listed_with_its_reason() -> None:
    view = view_of(undecided())
    assert view.conclusion == "incomplete"
    assert [(test.test, test.outcome) for test in view.undecided] == [("IF-MEM-001", "incomplete")]
    assert "SIGSEGV" in view.undecided[0].because


def test_assumptions_are_those_the_simulation_itself_states() -> None:
    assert view_of(passing(), "simulation").assumptions == (("flush", "none where undeclared"),)
    assert view_of(passing()).assumptions == ()


def test_facts_of_the_environment_say_where_they_come_from() -> None:
    origins = {name: origin for name, _, origin in view_of(passing()).environment}
    assert origins["host.machine"] == "measured"
    assert origins["device.name"] == "declared"
    assert origins["device.process.numpy"] == "measured"
    assert origins["run.seed"] == "asked"
