"""Bulk data of programs where the sides of a device share no memory: what is written, one way, and read, the other.

Both sides hold a memory of the same size and lay data in the same places; what crosses is the contents of those places,
one after the other. This file travels to the far side: standard library only, Python 3.8 or later.
"""

from __future__ import annotations

from typing import Any, Iterable, Iterator, List, Sequence, Tuple

from harness.device.frames import FrameError

Place = Tuple[int, int]


def written(programs: Iterable[Sequence[Any]]) -> Iterator[Place]:
    """Where the data lies that programs write: begin and size, in the order of the steps."""
    for steps in programs:
        for call, arguments, _ in steps:
            if call == "write":
                begin, size = arguments["data"]["data"]
                yield begin, size


def taken(programs: Iterable[Sequence[Any]], answers: Iterable[Sequence[Any]]) -> Iterator[Place]:
    """Where the data lies that programs have read: begin and size, in the order of the steps."""
    for steps, answered in zip(programs, answers):
        for (call, arguments, _), answer in zip(steps, answered):
            if call == "read" and isinstance(answer, int):
                yield arguments["into"], answer


def gather(memory: Any, places: Iterable[Place]) -> bytes:
    """The contents of places, one after the other."""
    pieces: List[bytes] = [bytes(memory[begin : begin + size]) for begin, size in places]
    return b"".join(pieces)


def scatter(memory: Any, places: Iterable[Place], data: bytes) -> None:
    """Lay ``data`` into places, one after the other; raises ``FrameError`` unless it fills them exactly."""
    at = 0
    for begin, size in places:
        piece = data[at : at + size]
        if begin < 0 or len(piece) != size or begin + size > len(memory):
            raise FrameError("a frame holds less data than its programs say, or puts it outside the memory")
        memory[begin : begin + size] = piece
        at += size
    if at != len(data):
        raise FrameError(f"a frame holds {len(data)} bytes of data where its programs say {at}")
