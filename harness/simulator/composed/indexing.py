"""Operations that find or replace elements by their index; only scattered sums are computed, one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.simulator.composed.arguments import Attributes, refuse, within, word
from harness.simulator.composed.units import Composed, Units
from harness.simulator.conversion import Array
from harness.simulator.signatures import ALL, Shape, Signature

ShapeOf = Callable[[Sequence[Shape], Attributes], Shape]
Compute = Callable[[Units, Sequence[Array], Attributes], Array]


def _taken(shapes: Sequence[Shape], attributes: Attributes) -> Shape:
    x, indices = shapes
    if len(indices) != 1 or (attributes.get("axis") is None and len(x) != 1):
        refuse(f"take of shapes {x} and {indices}, axis {attributes.get('axis')!r:.40}")
    return _gathered(shapes, {"axis": attributes.get("axis") or 0})


def _gathered(shapes: Sequence[Shape], attributes: Attributes) -> Shape:
    x, indices = shapes
    axis = within(attributes.get("axis", 0), len(x))
    return (*x[:axis], *indices, *x[axis + 1 :])


def _gather(units: Units, operands: Sequence[Array], attributes: Attributes) -> Array:
    x, indices = operands
    axis = within(attributes.get("axis") or 0, x.ndim)
    return np.take(x, _in_range(indices, x.shape[axis]), axis=axis)


def _in_range(indices: Array, length: int) -> Array:
    """Indices counted from the front; refused where one lies outside."""
    if ((indices < -length) | (indices >= length)).any():
        refuse(f"an index outside an axis of length {length}")
    return indices % max(length, 1)


def _found_along(shapes: Sequence[Shape], attributes: Attributes) -> Shape:
    x, indices = shapes
    axis = within(attributes.get("axis", -1), len(x))
    if len(indices) != len(x) or any(n != m for i, (n, m) in enumerate(zip(x, indices, strict=True)) if i != axis):
        refuse(f"indices of shape {indices} along axis {axis} of shape {x}")
    return indices


def _find_along(units: Units, operands: Sequence[Array], attributes: Attributes) -> Array:
    x, indices = operands
    axis = within(attributes.get("axis", -1), x.ndim)
    return np.take_along_axis(x, _in_range(indices, x.shape[axis]), axis)


def _scattered(shapes: Sequence[Shape], attributes: Attributes) -> Shape:
    data, indices, updates = shapes
    word(attributes, "reduction", ("none", "add"))
    depth = indices[-1] if indices else 0
    if not data or not 1 <= depth <= len(data) or updates != (*indices[:-1], *data[depth:]):
        refuse(f"updates of shape {updates} at indices of shape {indices} in shape {data}")
    return data


def _scatter(units: Units, operands: Sequence[Array], attributes: Attributes) -> Array:
    data, indices, updates = operands
    found = data.copy()
    adds = word(attributes, "reduction", ("none", "add")) == "add"
    places = np.stack([_in_range(indices[..., k], n) for k, n in enumerate(data.shape[: indices.shape[-1]])], axis=-1)
    for number in np.ndindex(*indices.shape[:-1]):
        slot = tuple(places[number])
        update = updates[number]
        found[slot] = units.step("add", np.asarray(found[slot]), np.asarray(update)) if adds else update
    return found


#: Operands, attributes, shape and computation, by name.
_INDEXED: Mapping[str, tuple[int, str, ShapeOf, Compute]] = {
    "take": (2, "axis", _taken, _gather),
    "take_along_axis": (2, "axis", _found_along, _find_along),
    "Gather": (2, "axis", _gathered, _gather),
    "ScatterND": (3, "reduction", _scattered, _scatter),
}


def _composed(arity: int, names: str, shape: ShapeOf, compute_one: Compute) -> Composed:
    def types(operands: Sequence[str], results: Sequence[str]) -> bool:
        values = [*operands[:1], *operands[2:], *results]
        return results[0] in ALL and operands[1] == "int64" and len(set(values)) == 1

    def shapes(found: Sequence[Shape], attributes: Attributes, outs: Sequence[Shape]) -> Sequence[Shape]:
        return (shape([tuple(one) for one in found], attributes),)

    def compute(units: Units, operands: Sequence[Array], attributes: Attributes, results: Any) -> Sequence[Array]:
        return (compute_one(units, operands, attributes),)

    return Composed(Signature(arity, arity, types, shapes, frozenset(names.split())), compute)


OPERATIONS: Mapping[str, Composed] = {name: _composed(*row) for name, row in _INDEXED.items()}
