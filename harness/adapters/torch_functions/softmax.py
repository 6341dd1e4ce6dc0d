"""Softmax and its logarithm by torch's own functions.

This file travels to the far side of a place: torch only, Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from harness.adapters.spelling import Example, Spelling


def _along(name: str) -> Spelling:
    def compute(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        return (getattr(torch, name)(inputs[0], dim=attributes.get("axis", -1)),)

    return Spelling(compute, Example(((1,),), ((1,),)))


OPERATIONS: Mapping[str, Spelling] = {"Softmax": _along("softmax"), "LogSoftmax": _along("log_softmax")}
