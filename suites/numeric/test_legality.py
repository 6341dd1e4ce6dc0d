"""What a profile declares of its arithmetic, held against the weakest the interface allows."""

from __future__ import annotations

from collections.abc import Iterator

from harness.device.program import Program
from harness.interface.catalogue import load_interface
from harness.oracle.legality import Legality
from harness.suite.case import Case, Subject, Trial
from harness.suite.numeric import task_of
from harness.suite.suites import tests


@tests("IF-NUM-015")
def no_weaker_than_legal(subject: Subject) -> Iterator[Case]:
    """The accumulator, the rounding and the flushing of the unit that serves an operation."""
    task = task_of(subject)
    legal = load_interface().legal_for(task.types.operand, subject.level)
    if task.floating:
        yield Case("declared", lambda draw: Trial(Program(()), Legality(task, legal)))
