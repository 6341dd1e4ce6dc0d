"""Elements found and put by index, spelled in the names of the array API and of numpy.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.spelling import Example, Spelling


def _take(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    axis = given.get("axis")
    return (xp.take(inputs[0], inputs[1], axis=0 if axis is None and inputs[0].ndim == 1 else axis),)


def _take_along(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    return (xp.take_along_axis(inputs[0], inputs[1], axis=given.get("axis", -1)),)


def _gather(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    return (xp.take(inputs[0], inputs[1], axis=given.get("axis", 0)),)


def _scatter(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    data, indices, updates = inputs
    found = data.copy()
    slots = tuple(indices[..., number] for number in range(indices.shape[-1]))
    if given.get("reduction", "none") == "add":
        xp.add.at(found, slots, updates)
    else:
        found[slots] = updates
    return (found,)


_VECTOR, _INDEX = (2,), (1,)

#: Those whose names both numpy and torch have.
SHARED: Mapping[str, Spelling] = {
    "take": Spelling(_take, Example((_VECTOR, _INDEX), (_INDEX,))),
    "take_along_axis": Spelling(_take_along, Example((_VECTOR, _INDEX), (_INDEX,))),
}

OPERATIONS: Mapping[str, Spelling] = {
    **SHARED,
    "Gather": Spelling(_gather, Example((_VECTOR, _INDEX), (_INDEX,))),
    "ScatterND": Spelling(_scatter, Example((_VECTOR, (1, 1), (1,)), (_VECTOR,))),
}
