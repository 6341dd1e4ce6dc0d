"""Means and variances in one pass and in parts, and what is normalised by them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from tests.implementations.algorithms.machine import Algorithm, Array, Attributes, Machine, filled, narrow, wide
from tests.implementations.algorithms.sums import placed, terms_of

#: Mean, and sum of squared differences from it, along the first axis.
Moments = tuple[Array, Array]
How = Callable[[Machine, Array], Moments]


def two_passes(machine: Machine, rows: Array) -> Moments:
    """The mean, then the squares of the differences from it."""
    mean = machine.step("mean", rows, axis=0)
    return mean, machine.step("sum", machine.step("square", _less(machine, rows, mean)), axis=0)


def corrected(machine: Machine, rows: Array) -> Moments:
    """Two passes, less what the sum of the differences says of the mean's own error."""
    mean = machine.step("mean", rows, axis=0)
    differences = _less(machine, rows, mean)
    squares = machine.step("sum", machine.step("square", differences), axis=0)
    left = machine.step("square", machine.step("sum", differences, axis=0))
    return mean, machine.step("subtract", squares, machine.step("divide", left, filled(len(rows), left)))


def updated(machine: Machine, rows: Array) -> Moments:
    """One element after another (Welford, 1962)."""
    mean, squares = rows[0], filled(0, rows[0])
    for count, row in enumerate(rows[1:], start=2):
        before = machine.step("subtract", row, mean)
        mean = machine.step("add", mean, machine.step("divide", before, filled(count, before)))
        squares = machine.step("add", squares, machine.step("multiply", before, machine.step("subtract", row, mean)))
    return mean, np.where(np.isfinite(rows[0]), squares, filled(math.nan, squares))


def merged(length: int, first: How, machine: Machine, rows: Array) -> Moments:
    """Parts of a length, put together two by two (Chan, Golub and LeVeque, 1983)."""
    parts = [rows[start : start + length] for start in range(0, len(rows), length)]
    found = [(len(part), *first(machine, part)) for part in parts]
    while len(found) > 1:
        joined = [_joined(machine, *pair) for pair in zip(found[::2], found[1::2], strict=False)]
        found = joined + found[2 * len(joined) :]
    return found[0][1:]


def _joined(
    machine: Machine, one: tuple[int, Array, Array], other: tuple[int, Array, Array]
) -> tuple[int, Array, Array]:
    step, count = machine.step, one[0] + other[0]
    apart = step("subtract", other[1], one[1])
    mean = step("add", one[1], step("multiply", apart, filled(other[0] / count, apart)))
    between = step("multiply", step("square", apart), filled(one[0] * other[0] / count, apart))
    return count, mean, step("add", step("add", one[2], other[2]), between)


def _less(machine: Machine, rows: Array, mean: Array) -> Array:
    return machine.step("subtract", rows, np.broadcast_to(mean, rows.shape))


def _variance(
    how: How, root: bool, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    values = operands[0]
    rows = wide(machine, terms_of(values, attributes))
    left = len(rows) - attributes.get("correction", 0)
    squares = how(machine, rows)[1] if rows.size else np.zeros(rows.shape[1:], rows.dtype)
    found = machine.step("divide", squares, filled(left if left > 0 else math.nan, squares))
    found = machine.step("cast", machine.step("sqrt", found) if root else found, result=results[0])
    return (placed(np.asarray(found), values, attributes),)


def _rows(values: Array, attributes: Attributes) -> Array:
    axis = attributes.get("axis", -1) % values.ndim
    return values.reshape(math.prod(values.shape[:axis]), math.prod(values.shape[axis:])).T


def _layer(
    how: How, form: str, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    values, *rest = [wide(machine, operand) for operand in operands]
    if not values.size:
        return narrow(machine, values, results)
    step, rows = machine.step, _rows(values, attributes)
    mean, squares = how(machine, rows)
    over = _over_root(machine, step("divide", squares, filled(len(rows), squares)), attributes)
    back = partial(_back, values)
    scale = np.broadcast_to(rest[0], values.shape)
    bias = np.broadcast_to(rest[1], values.shape) if len(rest) > 1 else None
    spread = back(np.broadcast_to(over, rows.shape))
    if form == "affine" and bias is not None:
        factor = step("multiply", scale, spread)
        shift = step("subtract", bias, step("multiply", back(np.broadcast_to(mean, rows.shape)), factor))
        return narrow(machine, step("add", step("multiply", values, factor), shift), results)
    differences = back(_less(machine, rows, mean))
    if form == "scaled":
        found = step("multiply", differences, step("multiply", spread, scale))
    else:
        found = step("multiply", step("multiply", differences, spread), scale)
    return narrow(machine, found if bias is None else step("add", found, bias), results)


def _rms(
    form: str, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    values, scale = [wide(machine, operand) for operand in operands]
    if not values.size:
        return narrow(machine, values, results)
    step, rows = machine.step, _rows(values, attributes)
    over = _over_root(machine, step("mean", step("square", rows), axis=0), attributes)
    spread, scale = _back(values, np.broadcast_to(over, rows.shape)), np.broadcast_to(scale, values.shape)
    if form == "scaled":
        return narrow(machine, step("multiply", values, step("multiply", spread, scale)), results)
    return narrow(machine, step("multiply", step("multiply", values, spread), scale), results)


def _back(values: Array, rows: Array) -> Array:
    return np.ascontiguousarray(rows.T).reshape(values.shape)


def _over_root(machine: Machine, mean: Array, attributes: Attributes) -> Array:
    epsilon = filled(float(attributes.get("epsilon", 1e-5)), mean)
    return machine.step("reciprocal", machine.step("sqrt", machine.step("add", mean, epsilon)))


HOWS: Mapping[str, How] = {
    "two passes": two_passes,
    "corrected two passes": corrected,
    "updated one by one": updated,
    "merged from parts of 1": partial(merged, 1, two_passes),
    "merged from parts of 8": partial(merged, 8, two_passes),
    "merged from updated parts of 32": partial(merged, 32, updated),
}


def moments(how: str, form: str) -> Mapping[str, Algorithm]:
    """Variances and normalisations from moments found in one of the ways of ``HOWS``."""
    return {
        "var": partial(_variance, HOWS[how], False),
        "std": partial(_variance, HOWS[how], True),
        "LayerNormalization": partial(_layer, HOWS[how], form),
        "RMSNormalization": partial(_rms, form),
    }
