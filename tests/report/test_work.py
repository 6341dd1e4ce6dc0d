"""What stands beside a verdict: time by family, how far off elements were, the smallest failure, and gaps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.interface.catalogue import load_interface
from harness.report.html import render_html
from harness.report.smallest import smallest_of
from harness.report.work import Work, histograms, work_by_family
from harness.run.coverage import Gap
from tests.plans import evidence_of, plan_of, planned, row, rows_of
from tests.report.material import failing, passing, view_of

PLAN = plan_of(
    planned("IF-MEM-001"),
    planned("IF-NUM-004/matmul/float32"),
    planned("IF-NUM-004/sum/float32"),
    planned("IF-NUM-003/matmul/float32"),
    planned("IF-NUM-004/matmul/float64", standing="not-claimed"),
)


def test_time_is_added_up_by_family_the_longest_first() -> None:
    ends = [replace(rows_of(test), near_ms=1000.0 * number) for number, test in enumerate(PLAN.required())]
    assert work_by_family(PLAN, load_interface(), evidence_of(*ends)) == (
        Work("inner-product", 2, 4, 0.002, 4.0),
        Work("sum", 1, 2, 0.001, 2.0),
        Work("memory", 1, 2, 0.001, 0.0),
    )


def test_tests_that_did_not_run_count_without_time() -> None:
    found = work_by_family(PLAN, load_interface(), evidence_of())
    assert {work.family: (work.tests, work.cases) for work in found} == {
        "inner-product": (2, 0),
        "sum": (1, 0),
        "memory": (1, 0),
    }


def test_histograms_are_added_up_by_operation_and_dtype() -> None:
    first, second = PLAN.tests[1], PLAN.tests[3]
    seen = evidence_of(
        replace(rows_of(first), rows=(row(first.test, 2, histogram={"0": 5, "2^-3": 1}),)),
        replace(rows_of(second), rows=(row(second.test, 6, histogram={"2^-3": 2, "inf": 1}),)),
    )
    assert histograms(PLAN, seen) == {"matmul float32": {"0": 5, "2^-3": 3, "inf": 1}}


SAID: dict[str, Any] = {
    "launches": [
        {
            "operation": "gemm",
            "attributes": {"alpha": 2},
            "operands": [
                {"dtype": "float32", "shape": [1, 1], "layout": "strided", "elements": ["0x1p+0"]},
                {"dtype": "float32", "shape": [20], "layout": "dense", "elements": ["0x0p+0"] * 20},
                {"dtype": "float32", "shape": [500], "layout": "dense", "elements": []},
            ],
        }
    ],
    "expected": {"dtype": "float32", "shape": [1], "layout": "dense", "elements": ["nan"]},
    "got": {"dtype": "float32", "shape": [1], "layout": "dense", "elements": ["0x1p+0"]},
    "cause": "lost-nan",
    "because": "NaN was expected and something else came",
}


def test_a_smallest_failure_reads_as_a_launch_with_its_elements() -> None:
    told = smallest_of(SAID)
    zeros = " ".join(["0x0p+0"] * 16)
    assert told.launches == (
        f"gemm(float32 (1, 1) strided [0x1p+0], float32 (20,) [{zeros} ...], float32 (500,), alpha=2)",
    )
    assert (told.expected, told.got) == ("float32 (1,) [nan]", "float32 (1,) [0x1p+0]")
    assert (told.cause, told.because) == ("lost-nan", "NaN was expected and something else came")


@pytest.mark.parametrize("broken", [{}, {"launches": 3}, {"launches": [5]}, {"expected": [1]}, {"got": None}])
def test_an_explanation_that_is_none_is_shown_and_breaks_nothing(broken: dict[str, Any]) -> None:
    smallest_of(SAID | broken if broken else {})


def test_a_page_shows_the_smallest_failure_in_place() -> None:
    seq = next(failure for failure in view_of(failing()).failures).seq
    page = render_html(view_of(failing(), explanations={seq: SAID})).decode()
    assert "gemm(float32 (1, 1) strided [0x1p+0]" in page
    assert "lost-nan: NaN was expected and something else came" in page


def test_a_failure_that_is_explained_stands_before_those_that_are_not() -> None:
    several = failing() | {"IF-MEM-001": rows_of(planned("IF-MEM-001"), "fail", "fail")}
    wanted = next(failure for failure in view_of(several).failures if failure.test.startswith("IF-NUM"))
    assert view_of(several).failures[0].seq != wanted.seq
    assert view_of(several, explanations={wanted.seq: SAID}).failures[0].seq == wanted.seq


@pytest.mark.parametrize(("device", "scripted"), [("numpy", True), ("torch:cuda:0", True), ("simulated", False)])
def test_a_program_without_assay_is_offered_for_libraries_alone(device: str, scripted: bool) -> None:
    seq = view_of(failing()).failures[0].seq
    run = {"begin": "2026-11-24T08:00:00Z", "end": "2026-11-24T08:01:00Z", "seed": "0", "jobs": 1, "stopped": ""}
    environment = {"run": run | {"device": device}}
    found = view_of(failing(), explanations={seq: SAID}, environment=environment).failures[0]
    assert found.scripted == scripted
    assert not view_of(failing(), environment=environment).failures[0].scripted


def test_a_gap_stands_in_red() -> None:
    view = replace(view_of(passing()), gaps=(Gap("matmul", "cancellation"),))
    page = render_html(view).decode()
    assert '<tr class="gap"><td class="id">matmul</td><td>cancellation</td></tr>' in page
    assert "tr.gap td { color: var(--no); }" in page
    assert 'class="gap"' not in render_html(replace(view, gaps=())).decode()
