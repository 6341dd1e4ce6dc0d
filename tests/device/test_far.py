"""What the far side answers for a device that does not keep to the protocol."""

from __future__ import annotations

from typing import Any

import pytest

from harness.device.far import UNEXPECTED, execute
from tests.device.memory_device import MemoryDevice


class _Cut(MemoryDevice):
    """Gives fewer or more bytes than it was asked for."""

    def __init__(self, given: bytes) -> None:
        super().__init__()
        self.given = given

    def read(self, buffer: Any, nbytes: int, offset: int = 0, stream: Any = None) -> bytes:
        return self.given


@pytest.mark.parametrize("given", [b"", b"123", b"12345"])
def test_a_read_of_another_length_is_no_refusal(given: bytes) -> None:
    """A device that answers a read outside a buffer with what there is has not refused it."""
    steps = [
        ["allocate", {"nbytes": 4}, "buffer"],
        ["read", {"buffer": {"ref": "buffer"}, "nbytes": 4, "offset": 0, "into": 0}, None],
    ]
    answer = execute(_Cut(given), steps, bytearray(64))[1]
    assert answer["error"] == UNEXPECTED
    assert answer["message"] == f"ValueError: read returned {len(given)} bytes instead of 4"
