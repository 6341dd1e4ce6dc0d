"""The subject of a test, and its cases: pure enumerations of programs, each with the rule that judges it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.device.program import Program
from harness.interface.operation import Operation, Types
from harness.interface.requirement import Requirement
from harness.oracle.draw import Draw
from harness.oracle.problem import Problem
from harness.oracle.rules import Rule
from harness.profile.model import Profile


@dataclass(frozen=True)
class Subject:
    """What one test is about: a requirement, on one operation and row of dtypes or on the runtime as a whole."""

    requirement: Requirement
    profile: Profile
    operation: Operation | None = None
    types: Types | None = None

    @property
    def test(self) -> str:
        """The test's id: ``IF-NUM-001/matmul/float16``, or the requirement's own."""
        if self.operation is None or self.types is None:
            return self.requirement.id
        return f"{self.requirement.id}/{self.operation.name}/{self.types.label}"

    @property
    def level(self) -> int:
        """The lowest level that has this test: the higher of the requirement's and the row of dtypes' own."""
        return max(self.requirement.level, self.types.level if self.types else 1)


@dataclass(frozen=True)
class Trial:
    """One case written out: the calls to make, and the rule for what comes back.

    ``problems`` are the launches of a numeric case, in order: what a failure can be made smaller from.
    """

    program: Program
    rule: Rule
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Case:
    """One observed check: its name within the test, and how to write it out from a source of seeded draws.

    Names are lower-case words, digits, ``-`` and ``/``. Enumerating cases is cheap and draws nothing;
    ``write`` is called only when the case runs, and gives the same trial for the same seed on every machine.
    """

    name: str
    write: Callable[[Draw], Trial]


#: A suite's function: the cases of a subject, in order.
Cases = Callable[[Subject], Iterator[Case]]
