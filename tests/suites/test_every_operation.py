"""Every operation fails on a device of each common fault, for the input classes that should say so.

By default one row of dtypes of every operation is asked, and where a fault must fail every class, a few drawn ones.
``ASSAY_FAULTY=all`` asks every row and class; a number is another seed of the draw.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from random import Random
from typing import Any

import pytest

from harness.interface.catalogue import load_interface
from harness.oracle.definition import Question, definition_of
from harness.oracle.draw import Draw
from harness.oracle.rules import FAIL, PASS
from harness.oracle.task import Task
from harness.profile.store import load_profile
from harness.suite.case import Trial
from harness.suite.numeric import COMMON, write
from tests.suites.asking import judged
from tests.suites.every_fault import FAULTS, Fault
from tests.suites.faulty_operations import PROFILE

CHOSEN = os.environ.get("ASSAY_FAULTY", "0")
WHOLE = CHOSEN == "all"
#: Classes drawn of those that must fail, in the slice.
DRAWN = 2
#: Classes that take long, which only the whole asks.
LONG = frozenset({"volume", "huge", "largest", "many-batches", "skinny", "exhaustive-32", "slices-32"})
#: How many cases a device that is excused must pass.
FEW = 2


def tasks() -> Iterator[Task]:
    """Every operation on every row of its dtypes, or on its first."""
    profile = load_profile(PROFILE)
    for operation in load_interface().operations.values():
        for types in operation.types if WHOLE else operation.types[:1]:
            yield Task(operation, types, profile)


TASKS = {f"{task.name}/{task.types.label}": task for task in tasks()}


@lru_cache(maxsize=4)
def words(name: str) -> list[str]:
    """The input classes that requirements ask of an operation, and that have questions for its dtypes."""
    interface = load_interface()
    task = TASKS[name]
    named = [r.inputs for r in interface.requirements if r.inputs and task.operation in interface.operations_of(r)]
    return [word for word in dict.fromkeys(named) if (WHOLE or word not in LONG) and questions(name, word)]


@lru_cache(maxsize=256)
def questions(name: str, word: str) -> list[Question]:
    """The questions of an input class."""
    task = TASKS[name]
    ask = definition_of(task.operation).inputs.get(word) or COMMON.get(word)
    return list(ask(task)) if ask else []


@lru_cache(maxsize=256)
def trial(name: str, word: str, number: int) -> Trial:
    """One question written out, once for all faults."""
    question = questions(name, word)[number]
    return write(question, Draw("0", f"{word}/{name}", question.name))


def demanded(name: str, fault: Fault) -> list[str]:
    """The input classes that must fail."""
    task, asked = TASKS[name], words(name)
    if fault.words:
        return [word for word in fault.words if word in asked and not fault.excuse(task, word)]
    return asked if WHOLE else Random(f"{CHOSEN}/{name}").sample(asked, min(DRAWN, len(asked)))


def is_caught(device: Any, name: str, word: str) -> bool:
    """Whether one of the questions of an input class fails."""
    numbers = range(len(questions(name, word)))
    return any(judged(device, trial(name, word, number)).outcome == FAIL for number in numbers)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("name", TASKS)
def test_every_operation_fails_on_every_fault(name: str, fault: Fault) -> None:
    if fault.excuse(TASKS[name]):
        excused(name, fault)
        return
    asked = demanded(name, fault)
    assert asked, "no input class would say so"
    assert [word for word in asked if not is_caught(fault.device(), name, word)] == []


def excused(name: str, fault: Fault) -> None:
    """A fault that cannot show indeed does not: what is excused is right."""
    device = fault.device()
    for word in () if fault.sometimes else set(fault.words).intersection(words(name)):
        for number in range(min(FEW, len(questions(name, word)))):
            assert judged(device, trial(name, word, number)).outcome == PASS, (word, fault.excuse(TASKS[name]))
