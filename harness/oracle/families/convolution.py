"""Convolution: ONNX's Conv over one, two or three spatial axes, in groups, with strides, dilations and pads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.oracle.bounds.convolution import convolution_bound
from harness.oracle.definition import Definition, Size
from harness.oracle.draw import Draw
from harness.oracle.formats import round_to
from harness.oracle.inputs.convolution import INPUTS
from harness.oracle.inputs.convolution_forms import Form, dense, wholes
from harness.oracle.problem import Array, Wanted, exactly, within
from harness.oracle.reference.convolution import convolve
from harness.oracle.reference.flushing import flush
from harness.oracle.task import Task

#: The kernel of plain problems, and pads that let it over images of any length.
_KERNEL, _PADS = (3, 2), (1, 0, 1, 1)


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """Each element as it must be: every bit where the operands make it exact, else within its bound."""
    dtype = task.types.out
    numbers = [flush(operand) if task.declared.flush_inputs else operand for operand in operands]
    with np.errstate(invalid="ignore"):  # of signalling NaN
        wide = [number.astype(np.float64) for number in numbers]
    known = convolve(wide, attributes, exactly=not exact and dtype == "float64")
    rounded = round_to(known.value, dtype)
    if not exact:
        bound = convolution_bound(task.held_to, known.magnitude, known.terms, known.value)
        return (within(dtype, np.where(np.isfinite(rounded), known.value, rounded.astype(np.float64)), bound),)
    return (one_rounding(task, rounded, known.open_sign),)


def one_rounding(task: Task, rounded: Array, open_sign: Array) -> Wanted:
    """An exact value in its dtype, flushed as declared; zeros that may have either sign are left that freedom."""
    expected = rounded
    if task.declared.flush_outputs:
        expected = flush(rounded)
        open_sign = open_sign | (np.asarray(expected == 0) & np.asarray(rounded != 0))
    if task.declared.flush_inputs:
        open_sign = open_sign | np.asarray(expected == 0)
    if not open_sign.any():
        return exactly(task.types.out, expected)
    return within(task.types.out, expected.astype(np.float64), np.zeros(expected.shape))


def _form(size: Size) -> Form:
    images, channels, features, *lengths = size
    return Form(images, channels, features, tuple(lengths), _KERNEL, {"pads": list(_PADS)})


def _size(task: Task) -> Size:
    return (2, 3, 5, 6, 7)


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    form = _form(size)
    return wholes(task, draw, form), form.attributes


def _rough(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    form = Form(size[0], size[1] * 8, size[2], tuple(size[3:]), _KERNEL, {"pads": list(_PADS)})
    return dense(task, draw, form, "centred"), form.attributes


def sweep(task: Task, length: int) -> Sequence[Size]:
    """A length as that of the images' number, of channels, of features, and of both axes of an image."""
    return (length, 1, 2, 2, 3), (2, length, 3, 2, 2), (2, 2, length, 3, 2), (1, 2, 2, length, 2), (1, 2, 3, 2, length)


def _empty(task: Task) -> Sequence[Size]:
    return ((0, 3, 5, 6, 7),)


def axes(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """Images, and the channels and features of a single group, can be cut."""
    spatial = [""] * (operands[0].ndim - 2)
    single = attributes.get("group", 1) == 1
    channels, features = ("C", "M") if single else ("", "")
    return [["N", channels, *spatial], [features, channels, *spatial], [features]][: len(operands)]


DEFINITION = Definition(
    size=_size,
    draw=_draw,
    solve=solve,
    sweep=sweep,
    plainly_exact=lambda task: True,
    inputs=INPUTS,
    rough=_rough,
    empty=_empty,
    axes=axes,
)
