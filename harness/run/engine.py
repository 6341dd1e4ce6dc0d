"""The engine: runs one test's cases on a device in its worker, judges what comes back, and records it.

While the far side works on one batch, this side judges the one before and writes out the one after.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from harness.device.near import Answer, Frame, Worker, WorkerDied
from harness.device.protocol import DEVICE_LOST
from harness.device.wire import space_needed
from harness.oracle.draw import Draw
from harness.oracle.rules import FAIL, UNSUPPORTED_OUTCOME, Finding
from harness.run.rows import CaseRow, LostRow
from harness.suite.case import Case, Subject, Trial

#: Cases in one frame: enough to make its cost small, few enough that a death loses little.
BATCH = 32


class Record(Protocol):
    """Takes rows: a file of evidence, or a list."""

    def case(self, row: CaseRow) -> None:
        """One case of the test in hand."""

    def end(self, test: str, attempt: int, near_ms: float) -> None:
        """The test in hand has run all its cases; this side worked on them for so many milliseconds."""

    def lost(self, row: LostRow) -> None:
        """The test in hand lost a case."""


class Keeper(Protocol):
    """Keeps the arrays of a failing case; returns the name evidence refers to them by, or nothing."""

    def __call__(self, seq: int, finding: Finding) -> str:
        """Keep them, if there is room."""


class Pulse(Protocol):
    """Told before each batch which test is in hand, so that whoever watches knows this process lives."""

    def __call__(self) -> None:
        """Still alive."""


class TestCut(Exception):
    """A test took longer than its cap and was given up."""


@dataclass(frozen=True)
class Written:
    """One case written out: where it stands in the plan, and the seed it was drawn from."""

    seq: int
    case: Case
    seed: str
    trial: Trial


@dataclass
class Engine:
    """Runs tests one after another in one worker.

    ``seed`` is the run's; ``cap`` the most seconds one test may take.
    """

    worker: Worker
    record: Record
    seed: str
    cap: float
    keep: Keeper = field(default=lambda seq, finding: "")
    pulse: Pulse = field(default=lambda: None)
    _near: float = field(default=0.0, init=False)

    def run_test(self, subject: Subject, cases: Iterator[Case], first: int, attempt: int) -> list[CaseRow]:
        """Run all cases of a test and return its failing rows.

        While the device works on one batch, this side judges the last and writes out the next, references and all.

        Raises ``WorkerDied``, after recording the case that was lost (unless someone outside killed the worker or no
        case had begun), and ``TestCut`` after recording that the test took too long.
        """
        until = time.monotonic() + self.cap
        self._near = 0.0
        failing: list[CaseRow] = []
        waiting: tuple[list[Written], Frame] | None = None
        batches: dict[int, list[Written]] = {}
        try:
            for batch in self._batches(write_out(subject.test, cases, self.seed, first)):
                self.pulse()
                _check_time(until)
                if waiting is not None and self._size(batch) > self.worker.slot:
                    failing += self._finish(subject, attempt, until, *waiting)
                    waiting = None
                frame = self._submit(batch)
                batches[frame.number] = batch
                if waiting is not None:
                    failing += self._finish(subject, attempt, until, *waiting)
                waiting = (batch, frame)
            if waiting is not None:
                failing += self._finish(subject, attempt, until, *waiting)
        except WorkerDied as death:
            if death.of_the_device and death.frame in batches and death.case >= 0:
                case = batches[death.frame][death.case].case.name
                self.record.lost(LostRow(subject.test, case, attempt, death.why))
            raise
        except TimeoutError:
            why = f"the test took longer than its cap of {self.cap:g} s"
            self.record.lost(LostRow(subject.test, "", attempt, why, final=True))
            raise TestCut(why) from None
        self.record.end(subject.test, attempt, 1000 * self._near)
        return failing

    def _batches(self, written: Iterator[Written]) -> Iterator[list[Written]]:
        batch: list[Written] = []
        room = self.worker.slot
        for item in self._timed(written):
            need = space_needed(item.trial.program)
            if batch and (len(batch) == BATCH or need > room):
                yield batch
                batch, room = [], self.worker.slot
            batch.append(item)
            room -= need
        if batch:
            yield batch

    def _timed(self, written: Iterator[Written]) -> Iterator[Written]:
        while True:
            begin = time.perf_counter()
            item = next(written, None)
            self._near += time.perf_counter() - begin
            if item is None:
                return
            yield item

    def _check_loss(self, frame: Frame, answers: Sequence[Answer]) -> None:
        """Take a device that says it is lost for dead: nothing it answers from then on is about the cases."""
        for number, answer in enumerate(answers):
            said = _lost(answer)
            if said is not None:
                self.worker.kill()
                raise WorkerDied(f"the device was lost: {said}", frame.number, number, of_the_device=True)

    @staticmethod
    def _size(batch: Sequence[Written]) -> int:
        return sum(space_needed(item.trial.program) for item in batch)

    def _submit(self, batch: Sequence[Written]) -> Frame:
        size = self._size(batch)
        if size > self.worker.slot:
            self.worker.enlarge(size)
        return self.worker.submit([item.trial.program for item in batch])

    def _finish(
        self, subject: Subject, attempt: int, until: float, batch: Sequence[Written], frame: Frame
    ) -> list[CaseRow]:
        failing = []
        answers = self.worker.collect(frame, until)
        self._check_loss(frame, answers)
        for item, answer in zip(batch, answers, strict=True):
            begin = time.perf_counter()
            finding = item.trial.rule.judge(item.trial.program, answer.observations)
            self._near += time.perf_counter() - begin
            kept = self.keep(item.seq, finding) if finding.outcome == FAIL else ""
            row = make_row(subject.test, item, attempt, answer, finding, kept)
            self.record.case(row)
            if row.outcome in (FAIL, UNSUPPORTED_OUTCOME):
                failing.append(row)
        return failing


def _lost(answer: Answer) -> str | None:
    """What a program was told by a device that is lost."""
    said = (one.message for one in answer.observations if one.error == DEVICE_LOST)
    return next(said, None)


def _check_time(until: float) -> None:
    if time.monotonic() > until:
        raise TimeoutError


def write_out(test: str, cases: Iterator[Case], seed: str, first: int) -> Iterator[Written]:
    """Write out a test's cases in order, each from its own seed; ``first`` is the first one's number in the plan."""
    for index, case in enumerate(cases):
        draw = Draw(seed, test, case.name)
        yield Written(first + index, case, draw.seed, case.write(draw))


def make_row(test: str, item: Written, attempt: int, answer: Answer, finding: Finding, kept: str) -> CaseRow:
    """The row of evidence for one judged case."""
    return CaseRow(
        seq=item.seq,
        test=test,
        case=item.case.name,
        attempt=attempt,
        layer=finding.layer,
        outcome=finding.outcome,
        rule=item.trial.rule.name,
        worst=finding.worst,
        limit=finding.limit,
        seed=item.seed,
        inputs=item.trial.program.digest(),
        output=output_digest(answer),
        ms=answer.ms,
        at=finding.at,
        expected=finding.expected[:500],
        got=finding.got[:500],
        cause=finding.cause,
        detail=finding.detail[:2000],
        kept=kept,
        histogram=finding.histogram,
    )


def output_digest(answer: Answer) -> str:
    """128 bits over all a program read, and over the kinds of error it met."""
    digest = hashlib.blake2b(digest_size=16)
    for observation in answer.observations:
        if observation.error is not None:
            digest.update(observation.error.encode())
        elif isinstance(observation.value, bytes):
            digest.update(observation.value)
    return digest.hexdigest()
