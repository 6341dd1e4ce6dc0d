"""Normalisations in the names of the array API; 16-bit operands in float32, rounded once at the end.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.compositions.softmax import working
from harness.adapters.spelling import Example, Spelling


def _layer(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    values, *rest = (working(xp, array) for array in inputs)
    axes = _axes(values, attributes)
    found = _over_root(xp, values - xp.mean(values, axis=axes, keepdims=True), axes, attributes) * rest[0]
    return (xp.astype(found + rest[1] if len(rest) > 1 else found, results[0]),)


def _rms(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    values, scale = (working(xp, array) for array in inputs)
    return (xp.astype(_over_root(xp, values, _axes(values, attributes), attributes) * scale, results[0]),)


def _axes(values: Any, attributes: Mapping[str, Any]) -> tuple[int, ...]:
    axis = attributes.get("axis", -1)
    return tuple(range(axis if axis >= 0 else axis + values.ndim, values.ndim))


def _over_root(xp: Any, values: Any, axes: tuple[int, ...], attributes: Mapping[str, Any]) -> Any:
    mean_square = xp.mean(values * values, axis=axes, keepdims=True)
    return values / xp.sqrt(mean_square + attributes.get("epsilon", 1e-5))


OPERATIONS: Mapping[str, Spelling] = {
    "LayerNormalization": Spelling(_layer, Example(((2,), (2,), (2,)), ((2,),)), least=2),
    "RMSNormalization": Spelling(_rms, Example(((2,), (2,)), ((2,),))),
}
