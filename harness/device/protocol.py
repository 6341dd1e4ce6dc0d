"""The one seam to hardware: what a device can be asked to do, and the errors it may answer with.

This file travels to the far side of a place: standard library only, Python 3.8 or later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Protocol, Sequence, Tuple

# The standard kinds of error. An adapter translates every foreign error into one of them at the border.
OUT_OF_MEMORY = "out of memory"
INVALID_VALUE = "invalid value"
INVALID_HANDLE = "invalid handle"
UNSUPPORTED = "unsupported"
DEVICE_LOST = "device lost"
TIMEOUT = "timeout"
ERROR_KINDS = (OUT_OF_MEMORY, INVALID_VALUE, INVALID_HANDLE, UNSUPPORTED, DEVICE_LOST, TIMEOUT)

# The layer that answers when the adapter itself does, because the library under test has no such notion.
ADAPTER_LAYER = "adapter"


class DeviceError(Exception):
    """A device refused a call or failed to carry it out.

    ``kind`` is one of ``ERROR_KINDS``. ``layer`` names who found the error; ``None`` means the layer that normally
    answers the call. An adapter that enforces a rule itself, because the library beneath it would not, says
    ``layer=ADAPTER_LAYER``: such an answer never counts as the library's own.
    """

    def __init__(self, kind: str, message: str = "", layer: Optional[str] = None) -> None:
        if kind not in ERROR_KINDS:
            raise ValueError(f"{kind!r} is not a standard kind of device error")
        super().__init__(message or kind)
        self.kind = kind
        self.message = message or kind
        self.layer = layer


@dataclass(frozen=True)
class Tensor:
    """A view of a buffer: what a launch reads or writes.

    ``dtype`` is a name (``float32``, ``bfloat16`` ...); ``strides`` count elements, not bytes, and may be zero or
    negative; ``offset`` counts bytes from the start of the buffer to the first element. The strides of a dense
    row-major tensor may be left out.
    """

    buffer: Any
    dtype: str
    shape: Tuple[int, ...]
    strides: Optional[Tuple[int, ...]] = None
    offset: int = 0


@dataclass(frozen=True)
class Description:
    """What a device says of itself: facts for the report, none of them trusted.

    ``layers`` maps a method name of ``Device`` to the layer that answers it (``driver``, ``torch``, ``numpy`` ...);
    the key ``*`` stands for all others. ``facts`` is free-form JSON: product, serial, driver, versions, flags.
    """

    name: str
    simulated: bool = False
    layers: Mapping[str, str] = field(default_factory=lambda: {"*": "device"})
    facts: Dict[str, Any] = field(default_factory=dict)


class Device(Protocol):
    """A device under test.

    Buffers, streams and events are opaque handles of the device's own choosing. ``stream=None`` is the default stream.
    Errors of arguments are raised at the call; errors of execution at the next synchronising call (``read``,
    ``synchronize``, ``elapsed``) on that stream. Every refusal is a ``DeviceError``.
    """

    def describe(self) -> Description:
        """Say what the device is."""

    def supports(self, operation: str, dtypes: Sequence[str]) -> bool:
        """Whether ``launch`` takes this operation with these input and output dtypes (inputs first)."""

    def allocate(self, nbytes: int) -> Any:
        """Reserve ``nbytes`` of device memory and return its handle; the contents are undefined."""

    def release(self, buffer: Any) -> None:
        """Give a buffer back; its handle is invalid from then on."""

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        """Copy host bytes into a buffer; ``data`` may be reused by the caller once the call returns."""

    def read(self, buffer: Any, nbytes: int, offset: int = 0, stream: Any = None) -> bytes:
        """Wait for ``stream``, then return ``nbytes`` of a buffer."""

    def copy(
        self, target: Any, source: Any, nbytes: int, target_offset: int = 0, source_offset: int = 0, stream: Any = None
    ) -> None:
        """Copy between buffers, or within one as if through an intermediate buffer."""

    def stream(self) -> Any:
        """Create a stream: work on it runs in order, and in no order with other streams unless events say so."""

    def event(self) -> Any:
        """Create an event, not yet recorded."""

    def record(self, event: Any, stream: Any = None) -> None:
        """Let ``event`` complete when the work now on ``stream`` has."""

    def wait(self, stream: Any, event: Any) -> None:
        """Hold later work on ``stream`` until ``event`` completes; an unrecorded event holds nothing."""

    def elapsed(self, start: Any, end: Any) -> float:
        """Wait for both events and return the milliseconds between them; both must have been recorded."""

    def synchronize(self, stream: Any = None) -> None:
        """Wait for all work on ``stream``, or with ``None`` on the whole device."""

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        """Enqueue an operation of the interface; the inputs are not changed."""

    def close(self) -> None:
        """Give everything back; no other call follows."""
