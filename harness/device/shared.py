"""The memory the two sides of a device work in: a file that both map, or a copy on each side where they share none."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from typing import Any, Protocol

from harness.device.bulk import gather, scatter, taken, written
from harness.device.frames import DATA_BEGINS, HEARTBEAT
from harness.device.places import Place
from harness.errors import UsageError

Beat = tuple[int, int]


class Shared(Protocol):
    """Memory for the data of frames, and the heartbeat of the far side."""

    @property
    def memory(self) -> Any:
        """Where programs' data lies."""

    def where(self) -> dict[str, Any]:
        """What the far side is told, so that it has the same."""

    def outgoing(self, programs: Sequence[Any]) -> bytes:
        """What has to go along with programs."""

    def take(self, programs: Sequence[Any], answers: Sequence[Any], data: bytes) -> None:
        """Take in what came along with answers; raises ``FrameError`` where it is not what they say."""

    def heartbeat(self) -> Beat:
        """The frame, and the case in it counted from 1, at which the far side was last seen."""

    def heard(self, beat: Beat) -> None:
        """A heartbeat came as a frame."""

    def close(self) -> None:
        """Give the memory back."""


class MappedFile:
    """An anonymous file that both sides map: nothing is copied, and the heartbeat outlives the far side."""

    def __init__(self, size: int) -> None:
        total = DATA_BEGINS + size
        self._descriptor: int | None = _reserve(total)
        self.memory = mmap.mmap(self._descriptor, total)

    def where(self) -> dict[str, Any]:
        """The path under which a process of this machine opens the file, through this one."""
        return {"path": f"/proc/{os.getpid()}/fd/{self._descriptor}", "size": len(self.memory)}

    def outgoing(self, programs: Sequence[Any]) -> bytes:
        """Nothing: it lies in the file."""
        return b""

    def take(self, programs: Sequence[Any], answers: Sequence[Any], data: bytes) -> None:
        """Do nothing: it lies in the file."""

    def heartbeat(self) -> Beat:
        """As the far side wrote it."""
        frame, case = HEARTBEAT.unpack_from(self.memory, 0)
        return frame, case

    def heard(self, beat: Beat) -> None:
        """Do nothing: it stands in the file."""

    def close(self) -> None:
        """Let the file go; the mapping lasts as long as somebody reads from it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Copies:
    """Memory of this side; what the far side needs of it, or made of it, crosses in frames."""

    def __init__(self, size: int, beat: Beat = (0, 0)) -> None:
        self.memory = bytearray(DATA_BEGINS + size)
        self._beat = beat

    def where(self) -> dict[str, Any]:
        """How much memory the far side needs."""
        return {"path": None, "size": len(self.memory)}

    def outgoing(self, programs: Sequence[Any]) -> bytes:
        """What the programs write."""
        return gather(self.memory, written(programs))

    def take(self, programs: Sequence[Any], answers: Sequence[Any], data: bytes) -> None:
        """Lay out what the programs read."""
        scatter(self.memory, taken(programs, answers), data)

    def heartbeat(self) -> Beat:
        """The last that was heard."""
        return self._beat

    def heard(self, beat: Beat) -> None:
        """Remember it."""
        self._beat = beat

    def close(self) -> None:
        """Do nothing: memory of this side goes when nobody holds it."""


def shared_with(place: Place, size: int, beat: Beat = (0, 0)) -> Shared:
    """Memory of ``size`` bytes of data for a far side in a place; ``beat`` is where it was last seen."""
    return MappedFile(size) if place.here else Copies(size, beat)


def _reserve(size: int) -> int:
    """An anonymous file of ``size`` bytes that are really there: nothing is left behind whoever is killed."""
    descriptor = os.memfd_create("assay")
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        os.close(descriptor)
        raise UsageError(
            f"there is no room for a mapped file of {size >> 20} MiB: {error.strerror}",
            remedy="free some memory, or raise the memory limit of the container",
        ) from None
    return descriptor
