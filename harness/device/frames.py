"""Frames between the two sides of a device: a length, then JSON; bulk data lies in a mapped file beside them.

A frame is ``b"ASY1"``, the length of the payload as four little-endian bytes, and the payload. This file travels to the
far side: standard library only, Python 3.8 or later.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Optional

#: The version of what frames say; both sides must have the same.
VERSION = 1
MAGIC = b"ASY1"
HEADER = struct.Struct("<4sI")
LARGEST_FRAME = 64 << 20

#: The first bytes of the mapped file: the number of the frame, and of the case in it, that the far side is at.
HEARTBEAT = struct.Struct("<II")
#: Where data begins in the mapped file.
DATA_BEGINS = 4096


class FrameError(Exception):
    """What came through the pipe is no frame of ours."""


def encode(message: Any) -> bytes:
    """A message as one frame."""
    payload = json.dumps(message, separators=(",", ":")).encode()
    if len(payload) > LARGEST_FRAME:
        raise FrameError(f"a frame of {len(payload)} bytes is larger than {LARGEST_FRAME}")
    return HEADER.pack(MAGIC, len(payload)) + payload


def take(received: bytearray) -> Optional[Any]:
    """Remove the first whole frame from ``received`` and return its message; ``None`` while it is not whole.

    Raises ``FrameError`` on bytes that cannot begin a frame, or a payload that is not JSON.
    """
    if len(received) < HEADER.size:
        if received and not MAGIC.startswith(bytes(received[: len(MAGIC)])):
            raise FrameError(f"the other side sent something that is no frame: {bytes(received[:16])!r}")
        return None
    magic, length = HEADER.unpack_from(received)
    if magic != MAGIC:
        raise FrameError(f"the other side sent something that is no frame: {bytes(received[:16])!r}")
    if length > LARGEST_FRAME:
        raise FrameError(f"a frame claims {length} bytes, more than {LARGEST_FRAME}")
    if len(received) < HEADER.size + length:
        return None
    payload = bytes(received[HEADER.size : HEADER.size + length])
    del received[: HEADER.size + length]
    try:
        return json.loads(payload.decode())
    except ValueError as error:
        raise FrameError(f"a frame holds no JSON: {error}") from None
