"""Variance and its root, in two passes: the mean, then the squares of the differences from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.simulator.composed.units import Composed, Units
from harness.simulator.conversion import Array
from harness.simulator.signatures import FLOATS, Shape, Signature, axis_of


def _types(operands: Sequence[str], results: Sequence[str]) -> bool:
    return operands[0] in FLOATS and operands[0] == results[0]


def _shapes(shapes: Sequence[Shape], attributes: Mapping[str, Any], outs: Sequence[Shape]) -> Sequence[Shape]:
    correction = attributes.get("correction", 0)
    if isinstance(correction, bool) or not isinstance(correction, int | float) or not math.isfinite(correction):
        raise DeviceError(INVALID_VALUE, f"correction is {str(correction)[:40]}, not a finite number")
    axis, shape = axis_of(attributes, len(shapes[0])), shapes[0]
    reduced = range(len(shape)) if axis is None else (axis,)
    if attributes.get("keepdims", False):
        return (tuple(1 if place in reduced else length for place, length in enumerate(shape)),)
    return (tuple(length for place, length in enumerate(shape) if place not in reduced),)


def _variance(units: Units, values: Array, attributes: Mapping[str, Any], *, root: bool, result: str) -> Array:
    along: dict[str, Any] = {"axis": attributes.get("axis"), "keepdims": True}
    wide = units.step("cast", values, result=units.working(values.dtype.name))
    centred = units.step("subtract", wide, units.step("mean", wide, **along))
    total = units.step("sum", units.step("square", centred), **along)
    axis = attributes.get("axis")
    left = (values.size if axis is None else values.shape[axis]) - attributes.get("correction", 0)
    divisor = units.step("cast", np.array(float(left) if left > 0 else math.nan), result=wide.dtype.name)
    found = units.step("divide", total, divisor)
    found = units.step("cast", units.step("sqrt", found) if root else found, result=result)
    if attributes.get("keepdims", False):
        return found
    return found.reshape(()) if axis is None else np.squeeze(found, axis=axis)


def _var(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    return (_variance(units, operands[0], attributes, root=False, result=results[0]),)


def _std(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    return (_variance(units, operands[0], attributes, root=True, result=results[0]),)


_SIGNATURE = Signature(1, 1, _types, _shapes, frozenset({"axis", "correction", "keepdims"}))

OPERATIONS: Mapping[str, Composed] = {"var": Composed(_SIGNATURE, _var), "std": Composed(_SIGNATURE, _std)}
