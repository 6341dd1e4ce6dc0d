"""Normalisations by torch's own functions.

This file travels to the far side of a place: torch only, Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from harness.adapters.spelling import Example, Spelling


def _layer(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    bias, shape = inputs[2] if len(inputs) > 2 else None, _row(inputs[0], attributes)
    return (torch.nn.functional.layer_norm(inputs[0], shape, inputs[1], bias, _epsilon(attributes)),)


def _rms(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    shape = _row(inputs[0], attributes)
    return (torch.nn.functional.rms_norm(inputs[0], shape, inputs[1], _epsilon(attributes)),)


def _row(values: Any, attributes: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of what is normalised together."""
    return tuple(values.shape[attributes.get("axis", -1) :])


def _epsilon(attributes: Mapping[str, Any]) -> float:
    return float(attributes.get("epsilon", 1e-5))


OPERATIONS: Mapping[str, Spelling] = {
    "LayerNormalization": Spelling(_layer, Example(((2,), (2,), (2,)), ((2,),)), least=2),
    "RMSNormalization": Spelling(_rms, Example(((2,), (2,)), ((2,),))),
}
