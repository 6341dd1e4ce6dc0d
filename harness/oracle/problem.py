"""A problem: one launch with its operands and attributes, and what each of its results must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.device.program import ProgramBuilder
from harness.oracle.launch import Layout, launch
from harness.oracle.numeric_rules import Result
from harness.oracle.task import Task

Array = NDArray[Any]
Shape = tuple[int, ...]

#: How a result is measured against what is right: see ``numeric_rules``.
Measure = Literal["bitwise", "ulp", "bound", "norm"]

#: Bytes that outputs are poisoned with, in turn, so that no two consecutive launches find the same.
POISONS = (0xA5, 0x5A, 0xC3, 0x3C)


@dataclass(frozen=True)
class Wanted:
    """What one result of a launch must be.

    ``expected`` is in the result's dtype where every bit counts (``bitwise``), else in float64 (complex128 of a complex
    result). ``bound`` is the largest legal error of each element: in its own unit (``bound``), in units in the last
    place (``ulp``), or of the two-norm of the last axis (``norm``; every element of a row has the row's bound).
    ``other`` is what an element may be as well, where every bit counts and its standard leaves two values.
    """

    dtype: str
    expected: Array
    bound: Array | None = None
    measure: Measure = "bitwise"
    other: Array | None = None


def exactly(dtype: str, expected: Array, other: Array | None = None) -> Wanted:
    """A result every bit of which counts; of two, where a standard leaves two."""
    return Wanted(dtype, expected, other=other)


def within(dtype: str, expected: Array, bound: Array, measure: Measure = "bound") -> Wanted:
    """A result that may be off by a bound for each element."""
    return Wanted(dtype, expected, bound, measure)


@dataclass(frozen=True)
class Problem:
    """One launch and its right results; operands may be fewer than the operation has, the last ones left out.

    ``exact`` says that the operands make every order of evaluation exact. ``layouts`` say how operands lie, dense
    where there are fewer of them; ``out_layout`` how results do. With ``read_operands`` operands are read back and
    must be as they were.
    """

    task: Task
    operands: tuple[Array, ...]
    wanted: tuple[Wanted, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    exact: bool = False
    layouts: tuple[Layout, ...] = ()
    out_layout: Layout = "dense"
    read_operands: bool = False

    def write(self, program: ProgramBuilder, poison: int) -> list[Result]:
        """Write the launch into a program; one result for each output."""
        dtypes = self.task.types.inputs[: len(self.operands)]
        outputs = launch(
            program,
            self.task.name,
            list(zip(dtypes, self.operands, strict=True)),
            [(wanted.dtype, np.shape(wanted.expected)) for wanted in self.wanted],
            self.attributes,
            self.layouts,
            self.out_layout,
            poison=poison,
            read_operands=self.read_operands,
        )
        return [
            Result(output, wanted.expected, wanted.bound, wanted.measure, wanted.other)
            for output, wanted in zip(outputs, self.wanted, strict=True)
        ]


def write_all(problems: Sequence[Problem]) -> tuple[ProgramBuilder, list[Result]]:
    """One program that launches the problems one after another, and their results in order."""
    program = ProgramBuilder()
    results = [
        result
        for number, problem in enumerate(problems)
        for result in problem.write(program, POISONS[number % len(POISONS)])
    ]
    return program, results
