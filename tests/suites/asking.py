"""Asks a device in this process the questions of one input class, without a plan or a worker."""

from __future__ import annotations

from typing import Any

from harness.device.far import execute
from harness.device.wire import aligned, pack, space_needed, unpack
from harness.interface.catalogue import load_interface
from harness.oracle.definition import definition_of
from harness.oracle.draw import Draw
from harness.oracle.rules import Finding
from harness.oracle.task import Task
from harness.profile.store import load_profile
from harness.suite.case import Trial
from harness.suite.numeric import COMMON, write


def task(operation: str, label: str, profile: str = "reference/ieee") -> Task:
    """An operation of the interface on the row of dtypes of a label."""
    found = load_interface().operations[operation]
    row = next(types for types in found.types if types.label == label)
    return Task(found, row, load_profile(profile))


def words(about: Task) -> list[str]:
    """The input classes of every requirement that applies to an operation without a claim."""
    interface = load_interface()
    there = {**COMMON, **definition_of(about.operation).inputs}
    applying = (
        requirement.inputs
        for requirement in interface.requirements
        if requirement.when is None and about.operation in interface.operations_of(requirement)
    )
    return [word for word in dict.fromkeys(applying) if word in there]


def ask(device: Any, about: Task, word: str, seed: str = "0") -> list[tuple[str, Finding]]:
    """Every question of the input class ``word``, with what the rule found."""
    questions = definition_of(about.operation).inputs.get(word) or COMMON[word]
    return [
        (question.name, judged(device, write(question, Draw(seed, f"{word}/{about.name}", question.name))))
        for question in questions(about)
    ]


def judged(device: Any, trial: Trial) -> Finding:
    """A trial carried out on a device the way the far side would, and judged."""
    memory = bytearray(aligned(space_needed(trial.program)))
    steps, _ = pack(trial.program, memory, 0)
    answers = execute(device, steps, memory)
    observations = unpack(steps, answers, memory, device.describe().layers)
    return trial.rule.judge(trial.program, observations)
