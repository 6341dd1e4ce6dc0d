"""Running sums, by torch's own function, in the dtype asked for.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.spelling import Example, Spelling


def _with_zeros(xp: Any, sums: Any, axis: int) -> Any:
    """The sums with that of nothing in front."""
    shape = list(sums.shape)
    shape[axis] = 1
    return xp.cat((sums.new_zeros(shape), sums), dim=axis)


def _cumulative(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    axis: Any = given.get("axis")
    axis = 0 if axis is None and inputs[0].ndim == 1 else axis
    sums = xp.cumsum(inputs[0], axis, dtype=results[0])
    return (_with_zeros(xp, sums, axis) if given.get("include_initial", False) else sums,)


def _running(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    x, axis = inputs[0], int(inputs[1])
    x = xp.flip(x, axis=axis) if given.get("reverse", 0) else x
    sums = xp.cumsum(x, axis, dtype=results[0])
    if given.get("exclusive", 0):
        sums = _with_zeros(xp, sums, axis).narrow(axis, 0, x.shape[axis])
    return (xp.flip(sums, axis=axis) if given.get("reverse", 0) else sums,)


OPERATIONS: Mapping[str, Spelling] = {
    "cumulative_sum": Spelling(_cumulative, Example(((1,),), ((1,),))),
    "CumSum": Spelling(_running, Example(((1, 1), ()), ((1, 1),))),
}
