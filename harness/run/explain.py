"""A failing case explained: made small on the device itself, its cause named, and written down to be seen again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from harness.device.near import Answer
from harness.device.program import Program
from harness.oracle.causes import Cause, Evidence, explain, explain_without_values
from harness.oracle.numeric_rules import Agreement, Comparison, cause_of, show
from harness.oracle.problem import Array, Problem
from harness.oracle.rules import FAIL, Finding
from harness.oracle.shrinking import Launches, shorten, shrink
from harness.suite.case import Trial
from harness.suite.numeric import written

#: Operands of more elements than this are told by their shape alone.
MOST_TOLD = 64
#: The most seconds one failure is made smaller.
PATIENCE = 5.0
#: The kinds of wrong value that a smaller failure may turn into one another.
_VALUES = ("wrong-value", "wrong-rounding", "beyond-bound")


class Runner(Protocol):
    """Runs programs on the device, as a worker does."""

    def run(self, programs: Sequence[Program]) -> list[Answer]:
        """Every program's answer."""


#: Opens the device anew, with nothing kept from before.
Opened = Callable[[], AbstractContextManager[Runner]]


@dataclass(frozen=True)
class TensorTold:
    """An operand or a result in full: each element in hexadecimal, or none where there are too many."""

    dtype: str
    shape: tuple[int, ...]
    layout: str
    elements: tuple[str, ...]


@dataclass(frozen=True)
class LaunchTold:
    """One launch in full."""

    operation: str
    attributes: Mapping[str, Any]
    operands: tuple[TensorTold, ...]


@dataclass(frozen=True)
class Explanation:
    """The smallest failure found: its launches, the last of which is wrong, what was expected and got, and why."""

    launches: tuple[LaunchTold, ...]
    result: int
    expected: TensorTold
    got: TensorTold
    at: tuple[int, ...] | None
    worst: str
    limit: str
    cause: str
    because: str

    def document(self) -> dict[str, Any]:
        """The explanation as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Smallest:
    """A failure made small, still as problems: what a program that shows it is written from."""

    launches: Launches
    finding: Finding
    explanation: Explanation


@dataclass(frozen=True)
class _Seen:
    """A failure as it was met: the launches up to the wrong one, the finding, and the wrong result where one came."""

    launches: Launches
    finding: Finding
    evidence: Evidence | None

    @property
    def kind(self) -> str:
        """What a smaller failure must be as well, so that it is of the same cause."""
        return _kind(self.finding)


def _kind(finding: Finding) -> str:
    return "value" if finding.cause in _VALUES else f"{finding.cause} {finding.got if finding.cause == 'error' else ''}"


def explain_case(
    opened: Opened, trial: Trial, before: Sequence[Problem] = (), patience: float = PATIENCE
) -> Smallest | None:
    """Make a numeric case small that fails on the device; ``None`` where it has no problems or fails no more.

    Where it fails only behind other launches, ``before`` are those that come before its own. Raises ``WorkerDied``
    where the device dies of it.
    """
    if not trial.problems or not isinstance(trial.rule, Comparison | Agreement):
        return None
    with np.errstate(all="ignore"):
        return _explain(opened, trial, before, time.monotonic() + patience)


def _explain(opened: Opened, trial: Trial, before: Sequence[Problem], until: float) -> Smallest | None:
    with opened() as device:
        seen = _look(device, trial)
        if seen is not None and seen.finding.cause == "not-repeatable":
            return _unrepeatable(seen)
        if seen is not None and len(seen.launches) == 1:
            return _made_small(opened, device, seen, until)
    if seen is None:
        seen = _behind(opened, before, trial)
    return None if seen is None else _shortened(opened, seen, until)


def _behind(opened: Opened, before: Sequence[Problem], trial: Trial) -> _Seen | None:
    """The failure as it shows behind the launches before."""
    if not before:
        return None
    with opened() as device:
        return _look(device, written((*before, *trial.problems)))


def _shortened(opened: Opened, seen: _Seen, until: float) -> Smallest | None:
    """The last launch alone made small, or as many launches as it takes for it to fail."""
    alone = written(seen.launches[-1:])
    with opened() as device:
        found = _look(device, alone)
        if found is not None and found.kind == seen.kind:
            return _made_small(opened, device, _Seen(found.launches, found.finding, seen.evidence), until)

    def fails(launches: Launches) -> bool:
        return time.monotonic() < until and _fails_at_last(opened, launches, seen.kind) is not None

    launches = shorten(seen.launches, fails)
    last = _fails_at_last(opened, launches, seen.kind)
    return None if last is None else _smallest(opened, seen, last)


def _fails_at_last(opened: Opened, launches: Launches, kind: str) -> _Seen | None:
    """What launches come to on a device opened anew, where the last of them fails in the same way."""
    with opened() as device:
        found = _look(device, written(launches))
    same = found is not None and found.kind == kind and len(found.launches) == len(launches)
    return found if same else None


def _made_small(opened: Opened, device: Runner, seen: _Seen, until: float) -> Smallest | None:
    def fails(candidates: Sequence[Problem]) -> Sequence[bool]:
        trials = [written((candidate,)) for candidate in candidates]
        answers = device.run([trial.program for trial in trials])
        findings = [_judged(trial, answer) for trial, answer in zip(trials, answers, strict=True)]
        return [finding.outcome == FAIL and _kind(finding) == seen.kind for finding in findings]

    smallest = shrink(seen.launches[-1], fails, until=until)
    # On a device opened anew: what fails only behind the others tried is no failure of its own.
    last = _fails_at_last(opened, (smallest,), seen.kind) or _fails_at_last(opened, seen.launches[-1:], seen.kind)
    return None if last is None else _smallest(opened, seen, last)


def _judged(trial: Trial, answer: Answer) -> Finding:
    return trial.rule.judge(trial.program, answer.observations)


def _look(device: Runner, trial: Trial) -> _Seen | None:
    """Run a trial; where it fails, which launch does and what it gave."""
    (answer,) = device.run([trial.program])
    finding = _judged(trial, answer)
    if finding.outcome != FAIL:
        return None
    comparison = trial.rule.comparison if isinstance(trial.rule, Agreement) else trial.rule
    assert isinstance(comparison, Comparison)
    results = iter(comparison.results)
    for place, problem in enumerate(trial.problems):
        for number in range(len(problem.wanted)):
            result = next(results)
            step = answer.observations[result.output.launch], answer.observations[result.output.read]
            launches = trial.problems[: place + 1]
            if any(observation.error is not None for observation in step):
                return _Seen(launches, finding, None)
            evidence = Evidence(problem, result, result.output.elements(answer.observations), number)
            wrong = evidence.wrong
            if wrong.any():
                plainly = cause_of(result, evidence.got, wrong)
                found = Evidence(problem, result, evidence.got, number, plainly, launches[:-1])
                return _Seen(launches, finding, found)
    return _Seen(trial.problems, finding, None)


def _asked(opened: Opened, problems: Sequence[Problem]) -> Sequence[Evidence | None]:
    """What of each problem is wrong on the device opened anew."""
    with opened() as device:
        seen = [_look(device, written((problem,))) for problem in problems]
    return [None if found is None else found.evidence for found in seen]


def _smallest(opened: Opened, seen: _Seen, last: _Seen) -> Smallest:
    """The smallest failure, with the cause that it and the failure as it was met speak for."""
    problem = last.launches[-1]
    cause = explain_without_values(seen.finding.cause, last.finding.detail)
    if cause is not None and any(layout != "dense" for layout in (*problem.layouts, problem.out_layout)):
        cause = Cause("layout", f"{last.finding.detail}; the same launch is right with dense tensors")
    if cause is not None or last.evidence is None or seen.evidence is None:
        cause = cause or Cause("wrong-function", last.finding.detail)
        expected, got = _nothing(last.finding.expected), _nothing(last.finding.got)
        number = 0
    else:
        number = last.evidence.number
        wanted = problem.wanted[number]
        cause = explain(seen.evidence, last.evidence, partial(_asked, opened))
        expected = _tensor(wanted.dtype, np.asarray(wanted.expected), problem.out_layout)
        got = _tensor(wanted.dtype, last.evidence.got, problem.out_layout)
    return _told_as(last.launches, number, expected, got, last.finding, cause)


def _unrepeatable(seen: _Seen) -> Smallest:
    """A failure of launches that must agree and do not: all of them, and what two of them gave."""
    kept = seen.finding.kept
    dtype = seen.launches[-1].wanted[0].dtype
    one, other = (_tensor(dtype, np.asarray(kept[name]), "dense") for name in ("expected", "got"))
    cause = Cause("order", "the same launch gave other bits")
    return _told_as(seen.launches, 0, one, other, seen.finding, cause)


def _told_as(
    launches: Launches, number: int, expected: TensorTold, got: TensorTold, finding: Finding, cause: Cause
) -> Smallest:
    told = Explanation(
        launches=tuple(map(_told, launches)),
        result=number,
        expected=expected,
        got=got,
        at=finding.at,
        worst=finding.worst,
        limit=finding.limit,
        cause=cause.word,
        because=cause.because,
    )
    return Smallest(launches, finding, told)


def _told(problem: Problem) -> LaunchTold:
    layouts = [*problem.layouts, *["dense"] * (len(problem.operands) - len(problem.layouts))]
    operands = zip(problem.task.types.inputs, problem.operands, layouts, strict=False)
    return LaunchTold(
        problem.task.name,
        dict(problem.attributes),
        tuple(_tensor(dtype, operand, layout) for dtype, operand, layout in operands),
    )


def _nothing(said: str) -> TensorTold:
    """In place of a result that did not come: what came instead."""
    return TensorTold(said, (), "dense", ())


def _tensor(dtype: str, values: Array, layout: str) -> TensorTold:
    told = tuple(show(value) for value in values.reshape(-1)) if values.size <= MOST_TOLD else ()
    return TensorTold(dtype, tuple(values.shape), layout, told)
