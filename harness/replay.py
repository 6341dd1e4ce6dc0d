"""Replay: one recorded case again, on a fresh worker, held against its row bit for bit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from harness.device.near import Answer, Worker, WorkerDied
from harness.errors import AssayError, EvidenceError, UsageError
from harness.interface.catalogue import load_interface
from harness.oracle.rules import FAIL, Finding
from harness.profile.store import parse_profile
from harness.run.bundle import PROFILE, Bundle, Request
from harness.run.engine import Written, make_row, write_out
from harness.run.evidence import read_evidence
from harness.run.explain import Opened, Smallest, explain_case
from harness.run.plan import Plan, PlannedTest, make_plan, subjects
from harness.run.rows import CaseRow
from harness.suite.case import Subject
from harness.suite.nodes import release_here, remedy
from harness.suite.suites import load_suites


@dataclass(frozen=True)
class Replayed:
    """A case run again: the row recorded then, the row it gives now, and the finding behind it.

    ``alone`` says whether the case was reproduced by itself; where it was not, it was run again after the cases that
    come before it in its test: a device that only then answers the same keeps something between launches.
    ``smallest`` is the smallest failure found, where the case fails now and could be made small.
    """

    subject: Subject
    then: CaseRow
    now: CaseRow
    finding: Finding
    alone: bool
    device: str
    smallest: Smallest | None = None

    @property
    def reproduced(self) -> bool:
        """Whether inputs, outputs and outcome are the same, bit for bit."""
        return all(getattr(self.then, name) == getattr(self.now, name) for name in ("inputs", "output", "outcome"))


def replay(bundle: Bundle, seq: int, device: str | None = None) -> Replayed:
    """Run case ``seq`` of a bundle again, on the device it ran on or on another.

    Raises ``UsageError`` where the run has no such case, ``EvidenceError`` where its rows do not hold.
    """
    request = bundle.begun()
    if request is None:
        raise UsageError("the folder holds no run", where=str(bundle.folder), remedy="name the folder of a run")
    profile = parse_profile(bundle.read(PROFILE), request.profile)
    plan = make_plan(load_interface(), profile, request.level, graph=request.graph)
    if plan.digest() != request.plan:
        raise EvidenceError(
            "this version of Assay makes another plan",
            where=str(bundle.folder),
            remedy=f"use version {request.harness}",
        )
    test = _test_of(plan, seq, bundle)
    if test.chapter in load_interface().asked_for and release_here() != request.onnx:
        raise UsageError(
            f"the case is one of onnx {request.onnx}, and here is {release_here()}", remedy=remedy(request.onnx)
        )
    known = subjects(load_interface(), profile, plan.level, graph=plan.graph)
    subject = next(subject for subject in known if subject.test == test.test)
    then = _row_of(bundle, test, seq)
    alone = _run(request, device, subject, test, profile.source_bytes, then, with_those_before=False)
    if alone.reproduced:
        return alone
    after = _run(request, device, subject, test, profile.source_bytes, then, with_those_before=True)
    return after if after.reproduced else alone


def _test_of(plan: Plan, seq: int, bundle: Bundle) -> PlannedTest:
    for test in plan.required():
        if test.first <= seq < test.first + test.cases:
            return test
    raise UsageError(f"the run has no case {seq}", where=str(bundle.folder), remedy="take a number from its report")


def _row_of(bundle: Bundle, test: PlannedTest, seq: int) -> CaseRow:
    for row in read_evidence(bundle.evidence).of(test.test).rows:
        if row.seq == seq:
            return row
    raise UsageError(
        f"case {seq} of {test.test} was never decided: there is nothing to compare with", where=str(bundle.folder)
    )


def _run(
    request: Request,
    device: str | None,
    subject: Subject,
    test: PlannedTest,
    profile: bytes,
    then: CaseRow,
    *,
    with_those_before: bool,
) -> Replayed:
    cases = load_suites()[test.requirement].cases(subject)
    index = then.seq - test.first
    wanted = islice(cases, 0 if with_those_before else index, index + 1)
    first = test.first if with_those_before else then.seq
    written = list(write_out(test.test, iter(wanted), request.seed, first))
    found: tuple[CaseRow, Finding] | None = None

    def opened() -> Worker:
        return Worker(device or request.device, profile, request.profile, deadline=request.deadline)

    with opened() as worker:
        try:
            for item, answer in _answers(worker, written):
                if item.seq == then.seq:
                    finding = item.trial.rule.judge(item.trial.program, answer.observations)
                    found = make_row(test.test, item, then.attempt, answer, finding, then.kept), finding
        except WorkerDied as death:
            raise UsageError(f"the device died in the replay: {death.why}") from None
    if found is None:
        raise EvidenceError(f"{test.test} has no case {then.seq}: its rows are of another version")
    smallest = _smallest(opened, written) if found[1].outcome == FAIL else None
    return Replayed(subject, then, *found, not with_those_before, device or request.device, smallest)


def _smallest(opened: Opened, written: Sequence[Written]) -> Smallest | None:
    """The smallest failure of the last case, where it can be made small."""
    before = written[-2].trial.problems if len(written) > 1 else ()
    try:
        return explain_case(opened, written[-1].trial, before)
    except (WorkerDied, AssayError):
        return None


def _answers(worker: Worker, written: Sequence[Written]) -> Iterator[tuple[Written, Answer]]:
    for item in written:
        yield item, worker.run([item.trial.program])[0]
