"""Running sums: one addition after another by the vector unit, kept in the format of long sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.simulator.composed.arguments import Attributes, flag, refuse, switch, within
from harness.simulator.composed.units import Composed, Units
from harness.simulator.conversion import Array, is_float
from harness.simulator.signatures import FLOATS, INTEGERS, Shape, Signature


def _scan(units: Units, rows: Array, result: str) -> list[Array]:
    """Nothing, and the sum of the first element, of the first two ... along the first axis."""
    working = units.working(rows.dtype.name) if is_float(rows.dtype) else result
    rows = units.step("cast", rows, result=working)
    sums = [np.zeros(rows.shape[1:], rows.dtype)]
    for number, row in enumerate(rows):
        sums.append(units.step("add", sums[-1], row) if number else row)
    return sums


def _together(units: Units, sums: Sequence[Array], axis: int, result: str) -> Array:
    found = np.stack(sums) if sums else np.zeros(0)
    return np.moveaxis(units.step("cast", found, result=result), 0, axis)


def _cumulative_shape(shapes: Sequence[Shape], attributes: Attributes, outs: Sequence[Shape]) -> Sequence[Shape]:
    shape = tuple(shapes[0])
    axis = _axis(attributes, len(shape))
    more = flag(attributes, "include_initial", default=False)
    return (tuple(n + more if i == axis else n for i, n in enumerate(shape)),)


def _axis(attributes: Attributes, rank: int) -> int:
    """The axis, which may be left out of a vector's."""
    axis = attributes.get("axis")
    if axis is None and rank != 1:
        refuse(f"no axis for a tensor of rank {rank}")
    return within(axis or 0, rank)


def _cumulative(
    units: Units, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    x = operands[0]
    axis = _axis(attributes, x.ndim)
    sums = _scan(units, np.moveaxis(x, axis, 0), results[0])
    if not flag(attributes, "include_initial", default=False):
        sums = sums[1:]
    return (_shaped(units, sums, x, axis, results[0]),)


def _shaped(units: Units, sums: Sequence[Array], x: Array, axis: int, result: str) -> Array:
    return _together(units, sums, axis, result) if sums else np.zeros(x.shape, x.dtype)


def _running_shape(shapes: Sequence[Shape], attributes: Attributes, outs: Sequence[Shape]) -> Sequence[Shape]:
    switch(attributes, "exclusive", 0)
    switch(attributes, "reverse", 0)
    if len(shapes[1]) != 0 or len(shapes[0]) < 1:
        refuse(f"CumSum of shape {shapes[0]} along an axis of shape {shapes[1]}")
    return (tuple(shapes[0]),)


def _running(
    units: Units, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    x = operands[0]
    axis = within(int(operands[1]), x.ndim)
    reverse = switch(attributes, "reverse", 0)
    rows = np.moveaxis(x, axis, 0)
    sums = _scan(units, rows[::-1] if reverse else rows, results[0])
    sums = sums[:-1] if switch(attributes, "exclusive", 0) else sums[1:]
    return (_shaped(units, sums[::-1] if reverse else sums, x, axis, results[0]),)


def _widening(operands: Sequence[str], results: Sequence[str]) -> bool:
    first = operands[0]
    return results[0] == first if first in FLOATS else first in INTEGERS and results[0] in INTEGERS


def _same(operands: Sequence[str], results: Sequence[str]) -> bool:
    return operands[0] in FLOATS | INTEGERS and results[0] == operands[0] and operands[1] == "int64"


OPERATIONS: Mapping[str, Composed] = {
    "cumulative_sum": Composed(
        Signature(1, 1, _widening, _cumulative_shape, frozenset({"axis", "include_initial"})), _cumulative
    ),
    "CumSum": Composed(Signature(2, 2, _same, _running_shape, frozenset({"exclusive", "reverse"})), _running),
}
