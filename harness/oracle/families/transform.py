"""Discrete Fourier transforms along one axis: forward and back, of complex numbers and of real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.oracle.bounds.transform import impulse_bound, norm_bound
from harness.oracle.definition import Definition
from harness.oracle.families.transform_inputs import INPUTS
from harness.oracle.families.transform_operands import draw, rough, sweep
from harness.oracle.problem import Array, Wanted, within
from harness.oracle.reference import transform as reference
from harness.oracle.task import Task

REAL = ("rfft", "irfft")


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """The transform; of rows of one impulse with a bound for each element, else for the norm of each row's error.

    Where another axis than the last is transformed, a row of the result has an element of each of many transforms, and
    the bound of its norm is that of theirs together.
    """
    (x,) = operands
    axis = int(attributes.get("axis", -1)) % x.ndim
    length = reference.length_of(task.name, x, attributes)
    expected = reference.transform(task.name, x, attributes)
    rows = np.moveaxis(expected, axis, -1)
    taken = reference.fitted(np.moveaxis(x, axis, -1), rows.shape[-1] if task.name != "rfft" else length)
    if task.name == "irfft":
        taken = taken[..., : length // 2 + 1]
    with np.errstate(invalid="ignore", over="ignore"):
        size = np.abs(taken).max(axis=-1, initial=0.0)
        impulses = (taken != 0).sum(axis=-1) == 1
        real = task.name in REAL
        divided = reference.scale(task.name, length, attributes)
        if task.name != "irfft" and length & (length - 1) == 0 and bool(impulses.all()) and np.isfinite(size).all():
            each = [impulse_bound(task.held_to, float(one) / divided, length, real=real) for one in size.reshape(-1)]
            bound = np.broadcast_to(np.array(each).reshape((*size.shape, 1)), rows.shape)
            return (within(task.types.out, expected, np.moveaxis(bound, -1, axis)),)
        # Scaled first, since squares of the largest numbers are beyond float64.
        norms = _norms(rows, size)
        error = np.sqrt(length) * length * reference.ERROR * size / divided + reference.OWN_ERROR * norms
        bounds = norm_bound(task.held_to, norms, length, error, real=real)
        bounds = np.where(size == 0, 0.0, np.where(np.isfinite(norms), bounds, 0.0))
        if axis != x.ndim - 1:
            bounds = np.broadcast_to(np.sqrt(np.square(bounds).sum(axis=-1, keepdims=True)), bounds.shape)
    spread = np.moveaxis(np.broadcast_to(bounds[..., None], rows.shape), -1, axis)
    return (within(task.types.out, expected, spread, "norm"),)


def _norms(rows: Array, size: Array) -> Array:
    """The two-norm of each row, by way of numbers near one."""
    power = np.ldexp(1.0, -np.frexp(np.where(np.isfinite(size) & (size > 0), size, 1.0))[1])
    near = np.abs(rows) * power[..., None]
    return np.asarray(np.sqrt(np.square(near).sum(axis=-1)) / power)


def axes(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """Transforms can be left out, but not cut."""
    rank = operands[0].ndim
    along = int(attributes.get("axis", -1)) % rank
    return [["" if place == along else str(place) for place in range(rank)]]


DEFINITION = Definition(
    size=lambda task: (3, 12),
    draw=draw,
    solve=solve,
    sweep=sweep,
    plainly_exact=lambda task: False,
    inputs=INPUTS,
    rough=rough,
    axes=axes,
)
