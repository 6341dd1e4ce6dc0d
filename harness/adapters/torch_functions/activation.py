"""Activations by torch's own functions.

This file travels to the far side of a place: torch only, Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from harness.adapters.spelling import Example, Spelling

_ONE = Example(((1,),), ((1,),))


def _plain(function: Callable[[Any], Any]) -> Spelling:
    def compute(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        return (function(inputs[0]),)

    return Spelling(compute, _ONE)


def _gelu(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    return (torch.nn.functional.gelu(inputs[0], approximate=attributes.get("approximate", "none")),)


OPERATIONS: Mapping[str, Spelling] = {
    "Erf": _plain(torch.erf),
    "Sigmoid": _plain(torch.sigmoid),
    "Gelu": Spelling(_gelu, _ONE),
    "Relu": _plain(torch.nn.functional.relu),
}
