"""Elements put in order, by torch's own functions.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.compositions import sorting
from harness.adapters.spelling import Example, Spelling


def _top(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    options = {"largest": given.get("largest", 1) == 1, "sorted": given.get("sorted", 1) == 1}
    values, indices = xp.topk(inputs[0], int(inputs[1][0]), dim=given.get("axis", -1), **options)
    return values, indices


OPERATIONS: Mapping[str, Spelling] = {
    **sorting.SHARED,
    "TopK": Spelling(_top, Example(((1,), (1,)), ((1,), (1,)))),
}
