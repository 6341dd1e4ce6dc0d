"""ONNX's own node cases: inputs and attributes as ONNX gives them, expected values and bounds of this house."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from harness.oracle.draw import Draw
from harness.suite import numeric
from harness.suite.case import Case, Subject, Trial
from harness.suite.nodes import case_name, listed, problems_of
from harness.suite.suites import tests


@tests("IF-GRA-001")
def node_cases(subject: Subject) -> Iterator[Case]:
    """The node cases of one operation on one row of its dtypes, by the committed list."""
    task = numeric.task_of(subject)
    for node in listed().asked.get(task.name, {}).get(task.types.label, ()):
        yield Case(case_name(node), partial(_write, subject, node))


def _write(subject: Subject, node: str, draw: Draw) -> Trial:
    return numeric.written(problems_of(numeric.task_of(subject), node))
