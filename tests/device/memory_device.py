"""A small honest device for tests of the seam, and ways to make it misbehave on request."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.device.protocol import INVALID_HANDLE, INVALID_VALUE, UNSUPPORTED, Description, DeviceError, Tensor


class MemoryDevice:
    """Buffers are bytearrays; the operation ``double`` doubles float32; others misbehave as their names say."""

    def __init__(self) -> None:
        self.buffers: dict[int, bytearray] = {}
        self.made = 0

    def describe(self) -> Description:
        return Description("memory", layers={"*": "memory", "stream": "adapter"}, facts={"live": len(self.buffers)})

    def supports(self, operation: str, dtypes: Sequence[str]) -> bool:
        return operation == "double" and set(dtypes) == {"float32"}

    def allocate(self, nbytes: int) -> int:
        self.made += 1
        self.buffers[self.made] = bytearray(nbytes)
        return self.made

    def _buffer(self, handle: Any) -> bytearray:
        if handle not in self.buffers:
            raise DeviceError(INVALID_HANDLE, f"no buffer {handle}")
        return self.buffers[handle]

    def release(self, buffer: Any) -> None:
        self._buffer(buffer)
        del self.buffers[buffer]

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        memory = self._buffer(buffer)
        if offset < 0 or offset + len(data) > len(memory):
            raise DeviceError(INVALID_VALUE, "outside the buffer")
        memory[offset : offset + len(data)] = data

    def read(self, buffer: Any, nbytes: int, offset: int = 0, stream: Any = None) -> bytes:
        memory = self._buffer(buffer)
        if offset < 0 or nbytes < 0 or offset + nbytes > len(memory):
            raise DeviceError(INVALID_VALUE, "outside the buffer")
        return bytes(memory[offset : offset + nbytes])

    def copy(
        self, target: Any, source: Any, nbytes: int, target_offset: int = 0, source_offset: int = 0, stream: Any = None
    ) -> None:
        self.write(target, self.read(source, nbytes, source_offset), target_offset)

    def stream(self) -> int:
        return 1

    def event(self) -> int:
        return 1

    def record(self, event: Any, stream: Any = None) -> None:
        raise ZeroDivisionError("an adapter's own mistake")

    def wait(self, stream: Any, event: Any) -> None:
        return None

    def elapsed(self, start: Any, end: Any) -> float:
        return 1.5

    def synchronize(self, stream: Any = None) -> None:
        return None

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        if operation in _MISDEEDS:
            _MISDEEDS[operation]()
        elif operation == "double":
            values = np.frombuffer(self._buffer(inputs[0].buffer), np.float32) * np.float32(2)
            self.write(outputs[0].buffer, values.tobytes())
        else:
            raise DeviceError(UNSUPPORTED, operation)

    def close(self) -> None:
        self.buffers.clear()


_MISDEEDS: dict[str, Callable[[], object]] = {
    "hang": lambda: time.sleep(600),
    "segv": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "exit": lambda: os._exit(3),
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "print": lambda: print("a library that prints", file=sys.__stdout__, flush=True),
    "print-below": lambda: os.write(1, b"a library that writes to descriptor 1\n"),
    "slow": lambda: time.sleep(0.3),
}


def open_memory(name: str, profile: str, profile_name: str, settings: object) -> MemoryDevice:
    """The opener tests name: refuses the device called ``refuse``, dies on ``die``."""
    if name == "refuse":
        raise DeviceError(INVALID_VALUE, "no such card")
    if name == "die":
        os.abort()
    return MemoryDevice()
