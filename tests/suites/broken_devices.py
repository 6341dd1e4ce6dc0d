"""Devices that launch wrongly whatever the operation: elements left out, strides ignored, bytes beside the output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import Tensor
from tests.suites.plain_device import Array, PlainDevice


class LeavesLastOut(PlainDevice):
    """The last element of every output stays unwritten."""

    def store(self, tensor: Tensor, values: Array) -> None:
        view = self.view(tensor)
        if view.size:
            last = tuple(size - 1 for size in view.shape)
            # As bits: a byte that is neither 0 nor 1 would not come back from a truth value.
            bits = view.view(f"u{view.itemsize}")
            kept = bits[last]
            view[...] = values
            bits[last] = kept


class IgnoresStrides(PlainDevice):
    """Operands are read as if they lay dense."""

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        super().launch(operation, [replace(t, strides=None) for t in inputs], outputs, attributes, stream)


class IgnoresOutputStrides(PlainDevice):
    """Results are written as if the output lay dense."""

    def store(self, tensor: Tensor, values: Array) -> None:
        super().store(replace(tensor, strides=None), values)


class WritesPastEnd(PlainDevice):
    """One element too many is written, as at the edge of a tile."""

    def store(self, tensor: Tensor, values: Array) -> None:
        super().store(tensor, values)
        itemsize = numpy_dtype(tensor.dtype).itemsize
        end = tensor.offset + int(np.prod(tensor.shape)) * itemsize
        self.write(tensor.buffer, bytes(itemsize), end)


class ScratchesOperands(PlainDevice):
    """The first operand serves as scratch space."""

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        super().launch(operation, inputs, outputs, attributes, stream)
        self.view(inputs[0])[...] = 0


class SkipsEmpty(PlainDevice):
    """A launch with an operand without elements does nothing."""

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        if not any(0 in tensor.shape for tensor in inputs):
            super().launch(operation, inputs, outputs, attributes, stream)


class Unordered(PlainDevice):
    """Every third sum runs from the back, as atomic additions might."""

    launched = 0

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        self.launched += 1
        super().launch(operation, inputs, outputs, attributes, stream)

    def total(self, values: Array, axis: int | None, keepdims: bool, *, mean: bool) -> Array:
        return super().total(self._turned(values, axis), axis, keepdims, mean=mean)

    def add_products(self, a: Array, b: Array) -> Array:
        return super().add_products(self._turned(a, -1), self._turned(b, -1))

    def _turned(self, values: Array, axis: int | None) -> Array:
        return np.flip(values, axis) if self.launched % 3 == 0 else values


class Remembers(PlainDevice):
    """The first result for an operation, type and shape is given again for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[Any, Array] = {}
        self.now = ""

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        self.now = operation
        super().launch(operation, inputs, outputs, attributes, stream)

    def store(self, tensor: Tensor, values: Array) -> None:
        super().store(tensor, self.known.setdefault((self.now, tensor.dtype, tensor.shape), values))
