"""JUnit: every planned test once, its outcome where other systems look for it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.report.junit import render_junit
from harness.run.rows import Evidence
from tests.plans import lost
from tests.report.reports import LATER, MATMUL, PLAIN, PLAN, UNCLAIMED, failing, passing, unfinished, view_of, with_row


def suite_of(evidence: Evidence) -> ET.Element:
    """The suite that is rendered of this evidence."""
    return ET.fromstring(render_junit(view_of(evidence)))  # our own rendering


def case_of(suite: ET.Element, test: str) -> ET.Element:
    """The one test case of a test."""
    (case,) = (case for case in suite.iter("testcase") if case.get("name") == test)
    return case


def test_every_planned_test_is_there_once_under_its_chapter() -> None:
    cases = [(case.get("classname"), case.get("name")) for case in suite_of(passing()).iter("testcase")]
    assert cases == [(test.chapter, test.test) for test in PLAN.tests]


def test_a_failing_test_is_a_failure_with_the_command_that_replays_it() -> None:
    suite = suite_of(failing())
    failure = case_of(suite, MATMUL.test).find("failure")
    assert failure is not None
    assert failure.text == f"assay replay runs/one {MATMUL.first}"
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "4",
        "1",
        "0",
        "1",
    )


@pytest.mark.parametrize("outcome", ["incomplete", "flaky", "not-reached"])
def test_what_is_undecided_is_an_error_and_says_its_outcome(outcome: str) -> None:
    evidence = {
        "incomplete": unfinished(),
        "flaky": Evidence({**passing().tests, LATER.test: replace(passing().of(LATER.test), lost=(lost(LATER.test),))}),
        "not-reached": with_row(passing(), LATER.test, outcome="not-reached", detail="the adapter answered"),
    }[outcome]
    error = case_of(suite_of(evidence), LATER.test).find("error")
    assert error is not None
    assert error.get("type") == outcome


def test_what_is_not_claimed_is_skipped_and_what_passes_is_bare() -> None:
    suite = suite_of(passing())
    assert case_of(suite, UNCLAIMED.test).find("skipped") is not None
    assert list(case_of(suite, PLAIN.test)) == []


def test_the_report_and_its_kind_are_named() -> None:
    properties = {p.get("name"): p.get("value") for p in suite_of(passing()).iter("property")}
    assert (properties["report"], properties["kind"]) == ("8f3c21d0" * 8, "self-test")


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), max_size=40))
def test_any_text_of_a_device_leaves_xml_that_can_be_read(text: str) -> None:
    assert case_of(suite_of(failing(detail="x" + text)), MATMUL.test).find("failure") is not None
