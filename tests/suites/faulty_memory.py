"""Devices that are right but for one thing they do wrong with memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from harness.adapters.simulated import simulated_device
from harness.device.protocol import DEVICE_LOST, INVALID_HANDLE, INVALID_VALUE, OUT_OF_MEMORY, DeviceError, Tensor
from harness.profile.store import load_profile


class Faulty:
    """A right device, of which subclasses spoil one thing."""

    def __init__(self, profile: str = "reference/ieee") -> None:
        self.inner: Any = simulated_device(load_profile(profile))
        self.sizes: dict[Any, int] = {}
        self.released: set[Any] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def allocate(self, nbytes: int) -> Any:
        buffer = self.inner.allocate(nbytes)
        self.sizes[buffer] = nbytes
        return buffer

    def release(self, buffer: Any) -> None:
        self.inner.release(buffer)
        self.released.add(buffer)
        self.sizes.pop(buffer)


class ForgetsWhatWasRead(Faulty):
    """Loses a buffer's contents when they are read."""

    def read(self, buffer: Any, nbytes: int, offset: int = 0, stream: Any = None) -> bytes:
        data = bytes(self.inner.read(buffer, nbytes, offset, stream))
        self.inner.write(buffer, bytes(nbytes), offset, stream)
        return data


class GivesOutABlockTwice(Faulty):
    """Hands a block out that is in use, once three of its size are."""

    def allocate(self, nbytes: int) -> Any:
        same = [buffer for buffer, size in self.sizes.items() if size == nbytes]
        return same[0] if len(same) == 3 else super().allocate(nbytes)


class CutsSizesTo32Bits(Faulty):
    """Allocates what is left of a size in 32 bits."""

    def allocate(self, nbytes: int) -> Any:
        return super().allocate(nbytes % (1 << 32) if nbytes > 0 else nbytes)


class StaysOutOfMemory(Faulty):
    """Refuses everything once it has refused one request."""

    exhausted = False

    def allocate(self, nbytes: int) -> Any:
        if self.exhausted:
            raise DeviceError(OUT_OF_MEMORY)
        try:
            return super().allocate(nbytes)
        except DeviceError as error:
            self.exhausted = error.kind == OUT_OF_MEMORY
            raise


class MakesRoomByForce(Faulty):
    """Clears the buffers there are when a request fails."""

    def allocate(self, nbytes: int) -> Any:
        try:
            return super().allocate(nbytes)
        except DeviceError:
            for buffer, size in self.sizes.items():
                self.inner.write(buffer, bytes(min(size, 4096)))
            raise


class HasNoEmptyBuffers(Faulty):
    """Refuses a size of zero."""

    def allocate(self, nbytes: int) -> Any:
        if nbytes == 0:
            raise DeviceError(INVALID_VALUE)
        return super().allocate(nbytes)


class WritesWhatFits(Faulty):
    """Refuses a write that is too long, but writes the part that fits."""

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        room = max(self.sizes.get(buffer, 0) - offset, 0)
        if offset >= 0 and room < len(data):
            self.inner.write(buffer, data[:room], min(offset, self.sizes[buffer]), stream)
        self.inner.write(buffer, data, offset, stream)


class ReadsPastTheEnd(Faulty):
    """Reads zeroes behind a buffer."""

    def read(self, buffer: Any, nbytes: int, offset: int = 0, stream: Any = None) -> bytes:
        data = bytes(self.inner.read(buffer, self.sizes[buffer], 0, stream))
        return (data + bytes(nbytes + offset))[offset : offset + nbytes] if 0 <= offset < 4096 else bytes(nbytes)


class CountsOffsetsBelowZeroFromTheEnd(Faulty):
    """Takes a copy to a negative offset."""

    def copy(
        self, target: Any, source: Any, nbytes: int, target_offset: int = 0, source_offset: int = 0, stream: Any = None
    ) -> None:
        back = self.sizes[target] - nbytes if target_offset < 0 else target_offset
        self.inner.copy(target, source, nbytes, back, source_offset, stream)


class WrapsOffsetsAround(Faulty):
    """Adds offset and size in signed 64 bits."""

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        end = (offset + len(data) + (1 << 63)) % (1 << 64) - (1 << 63)
        if offset >= 0 and end < 0:
            return
        self.inner.write(buffer, data, offset, stream)


class UsesAddressesAsHandles(Faulty):
    """Hands the address of a released buffer out again, and knows a buffer by nothing else."""

    def __init__(self, profile: str = "reference/ieee") -> None:
        super().__init__(profile)
        self.addresses = count(64, 64)
        self.free: list[int] = []
        self.at: dict[Any, Any] = {}

    def _find(self, address: Any) -> Any:
        if address not in self.at:
            raise DeviceError(INVALID_HANDLE)
        return self.at[address]

    def allocate(self, nbytes: int) -> Any:
        buffer = self.inner.allocate(nbytes)
        address = self.free.pop() if self.free else next(self.addresses)
        self.at[address] = buffer
        return address

    def release(self, buffer: Any) -> None:
        self.inner.release(self._find(buffer))
        del self.at[buffer]
        self.free.append(buffer)

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        self.inner.write(self._find(buffer), data, offset, stream)

    def read(self, buffer: Any, nbytes: int, offset: int = 0, stream: Any = None) -> bytes:
        return bytes(self.inner.read(self._find(buffer), nbytes, offset, stream))

    def copy(self, target: Any, source: Any, nbytes: int, *rest: Any, **named: Any) -> None:
        self.inner.copy(self._find(target), self._find(source), nbytes, *rest, **named)


class ReleasesTwice(Faulty):
    """Ignores a second release."""

    def release(self, buffer: Any) -> None:
        if buffer not in self.released:
            super().release(buffer)


class TakesNullForNothingToDo(Faulty):
    """Takes a write to a null handle for done."""

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        if buffer is not None:
            self.inner.write(buffer, data, offset, stream)


class ReleasesNull(Faulty):
    """Takes the release of a null handle for done."""

    def release(self, buffer: Any) -> None:
        if buffer is not None:
            super().release(buffer)


class WritesWholeWords(Faulty):
    """Fills a write up to whole words."""

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        padded = data + bytes(-len(data) % 4)
        whole = padded if offset + len(padded) <= self.sizes.get(buffer, 0) else data
        self.inner.write(buffer, whole, offset, stream)


class LosesTheLastByte(Faulty):
    """Never writes the last byte by itself."""

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        if len(data) == 1 and offset == self.sizes[buffer] - 1:
            return
        self.inner.write(buffer, data, offset, stream)


class TakesNegativeForNothing(Faulty):
    """Takes a negative size for zero."""

    def allocate(self, nbytes: int) -> Any:
        return super().allocate(max(nbytes, 0))


class HasATableOf256(Faulty):
    """Knows no more than 256 buffers at once."""

    def allocate(self, nbytes: int) -> Any:
        if len(self.sizes) >= 256:
            raise DeviceError(OUT_OF_MEMORY)
        return super().allocate(nbytes)


class Leaks(Faulty):
    """Keeps the memory of released buffers."""

    def release(self, buffer: Any) -> None:
        self.released.add(buffer)


class CutsOffsetsTo24Bits(Faulty):
    """Addresses 16 MiB, again and again."""

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        self.inner.write(buffer, data, offset % (1 << 24), stream)

    def read(self, buffer: Any, nbytes: int, offset: int = 0, stream: Any = None) -> bytes:
        return bytes(self.inner.read(buffer, nbytes, offset % (1 << 24), stream))


class LaunchesOnAnything(Faulty):
    """Takes a launch it cannot carry out for done."""

    forgiven = ""

    def launch(self, operation: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor], *rest: Any, **k: Any) -> None:
        try:
            self.inner.launch(operation, inputs, outputs, *rest, **k)
        except DeviceError as error:
            if error.kind != self.forgiven:
                raise


class LaunchesOutOfBounds(LaunchesOnAnything):
    """Takes a launch outside a buffer for done."""

    forgiven = INVALID_VALUE


class LaunchesOnReleased(LaunchesOnAnything):
    """Takes a launch on a released buffer for done."""

    forgiven = INVALID_HANDLE


class SpoilsTheOutputFirst(Faulty):
    """Clears the output before it looks at the launch."""

    def launch(self, operation: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor], *rest: Any, **k: Any) -> None:
        for tensor in outputs:
            if tensor.buffer in self.sizes:
                self.inner.write(tensor.buffer, bytes(self.sizes[tensor.buffer]))
        self.inner.launch(operation, inputs, outputs, *rest, **k)


class ReleasesIntoOthers(Faulty):
    """Clears the buffer behind a released one."""

    def release(self, buffer: Any) -> None:
        super().release(buffer)
        after = [other for other in self.sizes if other > buffer]
        if after:
            self.inner.write(after[0], bytes(self.sizes[after[0]]))


class ForgetsWhatIsHeld(Faulty):
    """Compares a request with the capacity, not with what is left of it."""

    def allocate(self, nbytes: int) -> Any:
        return super().allocate(min(nbytes, 1 << 20) if nbytes <= 16 << 30 else nbytes)


class CopiesFromAStagingAreaLater(Faulty):
    """Lays all data into one staging area, and moves it into the buffers when somebody waits."""

    def __init__(self, profile: str = "reference/ieee") -> None:
        super().__init__(profile)
        self.staging = bytearray()
        self.late: list[tuple[Any, int, int, Any]] = []

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        self.inner.write(buffer, data, offset, stream)
        self.staging[: len(data)] = data
        self.late.append((buffer, len(data), offset, stream))

    def synchronize(self, stream: Any = None) -> None:
        for buffer, size, offset, queue in self.late:
            self.inner.write(buffer, bytes(self.staging[:size]), offset, queue)
        self.late.clear()
        self.inner.synchronize(stream)


class IsLostAfterARefusal(Faulty):
    """Keeps the error of a refused call, and fails everything after it."""

    lost = False

    def read(self, buffer: Any, nbytes: int, offset: int = 0, stream: Any = None) -> bytes:
        try:
            return bytes(self.inner.read(buffer, nbytes, offset, stream))
        except DeviceError:
            self.lost = True
            raise

    def synchronize(self, stream: Any = None) -> None:
        if self.lost:
            raise DeviceError(DEVICE_LOST)
        self.inner.synchronize(stream)


class CutsOffsetsTo32Bits(Faulty):
    """Addresses 4 GiB, again and again."""

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        self.inner.write(buffer, data, offset % (1 << 32), stream)

    def read(self, buffer: Any, nbytes: int, offset: int = 0, stream: Any = None) -> bytes:
        return bytes(self.inner.read(buffer, nbytes, offset % (1 << 32), stream))


class TrustsStrides(Faulty):
    """Checks a tensor by its shape alone, and computes on what lies dense."""

    def launch(self, operation: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor], *rest: Any, **k: Any) -> None:
        dense = [[replace(tensor, strides=None, offset=0) for tensor in tensors] for tensors in (inputs, outputs)]
        self.inner.launch(operation, *dense, *rest, **k)


class PromisesMoreThanItHas(Faulty):
    """Grants requests beyond its capacity."""

    def allocate(self, nbytes: int) -> Any:
        limit = 1 << 40
        return super().allocate(min(nbytes, 1 << 20) if nbytes < limit else nbytes)
