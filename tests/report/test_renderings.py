"""The page, JUnit and the terminal: what they must say, and what no input can make them do."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from harness.interface.catalogue import load_interface
from harness.report.html import render_html
from harness.report.junit import render_junit
from harness.report.terminal import Progress, print_summary, summary_document
from harness.report.view import ReportView
from harness.report.words import load_words
from harness.resources import reports_folder
from tests.report.material import PLAN, failing, passing, undecided, view_of

VIEWS = {
    "met": view_of(passing()),
    "met in simulation": view_of(passing(), "simulation"),
    "not met": view_of(failing()),
    "incomplete": view_of(undecided()),
}


class _Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(view: ReportView) -> _Page:
    page = _Page()
    page.feed(render_html(view).decode())
    return page


def shown(view: ReportView) -> str:
    out = io.StringIO()
    print_summary(view, Console(file=out, width=200, soft_wrap=True))
    return out.getvalue()


@pytest.mark.parametrize("name", VIEWS)
def test_a_page_is_self_contained_and_runs_nothing(name: str) -> None:
    page = parsed(VIEWS[name])
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "a"} & set(page.tags)
    assert not [key for key, _ in page.attributes if key.startswith("on") or key in ("href", "src")]
    policy = [value for key, value in page.attributes if key == "content" and value and "default-src" in value]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


@pytest.mark.parametrize(
    ("name", "zh", "en"),
    [("met", "符合", "MET"), ("not met", "不符合", "NOT MET"), ("incomplete", "未完成", "INCOMPLETE")],
)
def test_the_verdict_stands_in_both_languages(name: str, zh: str, en: str) -> None:
    text = parsed(VIEWS[name]).text
    assert zh in text
    assert en in text


def test_a_simulation_is_called_one_in_title_watermark_and_foot() -> None:
    page = render_html(VIEWS["met in simulation"]).decode()
    assert "模拟，非实物" in re.search("<title>(.*)</title>", page)[1]  # type: ignore[index]  # None fails too
    assert 'class="sim"' in page
    assert "No item was tested" in page
    assert 'class="sim"' not in render_html(VIEWS["met"]).decode()


def test_a_page_never_says_that_its_own_signature_is_valid() -> None:
    text = parsed(VIEWS["met"]).text
    assert "3f:9a:00:01" in text
    for requirement in load_interface().requirements:
        text = text.replace(requirement.text.en, "").replace(requirement.text.zh, "")
    assert "valid" not in text.lower().replace("invalid", "")


def test_the_same_view_gives_the_same_bytes() -> None:
    assert render_html(VIEWS["not met"]) == render_html(view_of(failing()))


@settings(max_examples=8, deadline=None)
@given(st.text(max_size=80))
@pytest.mark.parametrize(
    "payload", ["<script>alert(1)</script>", '" onmouseover="x', "</style><img src=x>", "{{ 7*7 }}"]
)
def test_hostile_text_stays_text(payload: str, noise: str) -> None:
    for text in (payload, noise.replace("\r", "")):
        view = view_of(failing(detail=text, got=text), bundle=f"runs/{text}")
        assert parsed(view).tags == parsed(VIEWS["not met"]).tags
        ET.fromstring(render_junit(view))
        print_summary(view, Console(file=io.StringIO()))
    assert payload in parsed(view_of(failing(detail=payload))).text


def test_junit_has_a_case_for_every_planned_test_with_its_outcome() -> None:
    suite = ET.fromstring(render_junit(VIEWS["not met"]))
    cases = {case.get("name"): [child.tag for child in case] for case in suite.iter("testcase")}
    assert cases == {
        "IF-MEM-001": [],
        "IF-NUM-007/max/float32": ["failure"],
        "IF-NUM-004/matmul/float32": [],
        "IF-NUM-001/add/float64": ["skipped"],
    }
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "1", "1")
    error = ET.fromstring(render_junit(VIEWS["incomplete"])).find(".//error")
    assert error is not None
    assert error.get("type") == "incomplete"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("met", ["LEVEL 2 MET", "符合第 2 级", "runs/one/report.html", "a local key, no centre's"]),
        ("met in simulation", ["SIMULATED", "LEVEL 2 MET in simulation", "模拟检测，非实物"]),
        ("not met", ["LEVEL 2 NOT MET: 1 of 3 tests fails", "assay replay runs/one 3", "expected nan"]),
        ("incomplete", ["LEVEL 2 INCOMPLETE: 1 of 3 tests undecided", "SIGSEGV"]),
    ],
)
def test_the_terminal_says_the_verdict_and_what_to_do(name: str, said: list[str]) -> None:
    for words in said:
        assert words in shown(VIEWS[name])


def test_the_summary_for_machines_has_the_failures_with_their_replay() -> None:
    document = summary_document(VIEWS["not met"])
    assert document["conclusion"] == "not-met"
    assert [failure["replay"] for failure in document["failures"]] == ["assay replay runs/one 3"]


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_counts_tests_of_each_chapter(terminal: bool) -> None:
    out = io.StringIO()
    with Progress(PLAN, Console(file=out, force_terminal=terminal, width=120)) as progress:
        progress.update({"memory": 1}, 2, 0)
        progress.update({"memory": 1, "numeric-conduct": 1}, 4, 1)
    assert ("memory" in out.getvalue()) == terminal


def test_every_phrase_is_there_and_used() -> None:
    words = load_words()
    used = "".join(
        path.read_text(encoding="utf-8")
        for path in [reports_folder() / "report.html.j2", *(reports_folder().parent / "harness/report").glob("*.py")]
    )
    families = ("outcome.", "stamp.", "sentence.", "verdict.", "kind.", "fact.key.", "uncovered.", "origin.")
    unused = [key for key in words if f'"{key}"' not in used and not key.startswith(families)]
    assert unused == []
    for view in VIEWS.values():
        render_html(view)
