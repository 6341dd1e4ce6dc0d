"""Elements put in order, spelled in the names of the array API.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.spelling import Example, Spelling


def _sorted(name: str) -> Spelling:
    def compute(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        options = {key: given[key] for key in ("axis", "descending", "stable") if key in given}
        return (getattr(xp, name)(inputs[0], **options),)

    return Spelling(compute, Example(((1,),), ((1,),)))


def _searchsorted(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    return (xp.searchsorted(inputs[0], inputs[1], side=given.get("side", "left")),)


def _top(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    x, axis = inputs[0], given.get("axis", -1)
    order = xp.argsort(x, axis=axis, descending=given.get("largest", 1) == 1, stable=True)
    indices = xp.take(order, xp.arange(int(inputs[1][0])), axis=axis)
    return xp.take_along_axis(x, indices, axis=axis), indices


#: Those whose names both numpy and torch have.
SHARED: Mapping[str, Spelling] = {
    "sort": _sorted("sort"),
    "argsort": _sorted("argsort"),
    "searchsorted": Spelling(_searchsorted, Example(((1,), (1,)), ((1,),))),
}

OPERATIONS: Mapping[str, Spelling] = {
    **SHARED,
    "TopK": Spelling(_top, Example(((1,), (1,)), ((1,), (1,)))),
}
