"""A case as data: the device calls it makes, in order, and what each of them answered.

A program names buffers, streams and events by the step that created them, so it can be sent to another process,
batched, cut down and replayed. It holds no expectations: those belong to the rule that judges its observations.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.protocol import Tensor

#: One encoder for all: ``json.dumps`` would make one for every step.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

#: Data written by a program: bytes, or an array whose bytes (row-major) are meant.
Data = bytes | NDArray[Any]


@dataclass(frozen=True)
class Ref:
    """The result of an earlier step, by name; ``Ref("")`` is a null handle, valid for no call."""

    name: str


@dataclass(frozen=True)
class Step:
    """One call on the device: a method of ``Device``, its arguments, and the name its result is kept under."""

    call: str
    arguments: dict[str, Any]
    result: str | None = None


@dataclass(frozen=True)
class Program:
    """The device calls of one case, in order."""

    steps: tuple[Step, ...]

    def digest(self) -> str:
        """128 bits over every call and every byte of input: two runs with equal digests asked the same."""
        digest = hashlib.blake2b(digest_size=16)
        for step in self.steps:
            header = [step.call, step.result, {k: plain(v) for k, v in step.arguments.items() if k != "data"}]
            digest.update(_encode(header).encode())
            if "data" in step.arguments:
                digest.update(to_bytes(step.arguments["data"]))
        return digest.hexdigest()


@dataclass(frozen=True)
class Observation:
    """What one step answered: a value, or an error of a standard kind.

    ``error`` is a kind of ``harness.device.protocol.ERROR_KINDS``, or ``skipped`` when the step named the result of a
    step that had failed. ``layer`` names who answered.
    """

    value: Any = None
    error: str | None = None
    message: str = ""
    layer: str = "device"


class ProgramBuilder:
    """Writes a program down call by call; every method mirrors the method of ``Device`` of the same name.

    Methods that create something return its ``Ref``. ``read``, ``elapsed``, ``supports`` and ``describe`` return the
    index of their step, under which the rule finds the observation; so do the others through ``last``.
    """

    def __init__(self) -> None:
        self._steps: list[Step] = []

    @property
    def last(self) -> int:
        """The index of the step written last."""
        return len(self._steps) - 1

    def _add(self, call: str, result: str | None = None, /, **arguments: Any) -> int:
        self._steps.append(Step(call, {k: v for k, v in arguments.items() if v is not None}, result))
        return self.last

    def _create(self, call: str, /, **arguments: Any) -> Ref:
        ref = Ref(f"{call}{len(self._steps)}")
        self._add(call, ref.name, **arguments)
        return ref

    def allocate(self, nbytes: int) -> Ref:
        """Reserve bytes and return the buffer."""
        return self._create("allocate", nbytes=nbytes)

    def release(self, buffer: Ref) -> int:
        """Give a buffer back."""
        return self._add("release", buffer=buffer)

    def write(self, buffer: Ref, data: Data, offset: int = 0, stream: Ref | None = None) -> int:
        """Copy bytes, or an array as it lies in memory, into a buffer."""
        return self._add("write", buffer=buffer, data=data, offset=offset, stream=stream)

    def read(self, buffer: Ref, nbytes: int, offset: int = 0, stream: Ref | None = None) -> int:
        """Read bytes of a buffer."""
        return self._add("read", buffer=buffer, nbytes=nbytes, offset=offset, stream=stream)

    def copy(
        self,
        target: Ref,
        source: Ref,
        nbytes: int,
        target_offset: int = 0,
        source_offset: int = 0,
        stream: Ref | None = None,
    ) -> int:
        """Copy between buffers."""
        return self._add(
            "copy",
            target=target,
            source=source,
            nbytes=nbytes,
            target_offset=target_offset,
            source_offset=source_offset,
            stream=stream,
        )

    def stream(self) -> Ref:
        """Create a stream."""
        return self._create("stream")

    def event(self) -> Ref:
        """Create an event."""
        return self._create("event")

    def record(self, event: Ref, stream: Ref | None = None) -> int:
        """Record an event on a stream."""
        return self._add("record", event=event, stream=stream)

    def wait(self, stream: Ref | None, event: Ref) -> int:
        """Let a stream wait for an event."""
        return self._add("wait", stream=stream or Ref(""), event=event)

    def elapsed(self, start: Ref, end: Ref) -> int:
        """Ask for the milliseconds between two events."""
        return self._add("elapsed", start=start, end=end)

    def synchronize(self, stream: Ref | None = None) -> int:
        """Wait for a stream, or for all."""
        return self._add("synchronize", stream=stream)

    def launch(
        self,
        operation: str,
        inputs: list[Tensor],
        outputs: list[Tensor],
        attributes: dict[str, Any] | None = None,
        stream: Ref | None = None,
    ) -> int:
        """Launch an operation."""
        return self._add(
            "launch", operation=operation, inputs=inputs, outputs=outputs, attributes=attributes or {}, stream=stream
        )

    def supports(self, operation: str, dtypes: list[str]) -> int:
        """Ask whether an operation is supported."""
        return self._add("supports", operation=operation, dtypes=dtypes)

    def describe(self) -> int:
        """Ask the device what it is."""
        return self._add("describe")

    def build(self) -> Program:
        """The finished program."""
        return Program(tuple(self._steps))


def to_bytes(data: Data) -> bytes:
    """The bytes a step writes: an array's elements in row-major order, as they lie in memory."""
    return data if isinstance(data, bytes) else np.ascontiguousarray(data).tobytes()


def plain(value: Any) -> Any:
    """A step's argument as JSON: a reference is ``{"ref": name}``, a tensor ``{"tensor": [...]}``."""
    if isinstance(value, Ref):
        return {"ref": value.name}
    if isinstance(value, Tensor):
        strides = None if value.strides is None else list(value.strides)
        return {"tensor": [plain(value.buffer), value.dtype, list(value.shape), strides, value.offset]}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value
