"""Devices with one fault each, whose cause is known, and how they are asked without a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from harness.device.far import execute
from harness.device.near import Answer
from harness.device.program import Program
from harness.device.wire import aligned, pack, space_needed, unpack
from harness.oracle.definition import Question, definition_of
from harness.oracle.draw import Draw
from harness.oracle.problem import Array
from harness.oracle.task import Task
from harness.run.explain import Opened, Runner, Smallest, explain_case
from harness.simulator.runtime import SimulatedDevice
from harness.suite.case import Trial
from harness.suite.numeric import COMMON, write
from tests.suites.faulty_operations import Computes, with_arithmetic


class Here:
    """Runs programs on a device in this process the way the far side would."""

    def __init__(self, device: Any) -> None:
        self.device = device
        self.asked = 0

    def run(self, programs: Sequence[Program]) -> list[Answer]:
        """Every program's answer; ``asked`` counts them."""
        return [self._run(program) for program in programs]

    def _run(self, program: Program) -> Answer:
        self.asked += 1
        memory = bytearray(aligned(space_needed(program)))
        steps, _ = pack(program, memory, 0)
        answers = execute(self.device, steps, memory)
        return Answer(tuple(unpack(steps, answers, memory, self.device.describe().layers)), 0.0)


def opened(make: Callable[[], Any]) -> Opened:
    """How a device is opened, each time anew."""

    @contextmanager
    def open_it() -> Iterator[Runner]:
        yield Here(make())

    return open_it


def trials(about: Task, word: str) -> Iterator[Trial]:
    """Every case of an input class."""
    asked = definition_of(about.operation).inputs.get(word) or COMMON[word]
    for question in asked(about):
        yield trial(about, word, question)


def trial(about: Task, word: str, question: Question) -> Trial:
    """One case of an input class."""
    return write(question, Draw("0", f"{word}/{about.name}", question.name))


def first_failure(make: Callable[[], Any], about: Task, word: str) -> Smallest:
    """The explanation of the first case of a class that fails, each on a device of its own."""
    before: Trial | None = None
    for case in trials(about, word):
        found = explain_case(opened(make), case, before.problems if before else (), patience=60.0)
        if found is not None:
            return found
        before = case
    raise AssertionError("no case fails")


class Changed(Computes):
    """One change of what one operation, or every one, gives."""

    def __init__(self, change: Callable[[Array], Array]) -> None:
        super().__init__()
        self.change = change

    def result(self, values: Array, number: int, operation: str) -> Array:
        return np.asarray(self.change(values.copy()), dtype=values.dtype)


class Narrowed(Computes):
    """Operands are rounded before anything is computed."""

    def __init__(self, narrow: Callable[[Array], Array]) -> None:
        super().__init__()
        self.narrow = narrow

    def operand(self, values: Array) -> Array:
        return self.narrow(values)


class Instead(Computes):
    """Another function in place of the one asked for."""

    def __init__(self, function: Callable[..., Array]) -> None:
        super().__init__()
        self.function = function

    def compute(
        self, operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
    ) -> Sequence[Array]:
        with np.errstate(all="ignore"):
            right = super().compute(operation, inputs, attributes, results)
            return [np.asarray(self.function(*inputs)).astype(right[0].dtype).reshape(right[0].shape)]


def changed(change: Callable[[Array], Array]) -> Callable[[], SimulatedDevice]:
    """The reference with its results changed."""
    return with_arithmetic(lambda: Changed(change))


def narrowed(narrow: Callable[[Array], Array]) -> Callable[[], SimulatedDevice]:
    """The reference with its operands rounded."""
    return with_arithmetic(lambda: Narrowed(narrow))


def instead(function: Callable[..., Array]) -> Callable[[], SimulatedDevice]:
    """The reference with another function."""
    return with_arithmetic(lambda: Instead(function))


def to_bits(bits: int) -> Callable[[Array], Array]:
    """Rounds float32 to so many bits of significand, to nearest even."""

    def rounded(values: Array) -> Array:
        if values.dtype != np.float32:
            return values
        mantissa, exponent = np.frexp(values)
        with np.errstate(all="ignore"):
            return np.where(
                np.isfinite(values), np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits), values
            ).astype(np.float32)

    return rounded


def tail(tile: int, spoil: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """Spoils what lies behind the last whole tile of the last axis."""

    def change(values: Array) -> Array:
        if values.ndim:
            begin = values.shape[-1] // tile * tile
            values[..., begin:] = spoil(values[..., begin:])
        return values

    return change


def beyond(limit: int) -> Callable[[Array], Array]:
    """Spoils every element whose number is a limit or more."""

    def change(values: Array) -> Array:
        flat = values.reshape(-1)
        flat[limit:] = 0
        return flat.reshape(values.shape)

    return change
