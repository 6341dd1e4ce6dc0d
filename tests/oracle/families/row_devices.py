"""Devices that compute with whole rows, written from the definitions alone, and what they can get wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.device.protocol import Tensor
from harness.oracle.formats import round_to
from tests.suites.plain_device import Array, PlainDevice


class RowDevice(PlainDevice):
    """Softmax, normalisations and variance in float64 (of float64 in the longest format), rounded once."""

    def compute(self, operation: str, operands: Sequence[Array], attributes: Mapping[str, Any], dtype: str) -> Array:
        wide = [self.wide(operand) for operand in operands]
        found = getattr(self, operation.lower())(wide, dict(attributes))
        return np.asarray(found).astype(dtype) if dtype == "float64" else round_to(found.astype(np.float64), dtype)

    def wide(self, operand: Array) -> Array:
        return operand.astype(np.longdouble if operand.dtype == np.float64 else np.float64)

    def softmax(self, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
        powers, axis = self.powers(operands[0], attributes.get("axis", -1)), attributes.get("axis", -1)
        return np.asarray(powers / powers.sum(axis=axis, keepdims=True)) if powers.size else powers

    def powers(self, x: Array, axis: int) -> Array:
        return np.exp(x - x.max(axis=axis, keepdims=True)) if x.size else x

    def logsoftmax(self, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
        x, axis = operands[0], attributes.get("axis", -1)
        if not x.size:
            return x
        shifted = x - x.max(axis=axis, keepdims=True)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True)))

    def layernormalization(self, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
        x, scale, *bias = operands
        axes = self.axes(x, attributes)
        centred = x - x.mean(axis=axes, keepdims=True)
        found = self.over_root(centred, axes, attributes) * scale
        return np.asarray(found + bias[0] if bias else found)

    def rmsnormalization(self, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
        x, scale = operands
        return np.asarray(self.over_root(x, self.axes(x, attributes), attributes) * scale)

    def axes(self, x: Array, attributes: Mapping[str, Any]) -> tuple[int, ...]:
        return tuple(range(attributes.get("axis", -1) % x.ndim, x.ndim))

    def over_root(self, x: Array, axes: tuple[int, ...], attributes: Mapping[str, Any]) -> Array:
        return np.asarray(x / np.sqrt((x * x).mean(axis=axes, keepdims=True) + attributes.get("epsilon", 1e-5)))

    def var(self, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
        x, axis, kept = operands[0], attributes.get("axis"), bool(attributes.get("keepdims"))
        centred = x - x.mean(axis=axis, keepdims=True)
        left = (x.size if axis is None else x.shape[axis]) - attributes.get("correction", 0)
        return np.asarray((centred * centred).sum(axis=axis, keepdims=kept) / (left if left > 0 else math.nan))

    def std(self, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
        return np.sqrt(self.var(operands, attributes))


class GivesZeros(RowDevice):
    """Zeros, whatever is asked."""

    def store(self, tensor: Tensor, values: Array) -> None:
        super().store(tensor, np.zeros(values.shape, values.dtype))


class GivesTheLastOutput(RowDevice):
    """What the launch before gave, where that had the shape: as from a cache."""

    last: Array | None = None

    def store(self, tensor: Tensor, values: Array) -> None:
        old, self.last = self.last, values.copy()
        super().store(tensor, values if old is None or old.shape != values.shape else old)


class TakesShorterOperands(RowDevice):
    """Operands cut to 11 bits, or to 5 where they have no more."""

    def wide(self, operand: Array) -> Array:
        bits = 5 if operand.dtype.itemsize == 2 else 11
        with np.errstate(invalid="ignore"):
            significand, exponent = np.frexp(super().wide(operand))
        return np.where(
            np.isfinite(significand), np.ldexp(np.rint(significand * 2**bits), exponent - bits), significand
        )


class LosesTheLastPart(RowDevice):
    """Sums leave out the last elements of a row of more than 32, as where a tail is not whole."""

    def powers(self, x: Array, axis: int) -> Array:
        found = np.moveaxis(super().powers(x, axis), axis, -1)
        if found.shape[-1:] > (32,):
            found[..., found.shape[-1] // 32 * 32 :] *= 2
        return np.moveaxis(found, -1, axis)


class KeepsPowersShort(RowDevice):
    """Every power is rounded to the operand's own 16 bits, or to 11 bits, before it is added."""

    def powers(self, x: Array, axis: int) -> Array:
        found = super().powers(x, axis)
        with np.errstate(invalid="ignore"):
            significand, exponent = np.frexp(found)
        return np.asarray(np.ldexp(np.rint(significand * 2.0**9), exponent - 9))


class DoesNotSubtractTheMaximum(RowDevice):
    """Powers of the operands as they are, in float32."""

    def powers(self, x: Array, axis: int) -> Array:
        return np.exp(x).astype(np.float32).astype(x.dtype)


class DropsNan(RowDevice):
    """The maximum passes over NaN, and its power is counted as nothing."""

    def powers(self, x: Array, axis: int) -> Array:
        return np.where(np.isnan(x), 0.0, np.exp(x - np.nanmax(x, axis=axis, keepdims=True)))


class MasksWithAFiniteNumber(RowDevice):
    """The lowest finite number in place of minus infinity, so that a row of it alone has equal shares."""

    def powers(self, x: Array, axis: int) -> Array:
        return super().powers(np.maximum(x, -3e38), axis)


class TakesTheLastAxis(RowDevice):
    """Rows are always along the last axis."""

    def compute(self, operation: str, operands: Sequence[Array], attributes: Mapping[str, Any], dtype: str) -> Array:
        return super().compute(operation, operands, {**attributes, "axis": -1}, dtype)


class TakesAllFromTheAxis(RowDevice):
    """Softmax over all axes from the one given, as the operator was before opset 13."""

    def softmax(self, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
        x = operands[0]
        axis = attributes.get("axis", -1) % x.ndim
        rows = x.reshape(*x.shape[:axis], -1)
        return super().softmax([rows], {}).reshape(x.shape)


class HoldsAttributesInFloat32(RowDevice):
    """Honest: attributes of ONNX are float32, also of operands of float64."""

    def over_root(self, x: Array, axes: tuple[int, ...], attributes: Mapping[str, Any]) -> Array:
        return super().over_root(x, axes, {"epsilon": float(np.float32(attributes.get("epsilon", 1e-5)))})


class HasItsOwnEpsilon(RowDevice):
    """Epsilon is 1e-6, whatever is asked."""

    def over_root(self, x: Array, axes: tuple[int, ...], attributes: Mapping[str, Any]) -> Array:
        return super().over_root(x, axes, {"epsilon": 1e-6})


class KeepsTheBias(RowDevice):
    """The bias of the last launch that had one is added again where it is left out."""

    bias: Array | None = None

    def layernormalization(self, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
        if len(operands) > 2:
            self.bias = operands[2]
        elif self.bias is not None:
            operands = [*operands, self.bias]
        return super().layernormalization(operands, attributes)


class TakesOnePass(RowDevice):
    """The mean of squares less the square of the mean, in float32."""

    def var(self, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
        x = operands[0].astype(np.float32)
        mean, squares = x.mean(axis=-1, dtype=np.float32), (x * x).mean(axis=-1, dtype=np.float32)
        return np.asarray(np.maximum(squares - mean * mean, 0).astype(np.float64))

    def layernormalization(self, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
        x, scale, bias = operands
        spread = self.var([x], attributes)[..., None]
        return np.asarray((x - x.mean(axis=-1, keepdims=True)) / np.sqrt(spread + 1e-5) * scale + bias)


class CutsCorrections(RowDevice):
    """Corrections are cut to whole numbers."""

    def var(self, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
        return super().var(operands, {**attributes, "correction": int(attributes.get("correction", 0))})


class DividesByNothing(RowDevice):
    """The divisor is at least zero, as that of some libraries is."""

    def var(self, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Array:
        left = operands[0].shape[-1] - attributes.get("correction", 0)
        found = super().var(operands, attributes)
        return np.full(found.shape, np.inf) if left <= 0 else found
