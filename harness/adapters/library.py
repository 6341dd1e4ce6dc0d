"""A ``Device`` over an array library: buffers of bytes, handles and bounds by the adapter, the rest by the library.

What the library can refuse it refuses itself; what it would not notice, or has no notion of, the adapter refuses and
says so. This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Optional, Protocol

from harness.adapters.memory import Bytes, LibraryMemory, Memory, call
from harness.adapters.spelling import Spelling
from harness.device.extent import check_tensor, overlaps_itself
from harness.device.protocol import (
    ADAPTER_LAYER,
    INVALID_VALUE,
    UNSUPPORTED,
    Description,
    DeviceError,
    Tensor,
)


class Library(Bytes, Protocol):
    """What the adapter needs of an array library."""

    @property
    def xp(self) -> Any:
        """Its array namespace."""

    @property
    def operations(self) -> Mapping[str, Spelling]:
        """The operations it has, by the interface's names."""

    def facts(self) -> dict[str, Any]:
        """Versions, device and flags for the report."""

    def dtype(self, name: str) -> Any:
        """Its dtype of a name; raises ``DeviceError`` (unsupported)."""

    def itemsize(self, dtype: Any) -> int:
        """The bytes of one element."""

    def view(self, buffer: Any, tensor: Tensor, dtype: Any) -> Any:
        """The elements of a tensor in a buffer, as an array; it raises unless they lie in the buffer."""

    def assign(self, target: Any, result: Any) -> None:
        """Copy a result into the elements of an output, broadcast to its shape."""

    def ones(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """A small array to try an operation on."""

    def computing(self) -> AbstractContextManager[Any]:
        """The state of the library in which operations run."""


class Streams(Protocol):
    """What the adapter needs to order work; see ``SynchronousStreams``."""

    @property
    def layer(self) -> str:
        """The layer that answers."""

    def stream(self) -> Any:
        """A new stream."""

    def event(self) -> Any:
        """A new event."""

    def record(self, event: Any, stream: Any) -> None:
        """Let the event complete when the work now on the stream has."""

    def wait(self, stream: Any, event: Any) -> None:
        """Hold later work on the stream until the event completes."""

    def elapsed(self, start: Any, end: Any) -> float:
        """Milliseconds between two events."""

    def synchronize(self, stream: Any) -> None:
        """Wait for a stream, or for everything."""

    def on(self, stream: Any) -> AbstractContextManager[None]:
        """Do the work of a block on a stream."""

    def before_release(self) -> None:
        """Wait until no work can use a buffer any more."""

    def close(self) -> None:
        """Forget every handle."""


class LibraryDevice:
    """A device that is an array library; its buffers are the library's arrays unless ``memory`` holds them."""

    def __init__(self, library: Library, streams: Streams, memory: Optional[Memory] = None) -> None:
        self._library = library
        self._streams = streams
        self._memory = memory or LibraryMemory(library, streams)
        self._supported: dict[tuple[str, ...], bool] = {}

    def describe(self) -> Description:
        """The library, its version and its flags, and which answers are its own."""
        own = self._library.name
        ordering = dict.fromkeys(("stream", "event", "record", "wait", "elapsed", "synchronize"), self._streams.layer)
        layers = {"*": own, "close": ADAPTER_LAYER, **self._memory.layers, **ordering}
        return Description(own, layers=layers, facts=self._library.facts())

    def supports(self, operation: str, dtypes: Sequence[str]) -> bool:
        """Whether the library carries the operation out on a tensor of ones with these dtypes."""
        key = (operation, *dtypes)
        if key not in self._supported:
            self._supported[key] = self._try(operation, dtypes)
        return self._supported[key]

    def allocate(self, nbytes: int) -> Any:
        """A new buffer."""
        return self._memory.allocate(nbytes)

    def release(self, buffer: Any) -> None:
        """Give a buffer back."""
        self._memory.release(buffer)

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        """Copy host bytes into a buffer."""
        self._memory.write(buffer, data, offset, stream)

    def read(self, buffer: Any, nbytes: int, offset: int = 0, stream: Any = None) -> bytes:
        """Wait for the stream and copy a buffer's bytes to the host."""
        return self._memory.read(buffer, nbytes, offset, stream)

    def copy(
        self, target: Any, source: Any, nbytes: int, target_offset: int = 0, source_offset: int = 0, stream: Any = None
    ) -> None:
        """Copy between buffers."""
        self._memory.copy(target, source, nbytes, target_offset, source_offset, stream)

    def stream(self) -> Any:
        """A new stream."""
        return self._streams.stream()

    def event(self) -> Any:
        """A new event."""
        return self._streams.event()

    def record(self, event: Any, stream: Any = None) -> None:
        """Let an event complete when the work now on the stream has."""
        self._streams.record(event, stream)

    def wait(self, stream: Any, event: Any) -> None:
        """Hold later work on a stream until the event completes."""
        self._streams.wait(stream, event)

    def elapsed(self, start: Any, end: Any) -> float:
        """Milliseconds between two events."""
        return self._streams.elapsed(start, end)

    def synchronize(self, stream: Any = None) -> None:
        """Wait for a stream, or for everything."""
        self._streams.synchronize(stream)

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        """Let the library compute, and copy the result into the output's elements."""
        spelling = self._library.operations.get(operation)
        if spelling is None:
            raise DeviceError(UNSUPPORTED, f"no operation {operation!r}", ADAPTER_LAYER)
        # Left to the library, an operand too many might be taken for an option, such as numpy's ``out``.
        least, most = spelling.arity
        if not least <= len(inputs) <= most:
            raise DeviceError(INVALID_VALUE, f"{operation} does not have {len(inputs)} operands", ADAPTER_LAYER)
        if len(outputs) != len(spelling.example.outputs):
            raise DeviceError(INVALID_VALUE, f"{operation} does not have {len(outputs)} outputs", ADAPTER_LAYER)
        if any(overlaps_itself(output) for output in outputs):
            raise DeviceError(INVALID_VALUE, "elements of the output overlap", ADAPTER_LAYER)
        with self._streams.on(stream):
            views = [self._view(tensor) for tensor in (*inputs, *outputs)]
            self._run(self._compute, operation, views[: len(inputs)], attributes, views[len(inputs) :])

    def close(self) -> None:
        """Let go of everything."""
        self._memory.close()
        self._streams.close()

    def _compute(
        self, operation: str, operands: Sequence[Any], attributes: Mapping[str, Any], targets: Sequence[Any]
    ) -> None:
        spelling = self._library.operations[operation]
        found = spelling.compute(self._library.xp, operands, attributes, [target.dtype for target in targets])
        for result, target in zip(found, targets):
            if not spelling.converts and result.dtype != target.dtype:
                raise DeviceError(UNSUPPORTED, f"{operation} gives {result.dtype}, not {target.dtype}")
            if tuple(result.shape) != tuple(target.shape) and not (spelling.stretches and _stretches(result, target)):
                shapes = f"{tuple(result.shape)}, not {tuple(target.shape)}"
                raise DeviceError(INVALID_VALUE, f"the result has shape {shapes}", ADAPTER_LAYER)
        for result, target in zip(found, targets):
            self._library.assign(target, result)

    def _try(self, operation: str, dtypes: Sequence[str]) -> bool:
        spelling = self._library.operations.get(operation)
        if spelling is None:
            return False
        example = spelling.example
        count = len(dtypes) - len(example.outputs)
        if not spelling.arity[0] <= count <= spelling.arity[1]:
            return False
        shapes = (*example.inputs[:count], *example.outputs)
        try:
            ones = [self._library.ones(shape, self._library.dtype(name)) for shape, name in zip(shapes, dtypes)]
            self._run(self._compute, operation, ones[:count], example.attributes, ones[count:])
        except DeviceError:
            return False
        return True

    def _view(self, tensor: Tensor) -> Any:
        buffer = self._memory.array(tensor.buffer)
        dtype = self._library.dtype(tensor.dtype)
        # No library can be trusted with memory it does not know to be another's.
        check_tensor(tensor, self._library.itemsize(dtype), self._library.size(buffer), ADAPTER_LAYER)
        return call(self._library, self._library.view, buffer, tensor, dtype)

    def _run(self, function: Any, *arguments: Any) -> Any:
        with self._library.computing():
            return call(self._library, function, *arguments)


def _stretches(result: Any, target: Any) -> bool:
    """Whether an elementwise result fills the output by repeating itself along its axes of length one."""
    short, long = tuple(result.shape), tuple(target.shape)
    return len(short) <= len(long) and all(a in (b, 1) for a, b in zip(reversed(short), reversed(long)))
