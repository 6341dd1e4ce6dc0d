"""The page: one file, no script, both languages, on screen and on paper."""

from __future__ import annotations

from harness.report.view import ReportView
from harness.report.words import load_words
from harness.resources import reports_folder

#: What stands in a mark, so that outcomes differ by more than colour.
_MARKS = {
    "pass": "",
    "waived": "w",
    "fail": "×",
    "incomplete": "?",
    "flaky": "~",
    "not-reached": "a",
    "not-claimed": "–",
    "not-applicable": "·",
    "above-level": "↑",
    "not-asked": "◦",
}
_LEGEND = (
    "pass",
    "waived",
    "fail",
    "incomplete",
    "flaky",
    "not-reached",
    "not-claimed",
    "not-applicable",
    "above-level",
    "not-asked",
)


def render_html(view: ReportView) -> bytes:
    """The report as one self-contained page; the same view gives the same bytes."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(reports_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = _number
    page = environment.get_template("report.html.j2").render(
        view=view,
        words=load_words(),
        marks=_MARKS,
        legend=_LEGEND,
        uncovered=view.uncovered,
        # Our own file, and no user's text in it.
        style=Markup((reports_folder() / "style.css").read_text(encoding="utf-8")),  # noqa: S704
    )
    return page.encode("utf-8", "replace")


def _number(value: int) -> str:
    """A whole number in groups of three (ISO 80000-1, 7.3.1)."""
    return f"{value:,}".replace(",", "\u202f")
