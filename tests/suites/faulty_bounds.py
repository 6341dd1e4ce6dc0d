"""Devices that are right but for one thing they do wrong at the bounds of buffers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.device.protocol import DeviceError, Tensor
from tests.suites.faulty_memory import Faulty


class ReadsWhatThereIs(Faulty):
    """Reads up to the end of a buffer, and calls that done."""

    def read(self, buffer: Any, nbytes: int, offset: int = 0, stream: Any = None) -> bytes:
        size = self.sizes.get(buffer, 0)
        within = 0 <= offset <= size < offset + nbytes
        return bytes(self.inner.read(buffer, size - offset if within else nbytes, offset, stream))


class RoundsSizesUp(Faulty):
    """Gives every buffer whole lines of 256 bytes, and checks bounds by those."""

    def allocate(self, nbytes: int) -> Any:
        return super().allocate(-(-nbytes // 256) * 256 if 0 < nbytes < 1 << 33 else nbytes)


class CopiesNegativeSizes(Faulty):
    """Takes a copy of a negative size for a copy of nothing."""

    def copy(
        self, target: Any, source: Any, nbytes: int, target_offset: int = 0, source_offset: int = 0, stream: Any = None
    ) -> None:
        self.inner.copy(target, source, max(nbytes, 0), target_offset, source_offset, stream)


class ReadsNegativeSizes(Faulty):
    """Takes a read of a negative size for a read of nothing."""

    def read(self, buffer: Any, nbytes: int, offset: int = 0, stream: Any = None) -> bytes:
        return bytes(self.inner.read(buffer, max(nbytes, 0), offset, stream))


class ChecksOutputsOnly(Faulty):
    """Reads operands wherever they lie; outside their buffers it finds zeros."""

    def launch(
        self, operation: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor], *rest: Any, **named: Any
    ) -> None:
        try:
            self.inner.launch(operation, inputs, outputs, *rest, **named)
        except DeviceError:
            # With the output in the operands' place only the output's own bounds are left to refuse.
            self.inner.launch(operation, [outputs[0]] * len(inputs), outputs, *rest, **named)


class ChecksOperandsOnly(Faulty):
    """Writes an output wherever it lies; outside its buffer nothing comes of it."""

    def launch(
        self, operation: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor], *rest: Any, **named: Any
    ) -> None:
        try:
            self.inner.launch(operation, inputs, outputs, *rest, **named)
        except DeviceError:
            scratch = self.inner.allocate(4096)
            self.inner.launch(operation, inputs, [replace(outputs[0], buffer=scratch, offset=0)], *rest, **named)
