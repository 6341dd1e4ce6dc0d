"""Devices that launch wrongly whatever the operation: elements left out, strides ignored, what came before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

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
