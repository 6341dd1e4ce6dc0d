"""Softmax and its logarithm, as the standard's own functions compose them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.simulator.composed.units import Composed, Units
from harness.simulator.conversion import Array
from harness.simulator.signatures import FLOATS, Shape, Signature


def axis_or_last(attributes: Mapping[str, Any], rank: int) -> int:
    """The axis given, counted from the front, or the last one; raises ``DeviceError`` (invalid value)."""
    axis = attributes.get("axis", -1)
    if not isinstance(axis, int) or isinstance(axis, bool) or not -rank <= axis < rank:
        raise DeviceError(INVALID_VALUE, f"axis {axis!r} of a tensor of rank {rank}")
    return axis % rank


def _types(operands: Sequence[str], results: Sequence[str]) -> bool:
    return operands[0] in FLOATS and operands[0] == results[0]


def _shapes(shapes: Sequence[Shape], attributes: Mapping[str, Any], outs: Sequence[Shape]) -> Sequence[Shape]:
    axis_or_last(attributes, len(shapes[0]))
    return (shapes[0],)


def _softmax(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    """exp(x - max) over its sum."""
    shifted, along = _shifted(units, operands[0], attributes)
    if not shifted.size:
        return (units.step("cast", shifted, result=results[0]),)
    powers = units.step("exp", shifted)
    return (units.step("cast", units.step("divide", powers, units.step("sum", powers, **along)), result=results[0]),)


def _log_softmax(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    """x - max, less the logarithm of the sum of its powers."""
    shifted, along = _shifted(units, operands[0], attributes)
    if not shifted.size:
        return (units.step("cast", shifted, result=results[0]),)
    total = units.step("log", units.step("sum", units.step("exp", shifted), **along))
    return (units.step("cast", units.step("subtract", shifted, total), result=results[0]),)


def _shifted(units: Units, values: Array, attributes: Mapping[str, Any]) -> tuple[Array, dict[str, Any]]:
    """The operand in its working format less the largest along the axis, and how to reduce along it."""
    along: dict[str, Any] = {"axis": axis_or_last(attributes, values.ndim), "keepdims": True}
    wide = units.step("cast", values, result=units.working(values.dtype.name))
    return (units.step("subtract", wide, units.step("max", wide, **along)) if wide.size else wide), along


_SIGNATURE = Signature(1, 1, _types, _shapes, frozenset({"axis"}))

OPERATIONS: Mapping[str, Composed] = {
    "Softmax": Composed(_SIGNATURE, _softmax),
    "LogSoftmax": Composed(_SIGNATURE, _log_softmax),
}
