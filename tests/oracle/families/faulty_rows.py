"""Devices that reduce or convert wrongly, each in one way; everything else is honest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import Tensor
from tests.suites.plain_device import Array, PlainDevice

Attributes = Mapping[str, Any]


class GivesZeros(PlainDevice):
    """Every result is zero."""

    def store(self, tensor: Tensor, values: Array) -> None:
        super().store(tensor, np.zeros_like(values))


class CutsOperands(PlainDevice):
    """float32 operands lose all but the leading eight bits, float16 ones all but five."""

    def reduce(self, operation: str, values: Array, attributes: Attributes, dtype: str) -> Array:
        return super().reduce(operation, _cut(values), attributes, dtype)


def _cut(values: Array) -> Array:
    bits = {"float32": 16, "float16": 6, "bfloat16": 3, "float64": 29}.get(values.dtype.name)
    if bits is None:
        return values
    word = np.dtype(f"u{values.dtype.itemsize}")
    kept = (1 << 8 * values.dtype.itemsize) - (1 << bits)
    cut = (np.array(values, order="C").view(word) & word.type(kept)).view(values.dtype)
    return np.where(np.isfinite(values.astype(np.float64)), cut, values)


class AddsInTheOutputsType(PlainDevice):
    """Sums are kept in the type of the result, one term after another; of integers in 32 bits."""

    def total(self, values: Array, axis: int | None, keepdims: bool, *, mean: bool) -> Array:
        if values.dtype.kind in "iu":
            return np.asarray(values.astype(np.int32).sum(axis=axis, keepdims=keepdims, dtype=np.int32))
        terms = values.reshape(-1) if axis is None else np.moveaxis(values, axis, 0)
        total = np.zeros(terms.shape[1:], values.dtype)
        for term in terms:
            total = (total + term).astype(values.dtype)
        if keepdims:
            total = total.reshape((1,) * values.ndim) if axis is None else np.expand_dims(total, axis)
        return np.asarray(total / values.dtype.type(len(terms))) if mean else total


class LeavesTheTailOut(PlainDevice):
    """What stands in the last place of a row is not looked at."""

    def reduce(self, operation: str, values: Array, attributes: Attributes, dtype: str) -> Array:
        axis = attributes["axis"]
        if axis is not None and values.shape[axis] > 1:
            values = np.delete(values, -1, axis)
        return super().reduce(operation, values, attributes, dtype)


class ReducesTheLastAxis(PlainDevice):
    """Whatever axis is given, rows are reduced."""

    def reduce(self, operation: str, values: Array, attributes: Attributes, dtype: str) -> Array:
        right = super().reduce(operation, values, attributes, dtype)
        wrong = super().reduce(operation, values, {**attributes, "axis": -1}, dtype)
        return np.resize(wrong, right.shape)


class OverlooksNan(PlainDevice):
    """A NaN in place 64 of a row counts as nothing."""

    def reduce(self, operation: str, values: Array, attributes: Attributes, dtype: str) -> Array:
        if values.dtype.kind not in "iub" and values.shape[-1] > 64:
            values = values.copy()
            place = values[..., 64]
            values[..., 64] = np.where(np.isnan(place.astype(np.float64)), 0, place)
        return super().reduce(operation, values, attributes, dtype)


class Saturates(PlainDevice):
    """What is too large becomes the largest number."""

    def narrow(self, values: Array, dtype: str) -> Array:
        found = super().narrow(values, dtype)
        if dtype not in ("float16", "float32", "float64"):
            return found
        largest = np.finfo(dtype).max
        return np.where(np.isinf(found), np.copysign(largest, found), found).astype(found.dtype)


class StartsFromTheLargest(PlainDevice):
    """An extremum begins with the largest finite number, which infinities do not pass."""

    def reduce(self, operation: str, values: Array, attributes: Attributes, dtype: str) -> Array:
        found = super().reduce(operation, values, attributes, dtype)
        if found.dtype.kind in "iub" or operation not in ("max", "min"):
            return found
        return np.nan_to_num(found.astype(np.float64), nan=np.nan).clip(-3e38, 3e38).astype(found.dtype)


class TakesTheLastOfSeveral(PlainDevice):
    """Of equal extreme elements, the place of the last is given."""

    def reduce(self, operation: str, values: Array, attributes: Attributes, dtype: str) -> Array:
        if operation not in ("argmax", "argmin") or attributes["axis"] is None:
            return super().reduce(operation, values, attributes, dtype)
        axis = attributes["axis"]
        turned = super().reduce(operation, np.flip(values, axis), attributes, dtype)
        return np.asarray(values.shape[axis] - 1 - turned)


class ComparesWithOne(PlainDevice):
    """Only a one is true."""

    def reduce(self, operation: str, values: Array, attributes: Attributes, dtype: str) -> Array:
        return super().reduce(operation, np.asarray(values == 1), attributes, dtype)


class OrdersBeforeItDecides(PlainDevice):
    """An element is true that is above or below zero, which NaN is not."""

    def reduce(self, operation: str, values: Array, attributes: Attributes, dtype: str) -> Array:
        return super().reduce(operation, np.asarray((values > 0) | (values < 0)), attributes, dtype)


class DividesFirst(PlainDevice):
    """Terms of a mean are divided before they are added, in the type of the operand."""

    def total(self, values: Array, axis: int | None, keepdims: bool, *, mean: bool) -> Array:
        if not mean:
            return super().total(values, axis, keepdims, mean=False)
        count = values.size if axis is None else values.shape[axis]
        narrow = _cut((values / values.dtype.type(max(count, 1))).astype(values.dtype))
        return super().total(narrow, axis, keepdims, mean=False)


# ------------------------------------------------------------------------------------------------------ conversions


class Truncates(PlainDevice):
    """Conversions to a narrower type cut the significand off."""

    def narrow(self, values: Array, dtype: str) -> Array:
        found = super().narrow(values, dtype)
        if found.dtype.kind in "iub":
            return found
        back = found.astype(np.float64)
        word = f"u{found.dtype.itemsize}"
        inward = (found.view(word) - np.dtype(word).type(1)).view(found.dtype)
        over = np.isfinite(values) & (np.abs(back) > np.abs(values))
        return np.where(over, inward, found)


class RoundsIntegers(PlainDevice):
    """Conversions to integers round to the nearest."""

    def narrow(self, values: Array, dtype: str) -> Array:
        if values.dtype.kind == "f" and numpy_dtype(dtype).kind in "iu":
            values = np.rint(values)
        return super().narrow(values, dtype)


class GoesByWayOfFloat16(PlainDevice):
    """Conversions to eight bits are made in two steps."""

    def narrow(self, values: Array, dtype: str) -> Array:
        return super().narrow(values.astype(np.float16) if dtype.startswith("float8") else values, dtype)


class Flushes(PlainDevice):
    """Subnormal results become zero."""

    def narrow(self, values: Array, dtype: str) -> Array:
        found = super().narrow(values, dtype)
        smallest = {"float16": 2.0**-14, "bfloat16": 2.0**-126, "float32": 2.0**-126, "float8_e4m3fn": 2.0**-6}
        if dtype not in smallest:
            return found
        return np.where(np.abs(found.astype(np.float64)) < smallest[dtype], 0, found).astype(found.dtype)


class LosesNan(PlainDevice):
    """NaN whose payload does not fit becomes infinity."""

    def narrow(self, values: Array, dtype: str) -> Array:
        found = super().narrow(values, dtype)
        return np.where(np.isnan(found.astype(np.float64)), np.inf, found.astype(np.float64)).astype(found.dtype)


class TakesTheHighestExponentForInfinity(PlainDevice):
    """E4M3 is read as if it had infinities."""

    def elementwise(self, operation: str, operands: list[Array], dtype: str) -> Array:
        values = operands[0].astype(np.float64)
        high = (operands[0].dtype.name == "float8_e4m3fn") & (np.abs(values) >= 256)
        return self.narrow(np.where(high, np.copysign(np.inf, values), values), dtype)


class SaturatesInEightBits(PlainDevice):
    """Conversions to eight bits saturate, which is one of two legal ways."""

    def narrow(self, values: Array, dtype: str) -> Array:
        largest = {"float8_e4m3fn": 448.0, "float8_e5m2": 57344.0}.get(dtype)
        return super().narrow(values if largest is None else np.clip(values, -largest, largest), dtype)
