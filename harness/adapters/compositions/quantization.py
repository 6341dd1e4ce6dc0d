"""Conversion to and from whole numbers of eight bits, composed of an array library's own functions.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.spelling import Example, Spelling


def _along(xp: Any, parameter: Any, x: Any, attributes: Mapping[str, Any]) -> Any:
    """A scale or zero point in a shape that broadcasts to that of ``x``."""
    if parameter.ndim == 0 or parameter.shape[0] == 1:
        return parameter
    shape = [1] * x.ndim
    shape[attributes.get("axis", 1)] = parameter.shape[0]
    return xp.reshape(parameter, tuple(shape))


def _quantize(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    x = inputs[0]
    quotient = xp.round(x / _along(xp, inputs[1], x, attributes))
    quotient = xp.astype(quotient, xp.float32)
    if len(inputs) > 2:
        quotient = quotient + xp.astype(_along(xp, inputs[2], x, attributes), xp.float32)
    limits = xp.iinfo(results[0])
    return (xp.astype(xp.clip(quotient, limits.min, limits.max), results[0]),)


def _dequantize(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    x = xp.astype(inputs[0], xp.int32)
    if len(inputs) > 2:
        x = x - xp.astype(_along(xp, inputs[2], x, attributes), xp.int32)
    return (xp.astype(x, results[0]) * _along(xp, inputs[1], x, attributes),)


_VECTORS = ((1,), (), ())

#: Each of them, by its name.
OPERATIONS: Mapping[str, Spelling] = {
    "QuantizeLinear": Spelling(_quantize, Example(_VECTORS, ((1,),)), least=2),
    "DequantizeLinear": Spelling(_dequantize, Example(_VECTORS, ((1,),)), least=2),
}
