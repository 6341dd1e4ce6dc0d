"""Variance and its root by the library's own functions; 16-bit operands in float32, rounded once at the end.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.compositions.softmax import working
from harness.adapters.spelling import Example, Spelling


def _spread(name: str) -> Spelling:
    def compute(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        options = {
            "axis": attributes.get("axis"),
            "correction": attributes.get("correction", 0.0),
            "keepdims": bool(attributes.get("keepdims", False)),
        }
        return (xp.astype(getattr(xp, name)(working(xp, inputs[0]), **options), results[0]),)

    return Spelling(compute, Example(((2,),), ((),)))


OPERATIONS: Mapping[str, Spelling] = {name: _spread(name) for name in ("var", "std")}
