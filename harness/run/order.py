"""What the supervisor hands to a child: the tests of one life, and where to write what they show.

It crosses as JSON on the child's standard input; the pulse is a mapped record of a few bytes through which the child
shows that it lives, readable whatever becomes of it.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import time
from dataclasses import asdict, dataclass
from pathlib import Path

#: Exit codes of a child: the device died, someone killed its worker, evidence could not be written, or a fresh device
#: is in no state to be tested.
DEVICE_DIED, WORKER_KILLED, CANNOT_WRITE, UNFIT = 80, 81, 82, 83


@dataclass(frozen=True)
class Order:
    """The tests of one life: names and attempts in order, and the file of evidence to write.

    ``parent`` is the supervisor's process, ``pulse`` the path of the mapped record, ``keep`` the number of failing
    cases whose arrays may be kept.
    """

    bundle: str
    life: int
    tests: tuple[tuple[str, int], ...]
    parent: int
    pulse: str
    keep: int

    def to_json(self) -> bytes:
        """The order as it crosses."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Order:
        """The order as it came."""
        fields = json.loads(data)
        fields["tests"] = tuple((name, attempt) for name, attempt in fields["tests"])
        return cls(**fields)


class PulseRecord:
    """Eight bytes of shared memory holding the time of the last sign of life, on the host's monotonic clock."""

    _TIME = struct.Struct("<d")

    def __init__(self, path: Path | None = None) -> None:
        """Open the record at ``path``, or make a new one."""
        flags = os.O_RDWR | os.O_CLOEXEC
        self._descriptor = os.memfd_create("assay-pulse") if path is None else os.open(path, flags)
        if path is None:
            os.ftruncate(self._descriptor, mmap.PAGESIZE)
        self._memory = mmap.mmap(self._descriptor, mmap.PAGESIZE)
        self.beat()

    @property
    def path(self) -> str:
        """Where another process of this host opens the record."""
        return f"/proc/{os.getpid()}/fd/{self._descriptor}"

    def beat(self) -> None:
        """Show a sign of life."""
        self._TIME.pack_into(self._memory, 0, time.monotonic())

    def age(self) -> float:
        """Seconds since the last sign of life."""
        return time.monotonic() - float(self._TIME.unpack_from(self._memory, 0)[0])

    def close(self) -> None:
        """Let the record go."""
        self._memory.close()
        os.close(self._descriptor)
