"""Streams and events of an accelerator, through the part of torch that is the same for every one of them.

This file travels to the far side of a place: torch only, Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from harness.adapters.handles import Handles
from harness.device.protocol import DeviceError


class TorchStreams:
    """``torch.Stream`` and ``torch.Event`` of one device; the default stream is the one current when it was opened.

    ``translate`` makes a standard error of one of torch's exceptions.
    """

    layer = "torch"

    def __init__(self, device: torch.device, translate: Callable[[Exception], DeviceError]) -> None:
        self._device = device
        self._translate = translate
        self._default = torch.accelerator.current_stream(device)
        self._streams = Handles("stream")
        self._events = Handles("event")

    def stream(self) -> int:
        """A new ``torch.Stream``."""
        with self._translated():
            return self._streams.add(torch.Stream(device=self._device))

    def event(self) -> int:
        """A new ``torch.Event`` that takes the time."""
        with self._translated():
            return self._events.add(torch.Event(device=self._device, enable_timing=True))

    def record(self, event: Any, stream: Any) -> None:
        """Record the event on the stream."""
        found, queue = self._events.find(event), self._find(stream)
        with self._translated():
            found.record(queue)

    def wait(self, stream: Any, event: Any) -> None:
        """Let the stream wait for the event."""
        queue, found = self._find(stream), self._events.find(event)
        with self._translated():
            queue.wait_event(found)

    def elapsed(self, start: Any, end: Any) -> float:
        """Wait for both events and return torch's milliseconds between them."""
        begin, finish = self._events.find(start), self._events.find(end)
        with self._translated():
            begin.synchronize()
            finish.synchronize()
            return float(begin.elapsed_time(finish))

    def synchronize(self, stream: Any) -> None:
        """Wait for a stream, or for the device."""
        queue = None if stream is None else self._streams.find(stream)
        with self._translated():
            if queue is None:
                torch.accelerator.synchronize(self._device)
            else:
                queue.synchronize()

    @contextmanager
    def on(self, stream: Any) -> Iterator[None]:
        """Let torch queue the work of the block on a stream."""
        queue = self._find(stream)
        with queue:
            yield

    def before_release(self) -> None:
        """Wait for the device: torch gives memory out again without asking the streams that still use it."""
        with self._translated():
            torch.accelerator.synchronize(self._device)

    def close(self) -> None:
        """Forget every handle."""
        self._streams.clear()
        self._events.clear()

    def _find(self, stream: Any) -> Any:
        return self._default if stream is None else self._streams.find(stream)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DeviceError:
            raise
        except Exception as error:
            raise self._translate(error) from error
