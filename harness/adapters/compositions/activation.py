"""Activations in the names of the Python array API, as their formulas say; the error function is Python's own.

16-bit operands are computed with in float32, and rounded once. This file travels to the far side of a place: Python
3.8 or later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.compositions.softmax import working
from harness.adapters.spelling import Example, Spelling

_ONE = Example(((1,),), ((1,),))


def _erf_of(xp: Any, values: Any) -> Any:
    """The error function of each element in float64: the standard has none."""
    flat = xp.reshape(values, (-1,))
    found = xp.asarray([math.erf(float(value)) for value in flat], dtype=xp.float64)
    return xp.astype(xp.reshape(found, values.shape), values.dtype)


def _erf(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    return (xp.astype(_erf_of(xp, working(xp, inputs[0])), results[0]),)


def _sigmoid(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    return (xp.astype(1 / (1 + xp.exp(-working(xp, inputs[0]))), results[0]),)


def _gelu(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    x = working(xp, inputs[0])
    if attributes.get("approximate", "none") == "tanh":
        bent = xp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x)))
    else:
        bent = _erf_of(xp, x * math.sqrt(0.5))
    return (xp.astype(0.5 * x * (1 + bent), results[0]),)


def _relu(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    return (xp.maximum(inputs[0], xp.zeros_like(inputs[0])),)


OPERATIONS: Mapping[str, Spelling] = {
    "Erf": Spelling(_erf, _ONE),
    "Sigmoid": Spelling(_sigmoid, _ONE),
    "Gelu": Spelling(_gelu, _ONE),
    "Relu": Spelling(_relu, _ONE),
}
