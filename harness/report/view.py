"""What a report says, as data: one view that every rendering reads.

Every number in it comes from plan, evidence or verdict.
"""

from __future__ import annotations

import math
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.interface.catalogue import Interface
from harness.interface.requirement import Requirement, Text
from harness.judge.verdict import TestOutcome, Verdict
from harness.profile.model import Profile
from harness.report.notation import figure, printable
from harness.report.smallest import SCRIPTED, Smallest, smallest_of
from harness.report.work import Work, histograms, work_by_family
from harness.run.coverage import Gap, gaps
from harness.run.plan import Plan
from harness.run.rows import CaseRow, Evidence

#: Failures told in full; the rest is counted.
MOST_FAILURES = 200
#: Rows of the diagram of errors against bounds.
MOST_RATIOS = 40
#: The outcome of a requirement of a higher level than the run's, and of one that must be asked for and was not.
ABOVE_LEVEL, NOT_ASKED = "above-level", "not-asked"
#: What no report covers, by the keys of its words.
UNCOVERED = ("models", "several-cards", "endurance", "performance")


@dataclass(frozen=True)
class ReportMaterial:
    """All a report is made from."""

    plan: Plan
    verdict: Verdict
    evidence: Evidence
    interface: Interface
    profile: Profile
    environment: Mapping[str, Any]
    report_id: str
    key_fingerprint: str
    key_kind: str
    kind: str
    bundle: str
    explanations: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Dot:
    """One test in the matrix: its subject and what it came to."""

    subject: str
    dtype: str
    outcome: str
    cases: int


@dataclass(frozen=True)
class RequirementView:
    """One requirement with its outcome, its tests and the number of their cases."""

    id: str
    level: int
    text: Text
    source: str
    outcome: str
    cases: int
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class ChapterView:
    """One chapter of the interface with all its requirements."""

    id: str
    title: Text
    requirements: tuple[RequirementView, ...]


@dataclass(frozen=True)
class Ratio:
    """The largest error of an operation in a dtype, as a part of what was allowed, and the case that shows it."""

    subject: str
    ratio: float
    rows: int
    seq: int


@dataclass(frozen=True)
class Failure:
    """One failing case: what was expected, what came, how to see it again, and the smallest failure found for it.

    ``scripted`` says that a program can be printed which shows it without Assay.
    """

    requirement: str
    text: Text
    test: str
    case: str
    seq: int
    outcome: str
    rule: str
    expected: str
    got: str
    at: tuple[int, ...] | None
    cause: str
    detail: str
    worst: str
    limit: str
    replay: str
    smallest: Smallest | None = None
    scripted: bool = False


@dataclass(frozen=True)
class TestView:
    """One planned test: what it came to, why, and the seconds its cases took on the device."""

    __test__ = False  # to pytest: no class of tests

    test: str
    chapter: str
    requirement: str
    outcome: str
    because: str
    cases: int
    seconds: float


@dataclass(frozen=True)
class ReportView:
    """A whole report."""

    kind: str
    vendor: str
    vendor_zh: str
    product: str
    profile: str
    profile_version: str
    interface: str
    level: int
    conclusion: str
    counts: Mapping[str, int]
    required: int
    cases: int
    levels_met: Mapping[str, int]
    undeclared: tuple[str, ...]
    chapters: tuple[ChapterView, ...]
    tests: tuple[TestView, ...]
    ratios: tuple[Ratio, ...]
    bounded: int
    failures: tuple[Failure, ...]
    failing_cases: int
    undecided: tuple[TestView, ...]
    gaps: tuple[Gap, ...]
    uncovered: tuple[str, ...]
    work: tuple[Work, ...]
    histograms: Mapping[str, Mapping[str, int]]
    seen: tuple[tuple[str, float, str, str, str], ...]
    environment: tuple[tuple[str, str, str], ...]
    assumptions: tuple[tuple[str, str], ...]
    stopped: str
    begin: str
    end: str
    device: str
    seed: str
    plan: str
    report_id: str
    key: str
    key_kind: str
    bundle: str

    @property
    def simulated(self) -> bool:
        """Whether nothing of this says anything about any card."""
        return self.kind == "simulation"

    @property
    def waived_tests(self) -> int:
        """How many required tests fail as a waiver accepts."""
        return self.counts.get("waived", 0)

    @property
    def failing_tests(self) -> int:
        """How many required tests fail."""
        return self.counts.get("fail", 0)

    @property
    def undecided_tests(self) -> int:
        """How many required tests came to neither a pass nor a failure."""
        return sum(self.counts.get(outcome, 0) for outcome in ("incomplete", "flaky", "not-reached"))


def make_view(material: ReportMaterial) -> ReportView:
    """Lay out everything a report says."""
    plan, verdict, environment = material.plan, material.verdict, material.environment
    tests = tuple(_tests(material))
    ratios = _ratios(material)
    # Those that are explained stand first: they say most.
    failing = sorted(_failures(material), key=lambda failure: failure.smallest is None)
    product = material.profile.product
    return ReportView(
        kind=material.kind,
        vendor=product.vendor,
        vendor_zh=product.vendor_zh or product.vendor,
        product=product.name,
        profile=plan.profile,
        profile_version=plan.profile_version,
        interface=plan.interface,
        level=plan.level,
        conclusion=verdict.conclusion,
        counts=dict(verdict.counts),
        required=sum(outcome.required for outcome in verdict.tests),
        cases=verdict.cases,
        levels_met=dict(verdict.levels_met),
        undeclared=verdict.undeclared,
        chapters=tuple(_chapters(material)),
        tests=tests,
        ratios=ratios[:MOST_RATIOS],
        bounded=len(ratios),
        failures=tuple(failing[:MOST_FAILURES]),
        failing_cases=len(failing),
        undecided=tuple(test for test in tests if test.outcome in ("incomplete", "flaky", "not-reached")),
        gaps=gaps(plan, material.interface),
        uncovered=UNCOVERED if plan.graph else (*UNCOVERED, "nodes"),
        work=work_by_family(plan, material.interface, material.evidence),
        histograms=histograms(plan, material.evidence),
        seen=tuple(_seen(environment)),
        environment=tuple(_environment(environment)),
        assumptions=_assumptions(environment),
        stopped=printable(environment["run"].get("stopped", "")),
        begin=environment["run"]["begin"],
        end=environment["run"]["end"],
        device=environment["run"]["device"],
        seed=environment["run"]["seed"],
        plan=plan.digest(),
        report_id=material.report_id,
        key=material.key_fingerprint,
        key_kind=material.key_kind,
        bundle=material.bundle,
    )


def _tests(material: ReportMaterial) -> Iterator[TestView]:
    for planned, outcome in zip(material.plan.tests, material.verdict.tests, strict=True):
        rows = material.evidence.of(planned.test).rows
        yield TestView(
            planned.test,
            planned.chapter,
            planned.requirement,
            outcome.outcome,
            printable(outcome.because),
            planned.cases,
            round(sum(row.ms for row in rows) / 1000, 6),
        )


def _chapters(material: ReportMaterial) -> Iterator[ChapterView]:
    by_requirement: dict[str, list[TestOutcome]] = defaultdict(list)
    for outcome in material.verdict.tests:
        by_requirement[outcome.requirement].append(outcome)
    for chapter in material.interface.chapters:
        otherwise = NOT_ASKED if chapter.asked_for and not material.plan.graph else ABOVE_LEVEL
        yield ChapterView(
            chapter.id,
            chapter.title,
            tuple(
                _requirement(requirement, by_requirement.get(requirement.id, []), material.verdict, otherwise)
                for requirement in chapter.requirements
            ),
        )


def _requirement(
    requirement: Requirement, outcomes: list[TestOutcome], verdict: Verdict, otherwise: str
) -> RequirementView:
    dots = tuple(
        Dot(subject or requirement.id, subject.rpartition("/")[2], outcome.outcome, outcome.decided)
        for outcome in outcomes
        for subject in [outcome.test.partition("/")[2]]
    )
    return RequirementView(
        requirement.id,
        requirement.level,
        requirement.text,
        requirement.source,
        verdict.requirements.get(requirement.id, otherwise),
        sum(outcome.decided for outcome in outcomes),
        dots,
    )


def _failures(material: ReportMaterial) -> Iterator[Failure]:
    """Failing cases, the first of each test before the others."""
    first, others = [], []
    for outcome in material.verdict.tests:
        if outcome.outcome != "fail":
            continue
        rows = [row for row in material.evidence.of(outcome.test).rows if row.outcome in ("fail", "unsupported")]
        first += rows[:1]
        others += rows[1:]
    for row in first + others:
        yield _failure(row, material)


def _failure(row: CaseRow, material: ReportMaterial) -> Failure:
    requirement = row.test.partition("/")[0]
    return Failure(
        requirement,
        material.interface.requirement(requirement).text,
        row.test,
        printable(row.case),
        row.seq,
        row.outcome,
        printable(row.rule),
        printable(row.expected),
        printable(row.got),
        row.at,
        printable(row.cause),
        printable(row.detail),
        printable(row.worst),
        printable(row.limit),
        f"assay replay {shlex.quote(printable(material.bundle))} {row.seq}",
        smallest_of(material.explanations[row.seq]) if row.seq in material.explanations else None,
        row.seq in material.explanations and _adapter(material) in SCRIPTED,
    )


def _adapter(material: ReportMaterial) -> str:
    """The adapter of the device that ran."""
    return str(material.environment["run"].get("device", "")).partition(":")[0]


def _seen(environment: Mapping[str, Any]) -> Iterator[tuple[str, float, str, str, str]]:
    """The figures a device was seen to reach, which nothing judges: name, value, unit, on what, taken by whom."""
    for row in environment.get("seen", []):
        name, unit, on, layer = (printable(str(row[word])) for word in ("name", "unit", "on", "layer"))
        yield name, float(row["value"]), unit, on, layer


def _ratios(material: ReportMaterial) -> tuple[Ratio, ...]:
    """For each subject judged by a bound, how near its worst case came to it; the nearest first."""
    seen: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for test in material.plan.tests:
        for row in material.evidence.of(test.test).rows:
            ratio = _ratio(row)
            if ratio is not None:
                seen[f"{test.operation} {test.dtype}"].append((ratio, row.seq))
    ratios = [Ratio(subject, *max(found)[:1], len(found), max(found)[1]) for subject, found in seen.items()]
    return tuple(sorted(ratios, key=lambda ratio: (-ratio.ratio, ratio.subject)))


def _ratio(row: CaseRow) -> float | None:
    if row.rule not in ("bound", "ulp", "bitwise-repeat"):
        return None
    worst, limit = figure(row.worst), figure(row.limit)
    if worst is None or limit is None or worst < 0 or not 0 < limit < math.inf:
        return None
    return worst / limit


#: What Assay takes down of the run itself.
_TAKEN_DOWN = ("run.begin", "run.end")


def _environment(environment: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Field, value, and whether Assay measured it, the device declared it, or the user asked for it."""
    origin = {"host": "measured", "harness": "measured", "run": "asked", "device": "declared"}
    for part, how in origin.items():
        for name, value in _flatten(environment.get(part, {}), part):
            measured = name.startswith("device.process") or name in _TAKEN_DOWN
            yield printable(name), printable(value), "measured" if measured else how


def _flatten(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from _flatten(value[key], f"{name}.{key}")
    elif value not in ("", None):
        yield name, ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _assumptions(environment: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What a simulation says it had to take for granted."""
    device = environment["device"]
    if not device["simulated"]:
        return ()
    said = device["facts"].get("arithmetic", {})
    if not isinstance(said, Mapping):  # any device may call itself simulated and say what it likes
        return (("arithmetic", printable(str(said))),)
    return tuple(sorted((printable(str(name)), printable(str(sentence))) for name, sentence in said.items()))
