"""Numeric cases: problems put into trials, and the problems every operation has whatever its family."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVarTuple

import numpy as np

from harness.interface.operation import Operation, Types
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, is_float
from harness.oracle.launch import Layout
from harness.oracle.problem import Array, Problem, Shape, exact_problem, measure, solve, together, within
from harness.suite.case import Case, Subject, Trial

#: Every numeric test holds cases in pairs of one shape and other contents: whoever returns the last output again fails
#: the second.
PAIR = ("a", "b")

Given = TypeVarTuple("Given")


def pose(name: str, rule: str, make: Callable[[Draw, *Given], Sequence[Problem]], *given: *Given) -> Case:
    """A case that launches the problems ``make`` draws, one after another, and judges all of them by one rule.

    ``given`` are the further arguments of ``make``, as they are now.
    """
    return Case(name, lambda draw: Trial(*together(rule, *make(draw, *given))))


def pairs(name: str, rule: str, make: Callable[[Draw, *Given], Sequence[Problem]], *given: *Given) -> Iterator[Case]:
    """Two cases of the same shape with contents of their own."""
    for which in PAIR:
        yield pose(f"{name}/{which}", rule, make, *given)


def numeric(subject: Subject) -> tuple[Operation, Types]:
    """The operation and the row of dtypes a numeric test is about."""
    assert subject.operation is not None
    assert subject.types is not None
    return subject.operation, subject.types


def plain_rule(operation: Operation) -> str:
    """How a plain problem of an operation is judged: by units in the last place, or by every bit."""
    return "ulp" if operation.family == "elementwise-function" else "bitwise"


def plain_problem(
    operation: Operation, types: Types, draw: Draw, shape: Shape, layouts: tuple[Layout, ...] = (), **how: Any
) -> Problem:
    """A problem with one right answer (of a function: one within its units in the last place)."""
    shape = tidy(operation, shape)
    if operation.family != "elementwise-function":
        return exact_problem(operation, types, draw, shape, layouts, **how)
    low, high = operation.domain[0]
    operand = within(draw, types.inputs[0], shape, max(low, -8.0), min(high, 8.0))
    if "broadcast" in layouts:
        operand[...] = operand[:1]
    return replace(measure(operation, types, operand), layouts=layouts, **how)


def tidy(operation: Operation, shape: Shape) -> Shape:
    """The shape itself; of a mean, with a power of two of terms, so that dividing and multiplying by 1/n agree."""
    if operation.name != "mean" or not shape or shape[-1] == 0:
        return shape
    return (*shape[:-1], 1 << (shape[-1] - 1).bit_length())


def plain_shape(operation: Operation) -> Shape:
    """A small shape that has no dimension in common with a power of two, where the operation allows it."""
    match operation.family:
        case "inner-product":
            return (7, 33, 5)
        case "quantifier":
            return (35, 33)
        case "sum" | "extremum" | "argument-extremum":
            return (7, 33)
    return (7, 19)


def without_underflow(problem: Problem) -> Problem:
    """The problem with operands of 1 where its result would be subnormal: whether that is kept is asked elsewhere."""
    dtype = problem.types.out
    if not is_float(dtype):
        return problem
    magnitude = np.abs(problem.expected.astype(np.float64))
    small = (magnitude > 0) & (magnitude < FORMATS[dtype].smallest_normal)
    operands = [np.where(small, 1, operand).astype(operand.dtype) for operand in problem.operands]
    return solve(problem.operation, problem.types, operands, problem.attributes)


def flushes(subject: Subject) -> bool:
    """Whether the profile declares that the operation flushes subnormal operands or results."""
    operation, types = numeric(subject)
    declared = subject.profile.arithmetic_of(operation.name, types.inputs[-1])
    return bool(declared.flush_inputs or declared.flush_outputs)


def calm(subject: Subject, values: Array) -> Array:
    """Values with 1 in place of subnormal ones, where the profile declares flushing: that is asked elsewhere."""
    dtype = values.dtype.name
    if not is_float(dtype) or not flushes(subject):
        return values
    with np.errstate(invalid="ignore"):  # of signalling NaN
        magnitude = np.abs(values.astype(np.float64))
    return np.where((magnitude > 0) & (magnitude < FORMATS[dtype].smallest_normal), 1, values).astype(values.dtype)
