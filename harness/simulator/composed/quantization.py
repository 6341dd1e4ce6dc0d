"""Products of 8-bit operands with zero points or scales, and conversion to and from whole numbers of eight bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.simulator import signatures
from harness.simulator.composed.units import Composed, Units
from harness.simulator.conversion import Array
from harness.simulator.signatures import Shape, Signature

_BYTES = ("int8", "uint8")
_SHORT = ("float8_e4m3fn", "float8_e5m2")
_SCALED = ("float32", "float16")


def _types_of_integers(operands: Sequence[str], results: Sequence[str]) -> bool:
    pairs = zip(operands[2:], operands[:2], strict=False)
    return results[0] == "int32" and all(one in _BYTES for one in operands) and all(a == b for a, b in pairs)


def _shapes_of_integers(
    shapes: Sequence[Shape], attributes: Mapping[str, Any], outs: Sequence[Shape]
) -> Sequence[Shape]:
    a, b = shapes[:2]
    for shape, matrix, axis in zip(shapes[2:], (a, b), (-2, -1), strict=False):
        rank = len(matrix)
        lines = () if rank < 2 else (matrix[axis],)
        kept = tuple(n if place == rank + axis or place < rank - 2 else 1 for place, n in enumerate(matrix))
        if tuple(shape) not in ((), (1,), lines, kept):
            raise DeviceError(INVALID_VALUE, f"zero points of {shape} for a matrix of {matrix}")
    return signatures.find("matmul").shapes((a, b), {}, outs)


def _matmul_integer(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    """The product of the operands as they are, then what zero points take from it: their sums by rows and columns."""
    a, b = operands[:2]
    total = units.product("MatMulInteger", a, b, "int32")
    zero_a = _lined(operands[2], a, -2) if len(operands) > 2 else np.zeros((1, 1), np.int32)
    zero_b = _lined(operands[3], b, -1) if len(operands) > 3 else np.zeros((1, 1), np.int32)
    left, right = a if a.ndim > 1 else a[None, :], b if b.ndim > 1 else b[:, None]
    rows = units.step("sum", left, result="int32", axis=-1, keepdims=True)
    columns = units.step("sum", right, result="int32", axis=-2, keepdims=True)
    depth = np.full((1, 1), a.shape[-1], np.int32)
    stack = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    shape = (*stack, left.shape[-2], right.shape[-1])

    def product(x: Array, y: Array) -> Array:
        return units.step("multiply", np.broadcast_to(x, shape), np.broadcast_to(y, shape))

    found = total.reshape(shape)
    found = units.step("subtract", found, product(zero_a, columns))
    found = units.step("subtract", found, product(rows, zero_b))
    found = units.step("add", found, product(product(zero_a, zero_b), depth))
    return (found.reshape(total.shape),)


def _lined(zero: Array, matrix: Array, axis: int) -> Array:
    """Zero points along the rows (-2) or columns (-1) of a matrix."""
    wide = zero.astype(np.int32)
    if wide.ndim == 1 and wide.size > 1:
        return wide[:, None] if axis == -2 else wide[None, :]
    return wide.reshape((1, 1)) if wide.ndim < 2 else wide


def _types_of_scaled(operands: Sequence[str], results: Sequence[str]) -> bool:
    operands_fit = operands[0] in _SHORT and operands[1] in _SHORT and "float8_e4m3fn" in operands[:2]
    return operands_fit and list(operands[2:]) == ["float32"] * 2 and results[0] in ("float32", "bfloat16")


def _shapes_of_scaled(shapes: Sequence[Shape], attributes: Mapping[str, Any], outs: Sequence[Shape]) -> Sequence[Shape]:
    a, b, scale_a, scale_b = map(tuple, shapes)
    if len(a) != 2 or len(b) != 2 or a[1] != b[0]:
        raise DeviceError(INVALID_VALUE, f"no product of {a} and {b}")
    if (scale_a, scale_b) not in (((), ()), ((1,), (1,)), ((a[0], 1), (1, b[1]))):
        raise DeviceError(INVALID_VALUE, f"scales of {scale_a} and {scale_b} for a product of {a} and {b}")
    return ((a[0], b[1]),)


def _scaled_mm(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    a, b, scale_a, scale_b = operands
    found = units.product("scaled_mm", a, b, "float32")
    for scale in (scale_a, scale_b):
        found = units.step("multiply", found, np.broadcast_to(scale, found.shape))
    return (units.step("cast", found, result=results[0]),)


def _along(parameter: Array, x: Array, attributes: Mapping[str, Any]) -> Array:
    """A scale or zero point in the shape of ``x``: one for all, or one for each place along the axis."""
    if parameter.size == 1:
        return np.broadcast_to(parameter.reshape(()), x.shape)
    axis = attributes.get("axis", 1) % x.ndim
    return np.broadcast_to(parameter.reshape([-1 if place == axis else 1 for place in range(x.ndim)]), x.shape)


def _shapes_of_linear(shapes: Sequence[Shape], attributes: Mapping[str, Any], outs: Sequence[Shape]) -> Sequence[Shape]:
    x, scale = shapes[:2]
    axis = attributes.get("axis", 1)
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise DeviceError(INVALID_VALUE, f"axis {axis!r}")
    if len(shapes) > 2 and tuple(shapes[2]) != tuple(scale):
        raise DeviceError(INVALID_VALUE, f"a zero point of {shapes[2]} beside a scale of {scale}")
    if len(scale) == 1 and scale[0] != 1:
        if not -len(x) <= axis < len(x) or x[axis] != scale[0]:
            raise DeviceError(INVALID_VALUE, f"a scale of {scale} along axis {axis} of {x}")
    elif len(scale) > 1:
        raise DeviceError(INVALID_VALUE, f"a scale of {scale}")
    return (tuple(x),)


def _types_of_quantize(operands: Sequence[str], results: Sequence[str]) -> bool:
    fits = operands[0] in _SCALED and operands[1] == operands[0] and results[0] in _BYTES
    return fits and all(dtype == results[0] for dtype in operands[2:])


def _types_of_dequantize(operands: Sequence[str], results: Sequence[str]) -> bool:
    fits = operands[0] in _BYTES and operands[1] in _SCALED and results[0] == operands[1]
    return fits and all(dtype == operands[0] for dtype in operands[2:])


def _quantize(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    """Divide, round to even, cut off at the range less the zero point, then add it."""
    x, scale = operands[0], _along(operands[1], operands[0], attributes)
    whole = units.step("round", units.step("divide", x, scale))
    working = units.working(x.dtype.name)
    whole = units.step("cast", whole, result=working)
    zero = np.zeros(x.shape, numpy_dtype(working))
    if len(operands) > 2:
        zero = units.step("cast", _along(operands[2], x, attributes), result=working)
    found = units.step("add", whole, zero)
    limits = np.iinfo(results[0])
    found = units.step("maximum", found, np.full(x.shape, limits.min, found.dtype))
    found = units.step("minimum", found, np.full(x.shape, limits.max, found.dtype))
    return (units.step("cast", found, result=results[0]),)


def _dequantize(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    x, scale = operands[0], _along(operands[1], operands[0], attributes)
    wide = units.step("cast", x, result="int32")
    if len(operands) > 2:
        zero = units.step("cast", _along(operands[2], x, attributes), result="int32")
        wide = units.step("subtract", wide, zero)
    return (units.step("multiply", units.step("cast", wide, result=results[0]), scale),)


OPERATIONS: Mapping[str, Composed] = {
    "MatMulInteger": Composed(Signature(2, 4, _types_of_integers, _shapes_of_integers), _matmul_integer),
    "scaled_mm": Composed(Signature(4, 4, _types_of_scaled, _shapes_of_scaled), _scaled_mm),
    "QuantizeLinear": Composed(Signature(2, 3, _types_of_quantize, _shapes_of_linear, frozenset({"axis"})), _quantize),
    "DequantizeLinear": Composed(
        Signature(2, 3, _types_of_dequantize, _shapes_of_linear, frozenset({"axis"})), _dequantize
    ),
}
