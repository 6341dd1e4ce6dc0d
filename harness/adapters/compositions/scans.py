"""Running sums, spelled in the names of the array API; formats of 16 bits are added in float32 and rounded once.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.compositions.creation import is_short
from harness.adapters.spelling import Example, Spelling


def _sums(xp: Any, x: Any, axis: Any, result: Any, *, initial: bool) -> Any:
    wide = xp.float32 if is_short(result) else result
    return xp.astype(xp.cumulative_sum(xp.astype(x, wide), axis=axis, dtype=wide, include_initial=initial), result)


def _cumulative(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    initial = bool(given.get("include_initial", False))
    return (_sums(xp, inputs[0], given.get("axis"), results[0], initial=initial),)


def _running(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    x, axis = inputs[0], int(inputs[1])
    x = xp.flip(x, axis=axis) if given.get("reverse", 0) else x
    found = _sums(xp, x, axis, results[0], initial=bool(given.get("exclusive", 0)))
    if given.get("exclusive", 0):
        # The sums of nothing, of one, of two ... without that of all.
        places = [slice(None)] * x.ndim
        places[axis] = slice(0, x.shape[axis])
        found = found[tuple(places)]
    return (xp.flip(found, axis=axis) if given.get("reverse", 0) else found,)


OPERATIONS: Mapping[str, Spelling] = {
    "cumulative_sum": Spelling(_cumulative, Example(((1,),), ((1,),))),
    "CumSum": Spelling(_running, Example(((1, 1), ()), ((1, 1),))),
}
