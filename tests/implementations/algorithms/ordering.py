"""Putting in order, running sums, and what else is done one after another or in a tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.simulator.conversion import is_float, widen
from tests.implementations.algorithms.machine import Algorithm, Array, Attributes, Machine, axis_of


def _before(x: Any, y: Any, *, descending: bool) -> bool:
    """Whether x stands before y; NaN is above all numbers."""
    if descending:
        x, y = y, x
    return bool(x < y or (y != y and x == x))  # noqa: PLR0124 - NaN is what does not equal itself


def merging(keys: Array, *, descending: bool) -> list[int]:
    """The stable order of a row by merging runs from below."""
    runs = [[place] for place in range(len(keys))]
    while len(runs) > 1:
        joined = []
        for left, right in zip(runs[::2], runs[1::2], strict=False):
            merged, i, j = [], 0, 0
            while i < len(left) and j < len(right):
                if _before(keys[right[j]], keys[left[i]], descending=descending):
                    merged.append(right[j])
                    j += 1
                else:
                    merged.append(left[i])
                    i += 1
            joined.append(merged + left[i:] + right[j:])
        runs = joined + ([runs[-1]] if len(runs) % 2 else [])
    return runs[0] if runs else []


def inserting(keys: Array, *, descending: bool) -> list[int]:
    """The stable order of a row by inserting each behind those that do not stand behind it."""
    found: list[int] = []
    for place in range(len(keys)):
        low, high = 0, len(found)
        while low < high:
            middle = (low + high) // 2
            if _before(keys[place], keys[found[middle]], descending=descending):
                high = middle
            else:
                low = middle + 1
        found.insert(low, place)
    return found


def network(keys: Array, *, descending: bool) -> list[int]:
    """The order of a row by a bitonic network over (key, place), filled up at its end (Batcher, 1968)."""
    size = 1 << max(len(keys) - 1, 0).bit_length()
    places = list(range(size))

    def behind(i: int, j: int) -> bool:
        if i >= len(keys) or j >= len(keys):
            return i > j
        if _before(keys[j], keys[i], descending=descending):
            return True
        return not _before(keys[i], keys[j], descending=descending) and i > j

    span = 2
    while span <= size:
        step = span // 2
        while step:
            for i in range(size):
                j = i ^ step
                if j > i and behind(places[i], places[j]) == (i & span == 0):
                    places[i], places[j] = places[j], places[i]
            step //= 2
        span *= 2
    return [place for place in places if place < len(keys)]


def counting(keys: Array, *, descending: bool) -> list[int]:
    """The order of a row by how many stand before each."""
    x, y = keys[:, None], keys[None, :]
    if descending:
        x, y = y, x
    before = (x < y) | ((y != y) & (x == x))  # noqa: PLR0124 - NaN is what does not equal itself
    alike = ~before & ~before.T
    ranks = before.sum(axis=0) + np.tril(alike, -1).sum(axis=1)
    return [int(place) for place in np.argsort(ranks)]


WAYS: Mapping[str, Callable[..., list[int]]] = {
    "merging": merging,
    "inserting": inserting,
    "a network": network,
    "counting": counting,
}


def _order(way: str, x: Array, axis: int, *, descending: bool) -> Array:
    rows = np.moveaxis(widen(x), axis, -1)
    found = np.empty(rows.shape, np.int64)
    for index in np.ndindex(*rows.shape[:-1]):
        found[index] = WAYS[way](rows[index], descending=descending)
    return np.moveaxis(found, -1, axis)


def _sort(
    way: str, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    axis = axis_of(attributes, operands[0].ndim)
    order = _order(way, operands[0], axis, descending=bool(attributes.get("descending", False)))
    return (np.take_along_axis(operands[0], order, axis),)


def _argsort(
    way: str, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    axis = axis_of(attributes, operands[0].ndim)
    return (_order(way, operands[0], axis, descending=bool(attributes.get("descending", False))),)


def _top(
    way: str, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    x, axis = operands[0], axis_of(attributes, operands[0].ndim)
    order = _order(way, x, axis, descending=bool(attributes.get("largest", 1)))
    chosen = np.take(order, np.arange(int(operands[1][0])), axis=axis)
    return np.take_along_axis(x, chosen, axis), chosen


def orders(way: str) -> Mapping[str, Algorithm]:
    """Sorting in one of the ways of ``WAYS``."""
    return {"sort": partial(_sort, way), "argsort": partial(_argsort, way), "TopK": partial(_top, way)}


def _doubling(machine: Machine, rows: Array) -> Array:
    """Each place takes in those twice as far before it (Hillis and Steele, 1986)."""
    step = 1
    while step < len(rows):
        rows = np.concatenate([rows[:step], machine.step("add", rows[:-step], rows[step:])])
        step *= 2
    return rows


def _work_efficient(machine: Machine, rows: Array) -> Array:
    """Sums of pairs, their running sums, and the odd places from those (Blelloch, 1990)."""
    if len(rows) == 1:
        return rows
    pairs = len(rows) // 2
    sums = _work_efficient(machine, machine.step("add", rows[: 2 * pairs : 2], rows[1 : 2 * pairs : 2]))
    found = np.array(rows)
    found[1 : 2 * pairs : 2] = sums
    count = len(found[2::2])
    found[2::2] = machine.step("add", sums[:count], rows[2::2])
    return found


def _blocked(length: int, machine: Machine, rows: Array) -> Array:
    """Running sums of blocks, to which the sum of the blocks before is added."""
    found, carry = [], None
    for start in range(0, len(rows), length):
        block = [rows[start]]
        for row in rows[start + 1 : start + length]:
            block.append(machine.step("add", block[-1], row))
        held = np.stack(block)
        if carry is not None:
            held = machine.step("add", held, np.broadcast_to(carry, held.shape))
        carry = held[-1]
        found.append(held)
    return np.concatenate(found)


SCANS: Mapping[str, Callable[[Machine, Array], Array]] = {
    "doubling": _doubling,
    "work-efficient": _work_efficient,
    "in blocks of 4": partial(_blocked, 4),
    "in blocks of 32": partial(_blocked, 32),
}


def _running(way: str, machine: Machine, rows: Array, result: str, *, more: bool, last: bool) -> Array:
    """Running sums along the first axis: ``more`` with the sum of nothing before them, but ``last`` for the last."""
    kept = machine.working(rows.dtype.name) if is_float(rows.dtype) else result
    rows = machine.step("cast", rows, result=kept)
    sums = SCANS[way](machine, rows) if len(rows) else rows
    if more:
        sums = np.concatenate([np.zeros((1, *sums.shape[1:]), sums.dtype), sums])
    return machine.step("cast", sums if last else sums[:-1], result=result)


def _cumulative(
    way: str, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    axis = attributes.get("axis") or 0
    more = bool(attributes.get("include_initial", False))
    found = _running(way, machine, np.moveaxis(operands[0], axis, 0), results[0], more=more, last=True)
    return (np.moveaxis(found, 0, axis),)


def _cum_sum(
    way: str, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    axis, back = int(operands[1]), slice(None, None, -1 if attributes.get("reverse", 0) else 1)
    exclusive = bool(attributes.get("exclusive", 0))
    rows = np.moveaxis(operands[0], axis, 0)[back]
    found = _running(way, machine, rows, results[0], more=exclusive, last=not exclusive)
    return (np.moveaxis(found[back], 0, axis),)


def scans(way: str) -> Mapping[str, Algorithm]:
    """Running sums in one of the ways of ``SCANS``."""
    return {"cumulative_sum": partial(_cumulative, way), "CumSum": partial(_cum_sum, way)}
