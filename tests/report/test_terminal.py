"""The terminal: the verdict first, then what stands in its way; one line for one fact."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from harness.report.terminal import Progress, print_summary, summary_document
from harness.report.view import ReportView
from harness.run.rows import Evidence
from tests.report.reports import MATMUL, PLAN, failing, passing, unfinished, view_of


def printed(view: ReportView) -> str:
    """What a file gets of a summary."""
    file = io.StringIO()
    print_summary(view, Console(file=file, highlight=False, soft_wrap=True))
    return file.getvalue()


@pytest.mark.parametrize(
    ("evidence", "en", "zh"),
    [
        (passing(), "LEVEL 2 MET", "符合第 2 级"),
        (failing(), "LEVEL 2 NOT MET: 1 of 3 tests fails", "不符合第 2 级"),
        (unfinished(), "LEVEL 2 INCOMPLETE: 1 of 3 tests undecided", "第 2 级未完成"),
    ],
)
def test_the_verdict_stands_on_one_line_in_both_languages(evidence: Evidence, en: str, zh: str) -> None:
    (line,) = (line for line in printed(view_of(evidence)).splitlines() if line.startswith("LEVEL 2"))
    assert line.startswith(en)
    assert zh in line


def test_a_simulation_says_so_at_the_head_and_at_the_verdict() -> None:
    lines = printed(view_of(passing(), simulated=True)).splitlines()
    assert "SIMULATED" in lines[0]
    assert any("LEVEL 2 MET in simulation" in line and "模拟检测，非实物" in line for line in lines)
    assert "SIMULATED" not in printed(view_of(passing()))


def test_a_failure_is_named_with_its_replay() -> None:
    said = printed(view_of(failing()))
    assert MATMUL.test in said
    assert f"assay replay runs/one {MATMUL.first}" in said


def test_the_report_is_on_a_line_of_its_own_however_long_its_folder() -> None:
    bundle = "runs/" + "long-" * 60
    assert any(
        line.endswith(f"{bundle}/report.html") for line in printed(view_of(passing(), bundle=bundle)).split("\n")
    )


def test_what_is_not_covered_and_who_signed_is_said() -> None:
    said = printed(view_of(passing()))
    assert "not covered  models, several cards, endurance, judged performance" in said
    assert "signed by    3f:9a:11:20 (a local key" in said


def test_no_text_of_a_device_reaches_the_terminal_as_a_command_or_as_markup() -> None:
    said = printed(view_of(failing(expected="", got="", detail="\x1b[2J [red]x[/red] [/]")))
    assert "\x1b" not in said
    assert "[red]x[/red] [/]" in said


def test_no_text_of_a_device_begins_a_line() -> None:
    said = printed(view_of(failing(expected="", got="", detail="boom\nLEVEL 2 MET\r\nreport  elsewhere")))
    assert [line[:11] for line in said.splitlines() if line.startswith("LEVEL")] == ["LEVEL 2 NOT"]
    assert "boom LEVEL 2 MET report  elsewhere" in said


def test_a_key_and_a_folder_are_printed_letter_by_letter() -> None:
    view = replace(view_of(passing(), bundle="runs/:heart:/x"), key="3f:9a:00:ab:11")
    said = printed(view)
    assert "signed by    3f:9a:00:ab:11 (" in said
    assert "runs/:heart:/x/report.html" in said


def test_a_narrow_console_breaks_neither_the_report_nor_the_replay() -> None:
    bundle, file = "runs/" + "long-" * 30, io.StringIO()
    print_summary(view_of(failing(), bundle=bundle), Console(file=file, width=40))
    lines = file.getvalue().splitlines()
    assert f"report       {bundle}/report.html" in lines
    assert f"    replay   assay replay {bundle} {MATMUL.first}" in lines


def test_a_level_met_with_waivers_says_how_many_tests_fail() -> None:
    waived = replace(view_of(passing()), counts={"pass": 2, "waived": 1})
    assert "waived   1 of 3 tests fails as waivers accept" in printed(waived)
    assert "waived" not in printed(view_of(passing()))


def test_the_document_for_machines_is_json_and_names_what_fails() -> None:
    document = json.loads(json.dumps(summary_document(view_of(failing())), allow_nan=False))
    assert (document["conclusion"], document["level"], document["kind"]) == ("not-met", 2, "self-test")
    assert document["report"] == "runs/one/report.html"
    (failure,) = document["failures"]
    assert (failure["test"], failure["seq"], failure["cause"]) == (MATMUL.test, MATMUL.first, "lost NaN")
    assert {"requirement", "case", "expected", "got", "replay"} <= set(failure)
    assert {"levels_met", "counts", "cases", "undeclared", "report_id", "bundle"} <= set(document)


def test_progress_without_a_terminal_says_the_last_state_once() -> None:
    file = io.StringIO()
    with Progress(PLAN, Console(file=file)) as progress:
        progress.update({"memory": 1}, 2, 0)
        progress.update({"memory": 1, "numeric-conduct": 1}, 5, 1)
    assert file.getvalue() == "2 of 3 tests, 5 cases, 1 failing\n"


def test_progress_on_a_terminal_shows_every_chapter_with_its_count() -> None:
    file = io.StringIO()
    with Progress(PLAN, Console(file=file, force_terminal=True, width=120)) as progress:
        progress.update({"memory": 1, "numeric-conduct": 2}, 7, 0)
    assert "memory" in file.getvalue()
    assert "2/2" in file.getvalue()


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    file = io.StringIO()
    print_summary(view_of(failing()), Console(file=file, force_terminal=True, soft_wrap=True))
    assert "\x1b[31m" not in file.getvalue()
    assert "\x1b[1;31m" not in file.getvalue()
