"""The same faulty kernels and the same correct ones, judged by the rules of others and by ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from harness.interface.catalogue import load_interface
from harness.oracle.definition import Question, Size, definition_of
from harness.oracle.draw import Draw
from harness.oracle.rules import PASS
from harness.oracle.task import Task
from harness.profile.model import Profile
from harness.profile.store import load_profile
from harness.suite.numeric import COMMON, write
from tests.implementations.drawing import implementation
from tests.suites import faulty_operations as devices
from tests.suites.asking import judged, task
from tests.suites.kernels import KERNELS
from tests.suites.other_rules import alarms

OURS = "Assay"


@dataclass(frozen=True)
class Candidate:
    """A kernel to be judged: its name, the operation it serves, a device that has it, and what it is asked by us.

    ``cases`` is how many cases of each input class are asked, drawn by the kernel's name; all of them where it is left
    out.
    """

    name: str
    operation: str
    label: str
    device: Callable[[], Any]
    words: tuple[str, ...]
    profile: Profile
    sizes: tuple[Size, ...] = ()
    long: bool = False
    cases: int | None = None

    @property
    def task(self) -> Task:
        """The operation on its row of dtypes."""
        operation = load_interface().operations[self.operation]
        return Task(operation, next(t for t in operation.types if t.label == self.label), self.profile)


#: Faults of whole devices, and the operations they are tried on.
_WHOLE = (
    ("zeros", devices.with_arithmetic(devices.GivesZeros), ("dense",)),
    ("stale", devices.with_arithmetic(devices.GivesTheLastOne), ("dense",)),
    ("last row left out", devices.LeavesLastRowOut, ("guards",)),
    ("strides ignored", devices.IgnoresStrides, ("layouts",)),
)
#: Cases of each input class that a correct implementation is asked here; tests/implementations asks them all.
_CASES = 3
_TRIED = ("matmul", "sum", "Softmax", "LayerNormalization", "Attention")


def faulty() -> tuple[Candidate, ...]:
    """Every faulty kernel."""
    profile = load_profile(devices.PROFILE)
    single = [
        Candidate(k.name, k.operation, k.label, k.device, k.words, profile, k.sizes, long=k.long) for k in KERNELS
    ]
    whole = [
        Candidate(name, operation, "float32", device, words, profile)
        for name, device, words in _WHOLE
        for operation in _TRIED
    ]
    return (*single, *whole)


@cache
def _asked() -> dict[tuple[str, str], tuple[str, ...]]:
    """What the operations of the faulty kernels are asked: all that some fault of theirs must fail."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for kernel in KERNELS:
        if not kernel.long:
            found.setdefault((kernel.operation, kernel.label), {}).update(dict.fromkeys(kernel.words))
    return {key: tuple(words) for key, words in found.items()}


def correct(seed: int, number: int, share: int) -> Iterator[Candidate]:
    """A correct implementation on about one in ``share`` of the operations that have faulty kernels."""
    made = implementation(seed, number)
    draw = Random(f"{seed}/{number}/side-by-side")
    name = "; ".join(made.words)
    for (operation, label), words in _asked().items():
        if operation not in made.slow and not draw.randrange(share):
            yield Candidate(name, operation, label, lambda: made.device, words, made.profile, cases=_CASES)


def verdicts(candidate: Candidate) -> set[str]:
    """The rules that take a kernel for wrong."""
    found = set() if candidate.long else alarms(candidate.device(), candidate.task, candidate.sizes)
    return {OURS, *found} if fails_ours(candidate) else found


def caught(candidate: Candidate) -> set[str]:
    """The rules that tell a faulty kernel from an honest one: they take it, and it alone, for wrong."""
    return verdicts(candidate) - _alarms_anyway(candidate.operation, candidate.label, candidate.sizes)


@cache
def _alarms_anyway(operation: str, label: str, sizes: tuple[Size, ...]) -> frozenset[str]:
    """The rules of others that take an honest kernel for wrong."""
    return frozenset(alarms(devices.Launches(), task(operation, label, devices.PROFILE), sizes))


def fails_ours(candidate: Candidate) -> Sequence[str]:
    """The first case that a kernel fails among those we ask, if any."""
    device, about = candidate.device(), candidate.task
    draw = Random(f"{candidate.name}/{candidate.operation}")
    for word in candidate.words:
        asked = questions(about, word)
        for question in asked if candidate.cases is None else draw.sample(asked, min(candidate.cases, len(asked))):
            finding = judged(device, write(question, Draw("0", f"{word}/{about.name}", question.name)))
            if finding.outcome != PASS:
                return [f"{word}/{question.name}: {finding.outcome} {finding.cause} {finding.worst} of {finding.limit}"]
    return []


def questions(about: Task, word: str) -> list[Question]:
    """The questions of an input class."""
    return list((definition_of(about.operation).inputs.get(word) or COMMON[word])(about))
