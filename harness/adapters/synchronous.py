"""Streams and events for a library that has none: everything is done when the call returns.

Every answer given here is the adapter's own, and errors found here say so. This file travels to the far side of a
place: Python 3.8 or later.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.adapters.handles import Handles
from harness.device.protocol import ADAPTER_LAYER, INVALID_VALUE, DeviceError


class SynchronousStreams:
    """Streams on which work runs at once; an event's time is the host's clock when it was recorded."""

    #: The layer that answers ``stream``, ``event``, ``record``, ``wait``, ``elapsed`` and ``synchronize``.
    layer = ADAPTER_LAYER

    def __init__(self) -> None:
        self._streams = Handles("stream")
        self._events = Handles("event")

    def stream(self) -> int:
        """A new stream."""
        return self._streams.add(True)

    def event(self) -> int:
        """A new event; the time of its recording stands in the list."""
        return self._events.add([])

    def record(self, event: Any, stream: Any) -> None:
        """Take the time; all work is done already."""
        times = self._events.find(event)
        self._check(stream)
        times[:] = [time.perf_counter()]

    def wait(self, stream: Any, event: Any) -> None:
        """Check the handles; there is nothing to wait for."""
        self._check(stream)
        self._events.find(event)

    def elapsed(self, start: Any, end: Any) -> float:
        """Milliseconds between two recordings; raises invalid value for an unrecorded event."""
        begin, finish = self._events.find(start), self._events.find(end)
        if not begin or not finish:
            raise DeviceError(INVALID_VALUE, "the event was never recorded", ADAPTER_LAYER)
        return float(finish[0] - begin[0]) * 1e3

    def synchronize(self, stream: Any) -> None:
        """Check the handle; there is nothing to wait for."""
        self._check(stream)

    @contextmanager
    def on(self, stream: Any) -> Iterator[None]:
        """Do the work of the block on a stream, which here is at once."""
        self._check(stream)
        yield

    def before_release(self) -> None:
        """Wait until no work can use a buffer any more, which here is always."""

    def close(self) -> None:
        """Forget every handle."""
        self._streams.clear()
        self._events.clear()

    def _check(self, stream: Any) -> None:
        if stream is not None:
            self._streams.find(stream)
