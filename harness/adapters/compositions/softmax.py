"""Softmax and its logarithm in the names of the array API; 16-bit operands in float32, rounded once at the end.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.adapters.spelling import Example, Spelling


def working(xp: Any, array: Any) -> Any:
    """The operand in float32, or in float64 where it is of that."""
    return array if array.dtype in (xp.float32, xp.float64) else xp.astype(array, xp.float32)


def _along(function: Callable[[Any, Any, int], Any]) -> Spelling:
    def compute(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        axis, wide = attributes.get("axis", -1), working(xp, inputs[0])
        if 0 in wide.shape:
            return (xp.astype(wide, results[0]),)
        return (xp.astype(function(xp, wide - xp.max(wide, axis=axis, keepdims=True), axis), results[0]),)

    return Spelling(compute, Example(((1,),), ((1,),)))


def _softmax(xp: Any, shifted: Any, axis: int) -> Any:
    powers = xp.exp(shifted)
    return powers / xp.sum(powers, axis=axis, keepdims=True)


def _log_softmax(xp: Any, shifted: Any, axis: int) -> Any:
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


OPERATIONS: Mapping[str, Spelling] = {"Softmax": _along(_softmax), "LogSoftmax": _along(_log_softmax)}
