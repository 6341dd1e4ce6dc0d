"""Which tests an implementation is asked, dealt out from the seed so that all of them together are asked everything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from harness.interface.catalogue import load_interface
from harness.interface.operation import Operation, Types
from harness.oracle.definition import definition_of
from harness.oracle.draw import Draw
from harness.oracle.rules import PASS
from harness.oracle.task import Task
from harness.suite.numeric import COMMON, write
from tests.implementations.drawing import Implementation
from tests.suites.asking import judged

#: Each test is asked of every so-many-th implementation; of fewer where it costs more.
_EVERY = 25
_EVERY_OF = {
    **dict.fromkeys(["shapes", "skinny", "exhaustive-16", "every-length", "dense", "sparse"], 50),
    **dict.fromkeys(["long", "huge"], 100),
    **dict.fromkeys(["volume", "slices-32", "many-batches", "largest"], 300),
}
#: Words whose rows are so long that an operation of one step for each element takes seconds.
_LONG = frozenset(
    ["long", "skinny", "huge", "largest", "volume", "many-batches", "every-length", "sparse", "batch-invariance"]
)
#: What a slice leaves out: words of seconds, whatever is asked.
_COSTLY = frozenset({*_LONG, *_EVERY_OF})


@dataclass(frozen=True)
class Test:
    """One test of the interface: an operation on a row of dtypes, and the word of an input class."""

    operation: Operation
    types: Types
    word: str

    @property
    def name(self) -> str:
        """The test in one word, as a person would look for it."""
        return f"{self.operation.name}[{self.types.label}] {self.word}"


@dataclass(frozen=True)
class Alarm:
    """A test that a correct implementation failed: the case, and what the rule found."""

    implementation: int
    test: str
    case: str
    found: str


@cache
def every_test() -> tuple[Test, ...]:
    """Every test there is of an operation: by requirements, and the classes that stand for all families."""
    interface = load_interface()
    common = dict.fromkeys(
        requirement.inputs for requirement in interface.requirements if requirement.chapter == "numeric-conduct"
    )
    words: dict[str, dict[str, None]] = {name: {} for name in interface.operations}
    for requirement in interface.requirements:
        if requirement.inputs is not None and requirement.on_operations:
            for operation in interface.operations_of(requirement):
                words[operation.name][requirement.inputs] = None
    found = []
    for operation in interface.operations.values():
        inputs = definition_of(operation).inputs
        general = [word for word in (*common, *COMMON) if word in inputs or word in COMMON]
        asked = [word for word in dict.fromkeys([*words[operation.name], *general]) if word in {*inputs, *COMMON}]
        found += [Test(operation, types, str(word)) for word in asked for types in operation.types]
    return tuple(found)


def tests_of(seed: int, made: Implementation) -> Iterator[Test]:
    """The tests an implementation is asked."""
    for test in every_test():
        slow = test.word in _LONG and (made.steps or test.operation.name in made.slow)
        if not slow and _falls_to(seed, made, test, _EVERY_OF.get(test.word, _EVERY)):
            yield test


def slice_of(seed: int, made: Implementation, every: int) -> Iterator[Test]:
    """A few of the tests that cost little, each of which falls to one implementation in so many."""
    return (test for test in every_test() if test.word not in _COSTLY and _falls_to(seed, made, test, every))


def _falls_to(seed: int, made: Implementation, test: Test, every: int) -> bool:
    return (_number(f"{seed}/{test.name}") + made.number) % every == 0


def _number(words: str) -> int:
    return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=4).digest(), "little")


def alarms(test: Test, made: Implementation) -> Iterator[Alarm]:
    """Every case of a test that the implementation fails."""
    task = Task(test.operation, test.types, made.profile)
    ask = definition_of(test.operation).inputs.get(test.word) or COMMON[test.word]
    for question in ask(task):
        draw = Draw(str(made.number), f"{test.word}/{test.operation.name}", question.name)
        finding = judged(made.device, write(question, draw))
        if finding.outcome != PASS:
            worst, limit = (float.fromhex(figure) if figure else 0.0 for figure in (finding.worst, finding.limit))
            said = f"{finding.outcome} {finding.cause or ''} at {finding.at}: {finding.got} for {finding.expected}"
            yield Alarm(made.number, test.name, question.name, f"{said}, {worst:.4g} of {limit:.4g}; {finding.detail}")
