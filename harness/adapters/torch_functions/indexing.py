"""Elements found and put by index, by torch's own functions.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.compositions import indexing
from harness.adapters.spelling import Example, Spelling


def _gather(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    data, indices = inputs
    axis = given.get("axis", 0) % data.ndim
    return (data[(slice(None),) * axis + (indices,)],)


def _scatter(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    data, indices, updates = inputs
    adds = given.get("reduction", "none") == "add"
    return (data.index_put(tuple(indices.unbind(-1)), updates, accumulate=adds),)


OPERATIONS: Mapping[str, Spelling] = {
    **indexing.SHARED,
    "Gather": Spelling(_gather, Example(((2,), (1,)), ((1,),))),
    "ScatterND": Spelling(_scatter, Example(((2,), (1, 1), (1,)), ((2,),))),
}
