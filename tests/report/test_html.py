"""The page: one file, nothing in it runs, nothing in it comes from elsewhere, nothing in it was written by a device."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.report.html import render_html
from harness.report.view import MOST_FAILURES
from harness.run.rows import Evidence, TestEvidence
from tests.plans import row
from tests.report.reports import BROKEN, MATMUL, failing, passing, unfinished, view_of

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% include 'x' %}",
    "{0.__class__} {view}",
    "<!--",
    "javascript:alert(1)",
)


class Page(HTMLParser):
    """A page taken apart: its elements, attributes and text, styles left out."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.within = ""
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.within = tag
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.within = ""

    def handle_data(self, data: str) -> None:
        if self.within != "style":
            self.text += data


def shape(page: Page) -> list[tuple[str, list[str]]]:
    """Elements and names of attributes: what no text may change."""
    return [(tag, sorted(attributes)) for tag, attributes in page.tags]


@pytest.mark.parametrize(
    ("evidence", "zh", "en"),
    [(passing(), "符合", "MET"), (failing(), "不符合", "NOT MET"), (unfinished(), "未完成", "INCOMPLETE")],
)
def test_the_stamp_says_the_verdict_in_both_languages(evidence: Evidence, zh: str, en: str) -> None:
    page = render_html(view_of(evidence)).decode()
    stamp = page[page.index('<div class="stamp') :].split("<small>")[0]
    assert f">{zh}<" in stamp
    assert f">{en}<" in stamp


def test_nothing_runs_and_nothing_is_fetched() -> None:
    page = Page(render_html(view_of(failing())))
    assert not {"script", "iframe", "object", "link", "base", "form", "img"} & {tag for tag, _ in page.tags}
    assert not any(name in ("src", "href", "style") or name.startswith("on") for _, a in page.tags for name in a)
    policy = next(a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "url(" not in render_html(view_of(failing())).decode()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_stays_text(payload: str) -> None:
    fields = ("expected", "got", "cause", "detail", "case", "rule")
    page = Page(render_html(view_of(failing(**dict.fromkeys(fields, payload)), bundle=payload, stopped=payload)))
    plain = Page(render_html(view_of(failing(**dict.fromkeys(fields, "x")), bundle="x", stopped="x")))
    assert page.text.count(payload) >= len(fields)
    assert [tag for tag in shape(page) if tag[0] != "svg"] == [tag for tag in shape(plain) if tag[0] != "svg"]


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_no_text_changes_the_page_around_it(text: str) -> None:
    page = Page(render_html(view_of(failing(detail=text, got=text), stopped="x" + text)))
    assert shape(page) == shape(Page(render_html(view_of(failing(detail="x", got="x"), stopped="x"))))


def test_the_same_view_gives_the_same_bytes() -> None:
    assert render_html(view_of(failing())) == render_html(view_of(failing()))


def test_a_simulation_says_so_in_title_kicker_watermark_and_footer() -> None:
    page = render_html(view_of(passing(), simulated=True)).decode()
    parts = [
        page[page.index(begin) :].split(end)[0]
        for begin, end in [
            ("<title>", "</title>"),
            ('class="kicker"', "</div>"),
            ('class="sim"', "</div>"),
            ("<footer>", "</footer>"),
        ]
    ]
    assert all("模拟" in part or "未检测任何实物" in part for part in parts)
    assert "SIMULATED" in parts[2]


def test_hardware_is_never_called_simulated() -> None:
    page = Page(render_html(view_of(passing())))
    assert "模拟" not in page.text
    assert "SIMULATED" not in page.text


def test_failures_beyond_the_limit_are_counted_in_a_sentence() -> None:
    many = tuple(row(MATMUL.test, MATMUL.first + n, f"case-{n}", **BROKEN) for n in range(MOST_FAILURES + 5))
    evidence = Evidence({**passing().tests, MATMUL.test: TestEvidence(MATMUL.test, many, ended=True)})
    page = render_html(view_of(evidence)).decode()
    assert page.count('class="fail-card"') == MOST_FAILURES
    assert f"共 {MOST_FAILURES + 5} 个不通过的用例，此处列出 {MOST_FAILURES} 个" in page


def test_no_bar_of_the_diagram_has_a_width_that_is_none() -> None:
    for worst in ("inf", "nan", "0x1p+99999", "0x1p-1000"):
        widths = [
            attributes["width"] or ""
            for tag, attributes in Page(render_html(view_of(failing(worst=worst)))).tags
            if tag == "rect"
        ]
        assert widths
        assert all(0 <= float(width) <= 780 for width in widths)


def test_detection_is_not_given_a_figure() -> None:
    text = Page(render_html(view_of(passing()))).text
    assert "未测定" in text
    assert "not measured" in text


def test_what_is_not_covered_and_how_it_was_decided_is_said() -> None:
    text = Page(render_html(view_of(passing()))).text
    for phrase in (
        "several cards",
        "多卡",
        "endurance",
        "judged performance",
        "relate only to the items tested",
        "8f3c",
    ):
        assert phrase in text
    assert "； 不通过" not in text
