"""The terminal: how far a run is, and what it came to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from harness.report.notation import printable
from harness.report.view import Failure, ReportView
from harness.report.words import load_words
from harness.run.plan import Plan

_MOST_FAILURES = 10
#: Seconds between two lines where there is no terminal to redraw.
_QUIET = 10.0
_COLOURS = {"met": "green", "not-met": "red", "incomplete": "yellow"}


def print_summary(view: ReportView, console: Console) -> None:
    """Print what a run came to: the verdict, what stands in its way, and where the report is."""
    words = load_words()
    say = _Lines(console)
    colour = _COLOURS[view.conclusion]
    title = f"{view.vendor} {view.product}"
    if view.simulated:
        title += f", SIMULATED from {view.profile} {view.profile_version}: says nothing about any card"
    say(f"{_line(title)}   interface {view.interface}, level {view.level}")
    say(f"plan {view.plan[:8]}   {_number(view.required)} tests, {_number(view.cases)} cases")
    say()
    zh = words["verdict." + view.conclusion].zh.format(level=view.level)
    if view.simulated:
        zh += "   模拟检测，非实物"
    say(f"[bold {colour}]{escape(headline(view))}[/]   {zh}")
    if view.waived_tests:
        say(f"waived   {_of(view.waived_tests, view.required)} {_fail(view.waived_tests)} as waivers accept")
    say(f"level met by dtype   {escape(_levels(view))}")
    say()
    for failure in _first_of_each_test(view)[:_MOST_FAILURES]:
        say(f"  {failure.test}   {_line(failure.case)}   {_line(_difference(failure))}")
        say(f"    {_line(failure.text.en)}", style="dim")
        if failure.smallest is not None:
            say(f"    {_line(failure.smallest.cause)}: {_line(failure.smallest.because)}")
            say(f"    smallest {_line('; '.join(failure.smallest.launches))}")
            say(f"             expected {_line(failure.smallest.expected)}, got {_line(failure.smallest.got)}")
        say(f"    replay   {_line(failure.replay)}" + ("    or without Assay: --script" if failure.scripted else ""))
    _print_rest(view, say)
    say(f"undeclared   {len(view.undeclared)} arithmetic fields, judged by the weakest legal value")
    if view.gaps:
        missing = ", ".join(f"{gap.operation} {gap.input_class}" for gap in view.gaps)
        say(f"[red]not asked[/]    {_line(missing)}: input classes the level demands")
    say("not covered  " + ", ".join(words[f"uncovered.{name}"].en for name in view.uncovered))
    if view.seen:
        say(
            "seen, not judged   "
            + _line(", ".join(f"{name} {_rate(value)}{unit}" for name, value, unit, *_ in view.seen))
        )
    say(f"report       {_line(printable(view.bundle))}/report.html")
    whose = "a local key, no centre's" if view.key_kind == "local" else "a key given for this run"
    say(f"signed by    {view.key} ({whose}); {words['kind.' + view.kind].en}")


def _rate(value: float) -> str:
    """A figure with the prefix of its size."""
    for prefix, size in (("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6)):
        if value >= size:
            return f"{value / size:.3g} {prefix}"
    return f"{value:.3g} "


def headline(view: ReportView) -> str:
    """The verdict in one line."""
    if view.conclusion == "met":
        return f"LEVEL {view.level} MET" + (" in simulation" if view.simulated else "")
    if view.conclusion == "not-met":
        return f"LEVEL {view.level} NOT MET: {_of(view.failing_tests, view.required)} {_fail(view.failing_tests)}"
    return f"LEVEL {view.level} INCOMPLETE: {_of(view.undecided_tests, view.required)} undecided"


def summary_document(view: ReportView) -> dict[str, Any]:
    """What a run came to, for machines."""
    return {
        "kind": view.kind,
        "profile": view.profile,
        "device": view.device,
        "level": view.level,
        "conclusion": view.conclusion,
        "levels_met": dict(view.levels_met),
        "tests": view.required,
        "cases": view.cases,
        "counts": dict(view.counts),
        "failures": [asdict(failure) for failure in view.failures],
        "failing_cases": view.failing_cases,
        "undecided": [{"test": t.test, "outcome": t.outcome, "because": t.because} for t in view.undecided],
        "undeclared": list(view.undeclared),
        "stopped": view.stopped,
        "plan": view.plan,
        "report_id": view.report_id,
        "key": view.key,
        "bundle": view.bundle,
        "report": f"{view.bundle}/report.html",
    }


def _print_rest(view: ReportView, say: _Lines) -> None:
    failing = len(_first_of_each_test(view))
    if failing > _MOST_FAILURES:
        say(f"  … and {_number(view.failing_tests - _MOST_FAILURES)} more failing tests, all in the report")
    for test in view.undecided[:_MOST_FAILURES]:
        say(f"  {test.test}   {test.outcome}: {_line(test.because)}")
    if len(view.undecided) > _MOST_FAILURES:
        say(f"  … and {_number(len(view.undecided) - _MOST_FAILURES)} more undecided tests, all in the report")
    if failing or view.undecided:
        say()


class _Lines:
    """Prints one fact a line: whole, whatever the width, and with no text of a device taken for an emoji or a line."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, line: str = "", style: str | None = None) -> None:
        self._console.print(line, style=style, emoji=False, highlight=False, soft_wrap=True)


def _line(text: str) -> str:
    """Text of a device, a case or a path on one line, safe from markup."""
    return escape(" ".join(text.splitlines()))


def _first_of_each_test(view: ReportView) -> list[Failure]:
    first: dict[str, Failure] = {}
    for failure in view.failures:
        first.setdefault(failure.test, failure)
    return list(first.values())


def _difference(failure: Failure) -> str:
    if failure.expected or failure.got:
        at = f" at {list(failure.at)}" if failure.at is not None else ""
        return f"expected {failure.expected}, got {failure.got}{at}"
    return str(failure.detail or failure.cause)


def _levels(view: ReportView) -> str:
    return ", ".join(f"{dtype} {level or 'none'}" for dtype, level in view.levels_met.items()) or "none"


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")


def _of(part: int, whole: int) -> str:
    return f"{_number(part)} of {_number(whole)} tests"


def _fail(count: int) -> str:
    return "fails" if count == 1 else "fail"


class Progress:
    """Shows how far a run is: bars where there is a terminal, a line now and then where there is none."""

    def __init__(self, plan: Plan, console: Console) -> None:
        self._console = console
        self._totals = Counter(test.chapter for test in plan.required())
        self._live = console.is_terminal
        self._bars = Bars(
            TextColumn("{task.description}", justify="left"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            transient=False,
        )
        self._tasks: dict[str, TaskID] = {}
        self._said = time.monotonic()
        self._last = self._printed = ""

    def __enter__(self) -> Self:
        if self._live:
            self._bars.start()
            for chapter, total in self._totals.items():
                self._tasks[chapter] = self._bars.add_task(chapter, total=total, note="", start=False)
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._bars.stop()
        elif self._last != self._printed:
            self._console.print(self._last)

    def update(self, decided: Mapping[str, int], cases: int, failures: int) -> None:
        """Show how many tests of each chapter are decided, how many cases were run, and how many of them failed."""
        if self._live:
            self._redraw(decided, cases, failures)
            return
        self._last = f"{sum(decided.values())} of {sum(self._totals.values())} tests, {cases} cases, {failures} failing"
        if time.monotonic() - self._said >= _QUIET:
            self._said, self._printed = time.monotonic(), self._last
            self._console.print(self._last)

    def _redraw(self, decided: Mapping[str, int], cases: int, failures: int) -> None:
        note = f"{_number(cases)} cases" + (f", {_number(failures)} failing" if failures else "")
        for chapter, task in self._tasks.items():
            done = decided.get(chapter, 0)
            if done and not self._bars.tasks[task].started:
                self._bars.start_task(task)
            active = 0 < done < self._totals[chapter]
            self._bars.update(task, completed=done, note=note if active else "")
            if done == self._totals[chapter]:
                self._bars.stop_task(task)
