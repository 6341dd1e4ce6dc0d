"""The supervisor: gives children their tests, watches them live and die, and alone decides what is tried again.

A child that dies takes nothing with it but the test in hand. What is left to do is read from the evidence each time,
never remembered: a run that is killed and resumed goes on exactly like one that was not.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from harness.device.threads import ONE_THREAD
from harness.errors import UsageError
from harness.resources import suites_folder
from harness.run.bundle import FAILURES, Bundle
from harness.run.evidence import read_evidence
from harness.run.limits import (
    DEATHS_IN_A_ROW,
    IDLE_LIVES,
    KEPT_FAILURES,
)
from harness.run.order import CANNOT_WRITE, UNFIT, Order, PulseRecord
from harness.run.plan import Plan, PlannedTest
from harness.run.quarantine import quarantined, subject_of
from harness.run.rows import Evidence
from harness.suite.suites import suite_files

#: Told how far the run is, several times a second.
Watch = Callable[[], None]

_POLL = 0.02
_SCRUBBED = ("PYTEST_", "PYTHONSTARTUP", "PYTHONOPTIMIZE", "PYTHONWARNINGS", "PYTHONINSPECT", "PYTHONDEVMODE")


@dataclass(frozen=True)
class Ending:
    """How a run's children ended: ``why`` says why tests were left over, and is empty where none was."""

    why: str = ""
    last_words: str = ""


@dataclass
class _Child:
    """One life in progress."""

    process: subprocess.Popen[bytes]
    life: int
    pulse: PulseRecord
    output: IO[bytes]

    def last_words(self) -> str:
        """The end of what the child printed."""
        self.output.seek(0, os.SEEK_END)
        self.output.seek(max(0, self.output.tell() - 4000))
        return self.output.read().decode(errors="replace")

    def end(self) -> None:
        """Kill what is left of it and let go of what belonged to it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.pulse.close()
        self.output.close()


@dataclass
class _Job:
    """The tests one child after another works through."""

    tests: Sequence[PlannedTest]
    child: _Child | None = None
    deaths_in_a_row: int = 0
    idle_lives: int = 0
    ending: Ending | None = None
    before: Counter[str] = field(default_factory=Counter)


def supervise(bundle: Bundle, plan: Plan, jobs: int, silence: float, watch: Watch) -> Ending:
    """Run every required test of a plan that the bundle has no end row for.

    ``silence`` is the most seconds a child may show no sign of life; ``watch`` is called all the while.

    Raises ``UsageError`` where evidence cannot be written, and ``KeyboardInterrupt``; all children are killed first,
    and the bundle can be resumed.
    """
    works = [_Job(tests) for tests in share_out(list(plan.required()), jobs)]
    lives = itertools.count(bundle.next_life())
    try:
        while any(job.ending is None for job in works):
            for job in works:
                if job.ending is None:
                    _attend(bundle, job, lives, silence)
            watch()
            time.sleep(_POLL)
    finally:
        for job in works:
            if job.child is not None:
                job.child.end()
    stopped = [job.ending for job in works if job.ending is not None and job.ending.why]
    return stopped[0] if stopped else Ending()


def share_out(tests: Sequence[PlannedTest], jobs: int) -> list[list[PlannedTest]]:
    """Deal tests out to jobs so that each has about as many cases, every job's in plan order."""
    shares: list[list[PlannedTest]] = [[] for _ in range(max(1, jobs))]
    weights = [0] * len(shares)
    for test in sorted(tests, key=lambda test: -test.cases):
        lightest = weights.index(min(weights))
        shares[lightest].append(test)
        weights[lightest] += test.cases + 1
    return [sorted(share, key=lambda test: test.first) for share in shares]


def left_to_do(tests: Sequence[PlannedTest], evidence: Evidence) -> list[tuple[str, int]]:
    """What is still to be run, with the number of its attempt: first what was never lost, then what was.

    The remaining tests of an operation that killed the device three times are quarantined, and a test that was cut off
    at its cap is not tried again.
    """
    banned = quarantined(tests, evidence)
    fresh: list[tuple[str, int]] = []
    again: list[tuple[str, int]] = []
    for test in tests:
        seen = evidence.of(test.test)
        if seen.ended or any(row.final for row in seen.lost):
            continue
        if subject_of(test) in banned:
            continue
        (again if seen.lost else fresh).append((test.test, 1 + len(seen.lost)))
    return fresh + again


def _attend(bundle: Bundle, job: _Job, lives: Iterator[int], silence: float) -> None:
    """Look after one job: start its next life, or take note of one that has ended."""
    child = job.child
    if child is not None:
        if child.process.poll() is None and child.pulse.age() < silence:
            return
        job.child = None
        try:
            _take_note(bundle, job, child)
        finally:
            child.end()
        if job.ending is not None:
            return
    evidence = read_evidence(bundle.evidence)
    todo = left_to_do(job.tests, evidence)
    if not todo:
        job.ending = Ending()
        return
    job.before = _progress(job.tests, evidence)
    job.child = _start(bundle, todo, next(lives))


def _take_note(bundle: Bundle, job: _Job, child: _Child) -> None:
    """See what a life has brought; end the job where lives no longer bring anything."""
    if child.process.returncode == CANNOT_WRITE:
        raise UsageError(
            f"evidence could not be written\n{child.last_words().strip()}",
            where=str(bundle.folder),
            remedy="make room there and run the same command again with --resume: nothing decided is lost",
        )
    evidence = read_evidence(bundle.evidence)
    gained = _progress(job.tests, evidence) - job.before
    job.deaths_in_a_row = 0 if gained["ended"] else job.deaths_in_a_row + gained["lost"]
    job.idle_lives = 0 if gained else job.idle_lives + 1
    if child.process.returncode == UNFIT:
        job.ending = Ending("the device is in no state to be tested", child.last_words())
    elif job.deaths_in_a_row >= DEATHS_IN_A_ROW:
        job.ending = Ending(f"the device died {job.deaths_in_a_row} times with no test decided between")
    elif job.idle_lives >= IDLE_LIVES and left_to_do(job.tests, evidence):
        job.ending = Ending("two lives in a row decided nothing", child.last_words())


def _progress(tests: Sequence[PlannedTest], evidence: Evidence) -> Counter[str]:
    seen = [evidence.of(test.test) for test in tests]
    return Counter(ended=sum(test.ended for test in seen), lost=sum(len(test.lost) for test in seen))


def _start(bundle: Bundle, todo: Sequence[tuple[str, int]], life: int) -> _Child:
    pulse = PulseRecord()
    kept = len(list((bundle.folder / FAILURES).glob("*.npz")))
    order = Order(str(bundle.folder), life, tuple(todo), os.getpid(), pulse.path, max(0, KEPT_FAILURES - kept))
    output = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the child
    process = subprocess.Popen(
        child_command(),
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=child_environment(os.environ),
        start_new_session=True,
    )
    assert process.stdin is not None
    try:
        process.stdin.write(order.to_json())
        process.stdin.close()
    except BrokenPipeError:
        pass  # It died before it took the order: its life will be found idle.
    return _Child(process, life, pulse, output)


def child_command() -> list[str]:
    """How a child is started: pytest with a fixed root, no configuration file and none of the machine's plugins."""
    root = suites_folder()
    plain = ["cacheprovider", "warnings", "doctest", "unittest", "junitxml", "logging", "faulthandler", "debugging"]
    return [
        *[
            sys.executable,
            "-P",
            "-m",
            "pytest",
            "-q",
            "--capture=no",
            "--assert=plain",
            "--import-mode=importlib",
            "--tb=line",
        ],
        *[f"--rootdir={root}", "-c", os.devnull, "-p", "harness.run.plugin", "--assay-order"],
        *[part for name in plain for part in ("-p", f"no:{name}")],
        *[str(path) for path in suite_files()],
    ]


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child: what could change how pytest or Python runs is taken out of it."""
    kept = {name: value for name, value in environment.items() if not name.startswith(_SCRUBBED)}
    return kept | ONE_THREAD | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONHASHSEED": "0"}
