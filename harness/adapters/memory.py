"""Where the buffers of a device live, for a device that is put together from parts.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Optional, Protocol

from harness.adapters.handles import Handles
from harness.device.extent import check_range
from harness.device.protocol import ADAPTER_LAYER, DeviceError


class Memory(Protocol):
    """Buffers by handle, as ``Device`` has them, and as arrays of bytes that a library computes on."""

    @property
    def layers(self) -> Mapping[str, str]:
        """The layer that answers each of ``allocate``, ``release``, ``write``, ``read`` and ``copy``."""

    def allocate(self, nbytes: int) -> Any:
        """A new buffer's handle."""

    def release(self, buffer: Any) -> None:
        """Give a buffer back."""

    def write(self, buffer: Any, data: bytes, offset: int, stream: Any) -> None:
        """Copy host bytes into a buffer."""

    def read(self, buffer: Any, nbytes: int, offset: int, stream: Any) -> bytes:
        """Wait for the stream and copy a buffer's bytes to the host."""

    def copy(self, target: Any, source: Any, nbytes: int, target_offset: int, source_offset: int, stream: Any) -> None:
        """Copy between buffers, or within one as if through an intermediate buffer."""

    def array(self, buffer: Any) -> Any:
        """A buffer as the library's array of bytes; raises ``DeviceError`` (invalid handle) where there is none."""

    def close(self) -> None:
        """Give every buffer back."""


class Bytes(Protocol):
    """The part of an array library that holds bytes; a buffer is an array of bytes of its own."""

    @property
    def name(self) -> str:
        """The layer its answers are attributed to."""

    def empty(self, nbytes: int) -> Any:
        """A new buffer."""

    def size(self, buffer: Any) -> int:
        """A buffer's bytes."""

    def store(self, buffer: Any, offset: int, data: bytes) -> None:
        """Copy host bytes into a buffer."""

    def load(self, buffer: Any, offset: int, nbytes: int) -> bytes:
        """Copy a buffer's bytes to the host, and wait for them."""

    def move(self, target: Any, to: int, source: Any, start: int, nbytes: int) -> None:
        """Copy between buffers, or within one as if through an intermediate buffer."""

    def translate(self, error: Exception) -> DeviceError:
        """The standard error that one of its exceptions is."""


class Ordering(Protocol):
    """The part of streams that memory needs."""

    def on(self, stream: Any) -> AbstractContextManager[None]:
        """Do the work of a block on a stream."""

    def before_release(self) -> None:
        """Wait until no work can use a buffer any more."""


class LibraryMemory:
    """Buffers that are arrays of a library; handles and bounds are the adapter's.

    ``layer`` is who answers for them: the library, unless its arrays only stand in for the memory of something else.
    """

    def __init__(self, library: Bytes, streams: Ordering, layer: Optional[str] = None) -> None:
        self._library = library
        self._streams = streams
        self._layer = layer or library.name
        self._buffers = Handles("buffer")

    @property
    def layers(self) -> Mapping[str, str]:
        """The library's own, but for giving back, which is the adapter's forgetting."""
        own = dict.fromkeys(("allocate", "write", "read", "copy"), self._layer)
        return {**own, "release": ADAPTER_LAYER}

    def allocate(self, nbytes: int) -> int:
        """A buffer of the library's; what it refuses is its own refusal."""
        return self._buffers.add(call(self._library, self._library.empty, nbytes))

    def release(self, buffer: Any) -> None:
        """Forget a buffer; the library takes the memory back."""
        self._buffers.find(buffer)
        self._streams.before_release()
        self._buffers.remove(buffer)

    def write(self, buffer: Any, data: bytes, offset: int, stream: Any) -> None:
        """Copy host bytes into a buffer."""
        found = self._buffers.find(buffer)
        begin, _ = self._range(offset, len(data), found)
        with self._streams.on(stream):
            call(self._library, self._library.store, found, begin, data)

    def read(self, buffer: Any, nbytes: int, offset: int, stream: Any) -> bytes:
        """Wait for the stream and copy a buffer's bytes to the host."""
        found = self._buffers.find(buffer)
        begin, size = self._range(offset, nbytes, found)
        with self._streams.on(stream):
            data: bytes = call(self._library, self._library.load, found, begin, size)
        return data

    def copy(self, target: Any, source: Any, nbytes: int, target_offset: int, source_offset: int, stream: Any) -> None:
        """Copy between buffers."""
        into, origin = self._buffers.find(target), self._buffers.find(source)
        to, size = self._range(target_offset, nbytes, into)
        start, _ = self._range(source_offset, nbytes, origin)
        with self._streams.on(stream):
            call(self._library, self._library.move, into, to, origin, start, size)

    def array(self, buffer: Any) -> Any:
        """The library's array."""
        return self._buffers.find(buffer)

    def close(self) -> None:
        """Forget every buffer."""
        self._buffers.clear()

    def _range(self, offset: int, nbytes: int, buffer: Any) -> tuple[int, int]:
        return check_range(offset, nbytes, self._library.size(buffer), ADAPTER_LAYER)


class _Translating(Protocol):
    def translate(self, error: Exception) -> DeviceError:
        """The standard error that one of its exceptions is."""


def call(library: _Translating, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of a library; what it raises becomes a standard error."""
    try:
        return function(*arguments)
    except DeviceError:
        raise
    except Exception as error:
        raise library.translate(error) from error
