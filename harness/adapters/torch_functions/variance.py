"""Variance and its root by torch's own functions.

This file travels to the far side of a place: torch only, Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from harness.adapters.spelling import Example, Spelling


def _spread(name: str) -> Spelling:
    def compute(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        axis, kept = attributes.get("axis"), bool(attributes.get("keepdims", False))
        # Without an axis torch takes all of them, but not an empty list of them.
        axes = tuple(range(inputs[0].ndim)) if axis is None else axis
        options = {"dim": axes, "correction": attributes.get("correction", 0), "keepdim": kept}
        return (getattr(torch, name)(inputs[0], **options),)

    return Spelling(compute, Example(((2,),), ((),)))


OPERATIONS: Mapping[str, Spelling] = {name: _spread(name) for name in ("var", "std")}
