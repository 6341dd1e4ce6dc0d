"""The view holds what plan, verdict and evidence hold, and nothing a reader could be deceived by."""

from __future__ import annotations

import math
import shlex
from dataclasses import replace

import pytest

from harness.interface.catalogue import load_interface
from harness.judge.verdict import judge
from harness.report.view import ABOVE_LEVEL
from tests.report.reports import BROKEN, MATMUL, PLAN, environment, failing, passing, unfinished, view_of, with_row


def test_every_requirement_of_the_interface_is_there_planned_or_not() -> None:
    view = view_of(passing())
    shown = [requirement.id for chapter in view.chapters for requirement in chapter.requirements]
    assert shown == [requirement.id for requirement in load_interface().requirements]


def test_a_requirement_outside_the_plan_says_that_it_is_not_in_this_level() -> None:
    view = view_of(passing())
    lines = {line.id: line for chapter in view.chapters for line in chapter.requirements}
    assert lines["IF-MEM-002"].outcome == ABOVE_LEVEL
    assert lines["IF-MEM-002"].dots == ()
    assert lines["IF-NUM-008"].outcome == "not-claimed"


def test_a_failing_case_is_told_with_what_was_expected_and_how_to_see_it_again() -> None:
    (failure,) = view_of(failing()).failures
    assert (failure.test, failure.seq) == (MATMUL.test, MATMUL.first)
    assert (failure.expected, failure.got, failure.at) == ("nan", BROKEN["got"], (64,))
    assert failure.replay == f"assay replay runs/one {MATMUL.first}"


def test_a_replay_command_survives_a_shell_whatever_the_folder_is_called() -> None:
    (failure,) = view_of(failing(), bundle="runs/it's; rm -rf x").failures
    assert shlex.split(failure.replay) == ["assay", "replay", "runs/it's; rm -rf x", str(MATMUL.first)]


def test_a_waived_failure_does_not_stand_among_the_failures() -> None:
    evidence = failing()
    verdict = judge(PLAN, evidence, environment())
    tests = tuple(replace(t, outcome="waived") if t.outcome == "fail" else t for t in verdict.tests)
    waived = replace(verdict, tests=tests, conclusion="met", counts={"pass": 2, "waived": 1, "not-claimed": 1})
    view = view_of(evidence, verdict=waived)
    assert view.failures == ()
    assert view.failing_cases == 0
    assert view.waived_tests == 1


def test_lost_tests_are_listed_with_why() -> None:
    (test,) = view_of(unfinished()).undecided
    assert test.outcome == "incomplete"
    assert "SIGSEGV" in test.because


def test_the_worst_case_of_an_operation_and_type_is_its_error_over_its_bound() -> None:
    evidence = with_row(passing(), MATMUL.test, rule="bound", worst=(3.0).hex(), limit=(4.0).hex())
    (ratio,) = view_of(evidence).ratios
    assert (ratio.subject, ratio.ratio, ratio.seq) == ("matmul float16", 0.75, MATMUL.first)


@pytest.mark.parametrize("worst", ["nan", "inf", "0x1p+99999"])
def test_an_error_that_is_no_finite_number_is_beyond_every_bound(worst: str) -> None:
    (ratio,) = view_of(failing(worst=worst)).ratios
    assert ratio.ratio == math.inf


@pytest.mark.parametrize(
    ("worst", "limit"), [("lost", "0x1p+0"), ("-0x1p+0", "0x1p+0"), ("0x1p+0", "0x0p+0"), ("", ""), ("0x1p+0", "inf")]
)
def test_what_has_no_finite_bound_above_zero_has_no_place_in_the_diagram(worst: str, limit: str) -> None:
    assert view_of(failing(worst=worst, limit=limit)).ratios == ()


def test_when_a_run_began_and_ended_was_measured_not_asked_for() -> None:
    origins = {name: origin for name, _, origin in view_of(passing()).environment}
    assert origins["run.begin"] == origins["run.end"] == origins["device.process.mxcsr"] == "measured"
    assert origins["run.seed"] == "asked"
    assert origins["device.name"] == "declared"


def test_only_a_simulation_lists_what_it_assumed() -> None:
    assert view_of(passing()).assumptions == ()
    assert view_of(passing(), simulated=True).assumptions == (("vector/float32", "flush is taken to be none"),)


def test_no_text_of_a_device_can_move_the_cursor_or_turn_the_order_of_what_is_read() -> None:
    view = view_of(failing(detail="\x1b[2J", cause="a\u202eb", got="\ud800"), stopped="\x07")
    (failure,) = view.failures
    assert (failure.detail, failure.cause, failure.got) == ("\ufffd[2J", "a\ufffdb", "\ufffd")
    assert view.stopped == "\ufffd"
