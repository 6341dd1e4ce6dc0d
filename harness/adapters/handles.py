"""Handles for things a library knows only as objects: integers that are never given out twice.

This file travels to the far side of a place: standard library only, Python 3.8 or later.
"""

from __future__ import annotations

from itertools import count
from typing import Any

from harness.device.protocol import ADAPTER_LAYER, INVALID_HANDLE, DeviceError

_NUMBERS = count(0x1000)


class Handles:
    """A table of one kind of thing by handle. No two tables of a process share a number."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._things: dict[int, Any] = {}

    def add(self, thing: Any) -> int:
        """Keep a thing and return its handle."""
        handle = next(_NUMBERS)
        self._things[handle] = thing
        return handle

    def find(self, handle: Any) -> Any:
        """The thing of a handle; raises ``DeviceError`` (invalid handle), found by the adapter, where there is none."""
        if type(handle) is not int or handle not in self._things:
            raise DeviceError(INVALID_HANDLE, f"{handle!r} is no {self._kind} of this device", ADAPTER_LAYER)
        return self._things[handle]

    def remove(self, handle: Any) -> Any:
        """Forget a handle and return its thing."""
        thing = self.find(handle)
        del self._things[handle]
        return thing

    def clear(self) -> None:
        """Forget everything."""
        self._things.clear()
