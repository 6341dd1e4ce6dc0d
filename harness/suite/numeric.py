"""Numeric cases: the questions of an input class, put into programs with the rule that judges them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.oracle.definition import Question, definition_of
from harness.oracle.draw import Draw
from harness.oracle.inputs import launches, volume
from harness.oracle.numeric_rules import Agreement, Comparison
from harness.oracle.problem import Problem, write_all
from harness.oracle.task import Task
from harness.suite.case import Case, Subject, Trial

#: The input classes that every family has.
COMMON = {**launches.INPUTS, **volume.INPUTS}


def task_of(subject: Subject) -> Task:
    """What a numeric test is about."""
    assert subject.operation is not None
    assert subject.types is not None
    return Task(subject.operation, subject.types, subject.profile)


def questions(subject: Subject) -> Iterator[Question]:
    """The questions of the input class a requirement names, asked of an operation.

    The operation's family has its own classes; the others are those of every family.
    """
    task = task_of(subject)
    word = subject.requirement.inputs or ""
    ask = definition_of(task.operation).inputs.get(word) or COMMON[word]
    return ask(task)


def cases(subject: Subject) -> Iterator[Case]:
    """A case for each question."""
    for question in questions(subject):
        yield Case(question.name, lambda draw, asked=question: write(asked, draw, subject.requirement.rule))  # type: ignore[misc]


def write(question: Question, draw: Draw, rule: str | None = None) -> Trial:
    """A question written out as one program; the rule is named by what it measures unless a name is given."""
    return written(question.make(draw), question.alike, rule)


def written(
    problems: Sequence[Problem], alike: Sequence[tuple[int, int | None]] = (), rule: str | None = None
) -> Trial:
    """Problems as one program, and the rule for their results."""
    program, results = write_all(problems)
    measures = dict.fromkeys(result.measure for result in results if result.measure != "bitwise")
    comparison = Comparison(next(iter(measures), None) or rule or "bitwise", tuple(results))
    judge = Agreement(comparison, tuple(alike)) if alike else comparison
    return Trial(program.build(), judge, tuple(problems))
