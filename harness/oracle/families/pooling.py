"""Pools: ONNX's MaxPool and AveragePool over one, two or three spatial axes, with strides, dilations and pads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.oracle.bounds.pooling import average_bound
from harness.oracle.definition import Definition, Size
from harness.oracle.draw import Draw
from harness.oracle.families.convolution import one_rounding
from harness.oracle.formats import round_to
from harness.oracle.inputs.pooling import INPUTS, rough_image, whole_image
from harness.oracle.problem import Array, Wanted, exactly, within
from harness.oracle.reference.flushing import flush
from harness.oracle.reference.pooling import largest, mean
from harness.oracle.task import Task

#: Windows of plain problems hold one, two or four elements, so that every average of whole numbers is exact.
_ATTRIBUTES: Mapping[str, Any] = {"kernel_shape": [2, 2], "pads": [1, 0, 0, 1]}


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """Each element as it must be: every bit of a maximum, and of an exact sum divided by a power of two."""
    if task.name == "MaxPool":
        return (exactly(task.types.out, largest(operands[0], attributes)),)
    return (_average(task, operands[0], attributes, exact=exact),)


def _average(task: Task, operand: Array, attributes: Mapping[str, Any], *, exact: bool) -> Wanted:
    dtype = task.types.out
    number = flush(operand) if task.declared.flush_inputs else operand
    with np.errstate(all="ignore"):  # of signalling NaN, and of infinities
        found = mean(number.astype(np.float64), attributes, exactly=not exact and dtype == "float64")
        value, magnitude = found.sums.value / found.divisors, found.sums.magnitude / found.divisors
    rounded = round_to(value, dtype)
    if exact and not (found.divisors & (found.divisors - 1)).any():
        return one_rounding(task, rounded, found.sums.open_sign)
    bound = average_bound(task.held_to, magnitude, found.sums.terms, value)
    return within(dtype, np.where(np.isfinite(rounded), value, rounded.astype(np.float64)), bound)


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    return [whole_image(task, draw, size, 4)], _ATTRIBUTES


def _rough(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    attributes = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    return [rough_image(task, draw, size, "centred")], attributes


def sweep(task: Task, length: int) -> Sequence[Size]:
    """A length as that of the images' number, of channels, and of both axes of an image."""
    return (length, 2, 3, 2), (2, length, 2, 3), (2, 2, length, 3), (1, 3, 2, length)


def axes(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """Images and channels can be cut."""
    return [["N", "C", *[""] * (operands[0].ndim - 2)]]


DEFINITION = Definition(
    size=lambda task: (2, 3, 6, 7),
    draw=_draw,
    solve=solve,
    sweep=sweep,
    plainly_exact=lambda task: True,
    inputs=INPUTS,
    rough=_rough,
    empty=lambda task: ((0, 3, 6, 7),),
    axes=axes,
)
