"""Operands of transforms: rows of a signal, or of the half of a spectrum whose other half is its mirror image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Size
from harness.oracle.draw import Draw
from harness.oracle.inputs import parts
from harness.oracle.problem import Array
from harness.oracle.task import Task

Operands = tuple[Sequence[Array], Mapping[str, Any]]


def draw(task: Task, source: Draw, size: Size) -> Operands:
    """Whole numbers other than zero; size is (rows, length of the transform)."""
    return given(task, parts.nonzero(source, task.dtype, stored(task, size), 99), size[-1])


def rough(task: Task, source: Draw, size: Size) -> Operands:
    """Numbers of full precision."""
    return dense(task, source, size, "centred")


def dense(task: Task, source: Draw, size: Size, kind: str) -> Operands:
    """Numbers of full precision, around zero or from one to two."""
    return given(task, parts.dense(source, task.dtype, stored(task, size), kind), size[-1])


def stored(task: Task, size: Size) -> tuple[int, ...]:
    """The shape of the operand for transforms of a length."""
    return (*size[:-1], size[-1] // 2 + 1) if task.name == "irfft" else size


def given(task: Task, x: Array, length: int) -> Operands:
    """An operand with its attributes; of a half spectrum, parts that symmetry makes zero are zero."""
    if task.name != "irfft":
        return (x,), {"axis": -1, "norm": "backward"}
    x.imag[..., 0] = 0
    if length % 2 == 0:
        x.imag[..., -1] = 0
    return (x,), {"n": length, "axis": -1, "norm": "backward"}


def sweep(task: Task, length: int) -> Sequence[Size]:
    """Transforms of the length, and as many transforms of four."""
    return [(2, length), (length, 4)]


def typed(task: Task, values: Array) -> Array:
    """Numbers in the operand's dtype."""
    return np.asarray(values).astype(numpy_dtype(task.dtype))
