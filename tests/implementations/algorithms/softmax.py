"""Softmax in one pass: a running maximum and a running sum, which grow block by block or are merged from parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from tests.implementations.algorithms.machine import (
    Algorithm,
    Array,
    Attributes,
    Machine,
    axis_of,
    filled,
    narrow,
    wide,
)

#: The largest operand so far, and the sum of the powers of the others less that one.
Running = tuple[Array, Array]


def of_block(machine: Machine, block: Array) -> Running:
    """The running pair of one block, along the first axis."""
    top = machine.step("max", block, axis=0)
    return top, machine.step("sum", powers(machine, block, top), axis=0)


def powers(machine: Machine, values: Array, top: Array) -> Array:
    """The powers of values less the largest; of minus infinity zero, also where that is the largest."""
    shifted = machine.step("subtract", values, np.broadcast_to(top, values.shape))
    return np.where(np.isneginf(values), filled(0, values), machine.step("exp", shifted))


def merged(machine: Machine, one: Running, other: Running) -> Running:
    """The running pair of both parts."""
    top = machine.step("maximum", one[0], other[0])
    parts = [machine.step("multiply", total, rescale(machine, old, top)) for old, total in (one, other)]
    return top, machine.step("add", parts[0], parts[1])


def rescale(machine: Machine, old: Array, new: Array) -> Array:
    """What a sum is multiplied by when the maximum grows; 1 where it does not."""
    factor = machine.step("exp", machine.step("subtract", old, new))
    return np.where(old == new, filled(1, factor), factor)


def _chained(length: int, machine: Machine, rows: Array) -> Running:
    running = of_block(machine, rows[:length])
    for start in range(length, len(rows), length):
        block = rows[start : start + length]
        top = machine.step("maximum", running[0], machine.step("max", block, axis=0))
        held = machine.step("multiply", running[1], rescale(machine, running[0], top))
        running = top, machine.step("add", held, machine.step("sum", powers(machine, block, top), axis=0))
    return running


def _split(parts: int, machine: Machine, rows: Array) -> Running:
    found = [of_block(machine, part) for part in np.array_split(rows, min(parts, len(rows)))]
    while len(found) > 1:
        joined = [merged(machine, *pair) for pair in zip(found[::2], found[1::2], strict=False)]
        found = joined + found[len(joined) * 2 :]
    return found[0]


def _whole(machine: Machine, rows: Array) -> Running:
    return of_block(machine, rows)


def _softmax(
    how: partial[Running],
    reciprocal: bool,
    machine: Machine,
    operands: Sequence[Array],
    attributes: Attributes,
    results: Sequence[str],
) -> Sequence[Array]:
    if not operands[0].size:
        return narrow(machine, operands[0], results)
    axis = axis_of(attributes, operands[0].ndim)
    rows = np.moveaxis(wide(machine, operands[0]), axis, 0)
    top, total = how(machine, rows)
    found = machine.step("exp", machine.step("subtract", rows, np.broadcast_to(top, rows.shape)))
    if reciprocal:
        over = machine.step("divide", filled(1, total), total)
        found = machine.step("multiply", found, np.broadcast_to(over, rows.shape))
    else:
        found = machine.step("divide", found, np.broadcast_to(total, rows.shape))
    return narrow(machine, np.moveaxis(found, 0, axis), results)


def _log_softmax(
    how: partial[Running],
    machine: Machine,
    operands: Sequence[Array],
    attributes: Attributes,
    results: Sequence[str],
) -> Sequence[Array]:
    if not operands[0].size:
        return narrow(machine, operands[0], results)
    axis = axis_of(attributes, operands[0].ndim)
    rows = np.moveaxis(wide(machine, operands[0]), axis, 0)
    top, total = how(machine, rows)
    shifted = machine.step("subtract", rows, np.broadcast_to(top, rows.shape))
    logarithm = np.broadcast_to(machine.step("log", total), rows.shape)
    return narrow(machine, np.moveaxis(machine.step("subtract", shifted, logarithm), 0, axis), results)


def softmaxes(way: str, size: int, *, reciprocal: bool) -> Mapping[str, Algorithm]:
    """Softmax and its logarithm from a running pair: ``chained`` blocks of a size, or so many ``split`` parts."""
    how = {"chained": partial(_chained, size), "split": partial(_split, size), "whole": partial(_whole)}[way]
    return {"Softmax": partial(_softmax, how, reciprocal), "LogSoftmax": partial(_log_softmax, how)}
