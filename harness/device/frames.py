"""Frames between the two sides of a device: two lengths, then JSON, then bulk data where the sides share no memory.

A frame is ``b"ASY2"``, the length of the message and that of the data as four little-endian bytes each, the message and
the data. This file travels to the far side: standard library only, Python 3.8 or later.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Dict, NamedTuple, Optional

#: The version of what frames say; both sides must have the same.
VERSION = 2
MAGIC = b"ASY2"
HEADER = struct.Struct("<4sII")
LARGEST_MESSAGE = 64 << 20
LARGEST_DATA = (1 << 32) - 1

#: The first bytes of a mapped file: the number of the frame, and of the case in it, that the far side is at.
HEARTBEAT = struct.Struct("<II")
#: Where data begins in a mapped file.
DATA_BEGINS = 4096


class FrameError(Exception):
    """What came through the pipe is no frame of ours."""


class Arrived(NamedTuple):
    """One whole frame: its message, and the data behind it."""

    message: Dict[str, Any]
    data: bytes


def encode(message: Any, data: bytes = b"") -> bytes:
    """A message and its data as one frame; raises ``FrameError`` where they are too large for one."""
    payload = json.dumps(message, separators=(",", ":")).encode()
    if len(payload) > LARGEST_MESSAGE or len(data) > LARGEST_DATA:
        raise FrameError(f"a frame of {len(payload)} and {len(data)} bytes is too large")
    return HEADER.pack(MAGIC, len(payload), len(data)) + payload + data


def take(received: bytearray) -> Optional[Arrived]:
    """Remove the first whole frame from ``received`` and return it; ``None`` while it is not whole.

    Raises ``FrameError`` on bytes that cannot begin a frame, or a message that is no JSON object.
    """
    begin = bytes(received[: len(MAGIC)])
    if not MAGIC.startswith(begin):
        raise FrameError(f"the other side sent something that is no frame: {bytes(received[:60])!r}")
    if len(received) < HEADER.size:
        return None
    _, length, bulk = HEADER.unpack_from(received)
    if length > LARGEST_MESSAGE:
        raise FrameError(f"a frame claims a message of {length} bytes, more than {LARGEST_MESSAGE}")
    whole = HEADER.size + length + bulk
    if len(received) < whole:
        return None
    payload = bytes(received[HEADER.size : HEADER.size + length])
    data = bytes(received[HEADER.size + length : whole])
    del received[:whole]
    try:
        message = json.loads(payload.decode())
    except ValueError as error:
        raise FrameError(f"a frame holds no JSON: {error}") from None
    if not isinstance(message, dict):
        raise FrameError(f"a frame holds a {type(message).__name__} where an object should be")
    return Arrived(message, data)
