"""Elements found, or put, by their index: the definitions, place by place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.reference.movement import at, from_front

Array = NDArray[Any]


def indexed(name: str, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
    """The result of ``take``, ``take_along_axis`` or ``Gather``."""
    x, indices = operands
    axis = from_front(attributes.get("axis", _AXES[name]), x.ndim)
    positions = np.where(indices < 0, indices + x.shape[axis], indices)
    if bool(((positions < 0) | (positions >= x.shape[axis])).any()):
        raise IndexError("an index lies outside its axis")
    if name == "take_along_axis":
        places: list[Array] = [*np.indices(indices.shape)]
        places[axis] = positions
        return at(x, places, indices.shape)
    shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
    places = [*np.indices(shape)]
    before, own, behind = places[:axis], places[axis : axis + indices.ndim], places[axis + indices.ndim :]
    return at(x, [*before, positions[tuple(own)], *behind], shape)


def replaced(data: Array, indices: Array, updates: Array) -> Array:
    """``data`` with the slices at ``indices`` replaced; no two of them may be the same."""
    found = data.copy()
    for place in np.ndindex(*indices.shape[:-1]):
        found[tuple(int(index) for index in indices[place])] = updates[place]
    return found


def added(data: Array, indices: Array, updates: Array) -> tuple[Array, Array, Array]:
    """Sums of ``data`` and the updates of each element, of their absolute values, and how many terms are not zero.

    All in float64, integers in int64.
    """
    wide = np.int64 if data.dtype.kind == "i" else np.float64
    total = data.astype(wide)
    magnitude = np.abs(total)
    terms = (total != 0).astype(np.int64)
    for place in np.ndindex(*indices.shape[:-1]):
        slot, values = tuple(int(index) for index in indices[place]), np.asarray(updates[place]).astype(wide)
        total[slot] += values
        magnitude[slot] += np.abs(values)
        terms[slot] += values != 0
    return total, magnitude, terms


#: The axis where none is given.
_AXES = {"take": 0, "take_along_axis": -1, "Gather": 0}
