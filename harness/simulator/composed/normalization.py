"""Layer and root mean square normalisation, as the standard's own functions compose them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.simulator.composed.softmax import axis_or_last
from harness.simulator.composed.units import Composed, Units
from harness.simulator.conversion import Array
from harness.simulator.signatures import FLOATS, Shape, Signature

_EPSILON = 1e-5


def _types(operands: Sequence[str], results: Sequence[str]) -> bool:
    return operands[0] in FLOATS and {*operands, *results} == {operands[0]}


def _shapes(shapes: Sequence[Shape], attributes: Mapping[str, Any], outs: Sequence[Shape]) -> Sequence[Shape]:
    """Scale and bias broadcast to X from the right; as many elements as a row has is the usual case."""
    axis_or_last(attributes, len(shapes[0]))
    epsilon = attributes.get("epsilon", _EPSILON)
    if isinstance(epsilon, bool) or not isinstance(epsilon, int | float):
        raise DeviceError(INVALID_VALUE, f"epsilon is {str(epsilon)[:40]}, not a number")
    for shape in shapes[1:]:
        fits = all(a in (b, 1) for a, b in zip(reversed(shape), reversed(shapes[0]), strict=False))
        if len(shape) > len(shapes[0]) or not fits:
            raise DeviceError(INVALID_VALUE, f"a scale or bias of shape {shape} does not broadcast to {shapes[0]}")
    return (shapes[0],)


def _layer_normalization(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    """Each element less the mean of its row, over the root of their mean square and epsilon; times scale, plus bias."""
    values, *rest = _wide(units, operands)
    rows = _rows(values, attributes)
    if not rows.size:
        return (units.step("cast", values, result=results[0]),)
    centred = units.step("subtract", rows, units.step("mean", rows, axis=-1, keepdims=True))
    found = units.step("multiply", _over_root(units, centred, attributes).reshape(values.shape), rest[0])
    if len(rest) > 1:
        found = units.step("add", found, rest[1])
    return (units.step("cast", found, result=results[0]),)


def _rms_normalization(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    """Each element over the root of the mean square of its row and epsilon; times scale."""
    values, scale = _wide(units, operands)
    rows = _rows(values, attributes)
    if not rows.size:
        return (units.step("cast", values, result=results[0]),)
    found = units.step("multiply", _over_root(units, rows, attributes).reshape(values.shape), scale)
    return (units.step("cast", found, result=results[0]),)


def _wide(units: Units, operands: Sequence[Array]) -> list[Array]:
    working = units.working(operands[0].dtype.name)
    return [units.step("cast", operand, result=working) for operand in operands]


def _rows(values: Array, attributes: Mapping[str, Any]) -> Array:
    axis = axis_or_last(attributes, values.ndim)
    return values.reshape(math.prod(values.shape[:axis]), math.prod(values.shape[axis:]))


def _over_root(units: Units, values: Array, attributes: Mapping[str, Any]) -> Array:
    mean = units.step("mean", units.step("square", values), axis=-1, keepdims=True)
    epsilon = units.step("cast", np.array([float(attributes.get("epsilon", _EPSILON))]), result=values.dtype.name)
    return units.step("divide", values, units.step("sqrt", units.step("add", mean, epsilon)))


_ATTRIBUTES = frozenset({"axis", "epsilon"})

OPERATIONS: Mapping[str, Composed] = {
    "LayerNormalization": Composed(Signature(2, 3, _types, _shapes, _ATTRIBUTES), _layer_normalization),
    "RMSNormalization": Composed(Signature(2, 2, _types, _shapes, _ATTRIBUTES), _rms_normalization),
}
