"""Activations, as their defining formulas have them step by step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.simulator.composed.units import Composed, Units
from harness.simulator.conversion import Array, convert
from harness.simulator.signatures import FLOATS, NUMBERS, Shape, Signature


def _same_shape(shapes: Sequence[Shape], attributes: Mapping[str, Any], outs: Sequence[Shape]) -> Sequence[Shape]:
    if attributes.get("approximate", "none") not in ("none", "tanh"):
        raise DeviceError(INVALID_VALUE, f"approximate is {attributes['approximate']!r}, not none or tanh")
    return [shapes[0]]


def _signature(accepted: frozenset[str], attributes: frozenset[str] = frozenset()) -> Signature:
    return Signature(
        1, 1, lambda operands, results: operands[0] == results[0] and results[0] in accepted, _same_shape, attributes
    )


def _like(x: Array, value: float) -> Array:
    """One number in the dtype of an array, to compute with it."""
    return convert(np.full((1,) * x.ndim, value), x.dtype.name)


def _erf(units: Units, x: Array, attributes: Mapping[str, Any]) -> Array:
    return units.step("erf", x)


def _sigmoid(units: Units, x: Array, attributes: Mapping[str, Any]) -> Array:
    one = np.broadcast_to(_like(x, 1.0), x.shape)
    return units.step("divide", one, units.step("add", one, units.step("exp", units.step("negative", x))))


def _gelu(units: Units, x: Array, attributes: Mapping[str, Any]) -> Array:
    if attributes.get("approximate", "none") == "tanh":
        cube = units.step("multiply", units.step("multiply", x, x), x)
        inner = units.step("add", x, units.step("multiply", cube, _like(x, 0.044715)))
        bent = units.step("tanh", units.step("multiply", inner, _like(x, math.sqrt(2.0 / math.pi))))
    else:
        bent = units.step("erf", units.step("multiply", x, _like(x, math.sqrt(0.5))))
    half = units.step("multiply", x, _like(x, 0.5))
    return units.step("multiply", half, units.step("add", bent, _like(x, 1.0)))


def _composed(
    formula: Callable[[Units, Array, Mapping[str, Any]], Array], attributes: frozenset[str] = frozenset()
) -> Composed:
    """An activation carried out in the dtype of long sums, and rounded once at the end."""

    def compute(
        units: Units, inputs: Sequence[Array], given: Mapping[str, Any], results: Sequence[str]
    ) -> Sequence[Array]:
        wide = units.step("cast", inputs[0], result=units.working(inputs[0].dtype.name))
        return (units.step("cast", formula(units, wide, given), result=results[0]),)

    return Composed(_signature(FLOATS, attributes), compute)


def _relu(units: Units, inputs: Sequence[Array], given: Mapping[str, Any], results: Sequence[str]) -> Sequence[Array]:
    return (units.step("maximum", inputs[0], np.zeros((1,) * inputs[0].ndim, inputs[0].dtype)),)


OPERATIONS: Mapping[str, Composed] = {
    "Erf": _composed(_erf),
    "Sigmoid": _composed(_sigmoid),
    "Gelu": _composed(_gelu, frozenset({"approximate"})),
    "Relu": Composed(_signature(NUMBERS), _relu),
}
