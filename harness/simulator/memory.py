"""Device memory: bounded, never zero when fresh, and free of charge until it is touched.

A buffer's bytes are poisoned before anything can see them, so that a program which reads what it did not write finds
NaN and not an accidental zero. Large buffers are sparse mapped files: sixty gibibytes cost nothing but what is used.
"""

from __future__ import annotations

import mmap
import tempfile
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

from harness.device.extent import count as checked_count
from harness.device.extent import span, strides_of
from harness.device.protocol import INVALID_HANDLE, OUT_OF_MEMORY, DeviceError, Tensor

#: What every byte of a fresh buffer holds: NaN in each floating-point format, -1 as an integer.
POISON = 0xFF

#: Buffers above this many bytes live in a mapped file and are poisoned page by page.
MAPPED_ABOVE = 1 << 20
_PAGE = 1 << 16

Bytes = NDArray[np.uint8]


@dataclass(eq=False)
class Buffer:
    """One allocation: its size, its bytes, and how much queued work still uses it.

    ``fresh`` marks the pages of a mapped buffer that nobody touched yet; ``None`` where all are poisoned already.
    """

    size: int
    bytes: Bytes
    fresh: NDArray[np.bool_] | None = None
    pending: int = 0

    def range(self, begin: int, end: int) -> Bytes:
        """The bytes from ``begin`` to ``end``, poisoned where nobody wrote yet."""
        if self.fresh is not None and end > begin:
            self._poison(self.fresh, np.arange(begin // _PAGE, (end - 1) // _PAGE + 1))
        return self.bytes[begin:end]

    def touch(self, tensor: Tensor, itemsize: int) -> None:
        """Poison the fresh pages under a tensor's elements, and no others, however far apart those are."""
        if self.fresh is None or 0 in tensor.shape:
            return
        low, high = span(tensor, itemsize)
        elements = int(np.prod(tensor.shape))
        if high - low <= max(2 * elements * itemsize, MAPPED_ABOVE):
            self.range(low, high)
            return
        offsets = np.full(tensor.shape, tensor.offset, dtype=np.int64)
        for axis, stride in enumerate(strides_of(tensor)):
            steps = np.arange(tensor.shape[axis], dtype=np.int64) * (stride * itemsize)
            offsets += steps.reshape((-1,) + (1,) * (len(tensor.shape) - axis - 1))
        self._poison(self.fresh, np.unique(offsets // _PAGE))

    def _poison(self, fresh: NDArray[np.bool_], pages: NDArray[np.int64]) -> None:
        for page in pages[fresh[pages]]:
            self.bytes[page * _PAGE : (page + 1) * _PAGE] = POISON
            fresh[page] = False


@dataclass
class Memory:
    """The memory of one device, ``capacity`` bytes, counted to the byte.

    A handle is an integer that is never given out twice, so a released one stays invalid whatever becomes of its
    address.
    """

    capacity: int
    handles: count[int] = field(default_factory=lambda: count(0x1000))
    used: int = 0
    buffers: dict[int, Buffer] = field(default_factory=dict)

    def allocate(self, nbytes: int) -> int:
        """Reserve ``nbytes`` and return the handle; none are legal.

        Raises ``DeviceError``: invalid value for a negative size, out of memory (nothing changed) beyond what is free.
        """
        size = checked_count(nbytes, "the size of a buffer")
        if size > self.capacity - self.used:
            raise DeviceError(OUT_OF_MEMORY, f"{size} bytes asked for, {self.capacity - self.used} free")
        buffer = _mapped(size) if size > MAPPED_ABOVE else Buffer(size, np.full(size, POISON, dtype=np.uint8))
        handle = next(self.handles)
        self.buffers[handle] = buffer
        self.used += size
        return handle

    def find(self, handle: object) -> Buffer:
        """The buffer of a handle; raises ``DeviceError`` (invalid handle) where there is none."""
        buffer = self.buffers.get(handle) if type(handle) is int else None
        if buffer is None:
            raise DeviceError(INVALID_HANDLE, f"{handle!r} is no buffer of this device")
        return buffer

    def release(self, handle: int) -> None:
        """Give a buffer back."""
        self.used -= self.buffers.pop(handle).size


def _mapped(size: int) -> Buffer:
    """A buffer in a sparse file that has no name and goes away with the buffer."""
    try:
        with tempfile.TemporaryFile(prefix="assay-") as file:
            file.truncate(size)
            memory = mmap.mmap(file.fileno(), size)
    except (OSError, OverflowError, ValueError) as error:
        raise DeviceError(OUT_OF_MEMORY, f"the host cannot stand in for {size} bytes: {error}", "host") from error
    fresh = np.ones(-(-size // _PAGE), dtype=np.bool_)
    return Buffer(size, np.frombuffer(memory, dtype=np.uint8), fresh)
