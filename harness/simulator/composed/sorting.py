"""Operations that put elements in order: they compare and move, so that nothing is rounded or flushed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.simulator.composed.arguments import Attributes, flag, refuse, switch, within, word
from harness.simulator.composed.units import Composed, Units
from harness.simulator.conversion import Array, widen
from harness.simulator.signatures import NUMBERS, Shape, Signature

_SIDES = ("left", "right")


def _order(x: Array, axis: int, *, descending: bool) -> Array:
    """The stable order along an axis; a descending one is that of the reversed row, read from the back."""
    wide = widen(x)
    if not descending:
        return np.argsort(wide, axis=axis, kind="stable")
    backward = np.argsort(np.flip(wide, axis), axis=axis, kind="stable")
    return np.flip(x.shape[axis] - 1 - backward, axis)


def _sorted_shape(shapes: Sequence[Shape], attributes: Attributes, outs: Sequence[Shape]) -> Sequence[Shape]:
    within(attributes.get("axis", -1), len(shapes[0]))
    flag(attributes, "descending", default=False)
    flag(attributes, "stable", default=True)
    return (tuple(shapes[0]),)


def _asked_order(x: Array, attributes: Attributes) -> tuple[Array, int]:
    axis = within(attributes.get("axis", -1), x.ndim)
    return _order(x, axis, descending=flag(attributes, "descending", default=False)), axis


def _sort(units: Units, operands: Sequence[Array], attributes: Attributes, results: Any) -> Sequence[Array]:
    order, axis = _asked_order(operands[0], attributes)
    return (np.take_along_axis(operands[0], order, axis),)


def _argsort(units: Units, operands: Sequence[Array], attributes: Attributes, results: Any) -> Sequence[Array]:
    return (_asked_order(operands[0], attributes)[0],)


def _places_shape(shapes: Sequence[Shape], attributes: Attributes, outs: Sequence[Shape]) -> Sequence[Shape]:
    word(attributes, "side", _SIDES)
    if len(shapes[0]) != 1:
        refuse(f"a row to search of shape {shapes[0]}")
    return (tuple(shapes[1]),)


def _places(units: Units, operands: Sequence[Array], attributes: Attributes, results: Any) -> Sequence[Array]:
    row, sought = map(widen, operands)
    return (np.asarray(np.searchsorted(row, sought, side=word(attributes, "side", _SIDES))),)  # type: ignore[call-overload]


def _top_shape(shapes: Sequence[Shape], attributes: Attributes, outs: Sequence[Shape]) -> Sequence[Shape]:
    """K elements along the axis: how many K says is seen only when its value is."""
    x, count = shapes
    axis = within(attributes.get("axis", -1), len(x))
    switch(attributes, "largest", 1)
    switch(attributes, "sorted", 1)
    given = outs[0][axis : axis + 1]
    if tuple(count) != (1,) or len(given) != 1 or given[0] > x[axis]:
        refuse(f"the top {given} along axis {axis} of shape {x}, K of shape {count}")
    found = (*x[:axis], *given, *x[axis + 1 :])
    return found, found


def _top(units: Units, operands: Sequence[Array], attributes: Attributes, results: Any) -> Sequence[Array]:
    x, count = operands[0], int(operands[1][0])
    axis = within(attributes.get("axis", -1), x.ndim)
    if not 0 <= count <= x.shape[axis]:
        refuse(f"the top {count} of {x.shape[axis]}")
    order = _order(x, axis, descending=switch(attributes, "largest", 1))
    chosen = np.take(order, np.arange(count), axis=axis)
    return np.take_along_axis(x, chosen, axis), chosen


def _one(operands: Sequence[str], results: Sequence[str]) -> bool:
    return operands[0] in NUMBERS and results[0] == operands[0]


def _indices(operands: Sequence[str], results: Sequence[str]) -> bool:
    return operands[0] in NUMBERS and len(set(operands)) == 1 and results[0] == "int64"


def _both(operands: Sequence[str], results: Sequence[str]) -> bool:
    return operands[0] in NUMBERS and operands[1] == "int64" and list(results) == [operands[0], "int64"]


_SORT = frozenset({"axis", "descending", "stable"})
_TOP = frozenset({"axis", "largest", "sorted"})

OPERATIONS: Mapping[str, Composed] = {
    "sort": Composed(Signature(1, 1, _one, _sorted_shape, _SORT), _sort),
    "argsort": Composed(Signature(1, 1, _indices, _sorted_shape, _SORT), _argsort),
    "searchsorted": Composed(Signature(2, 2, _indices, _places_shape, frozenset({"side"})), _places),
    "TopK": Composed(Signature(2, 2, _both, _top_shape, _TOP, results=2), _top),
}
