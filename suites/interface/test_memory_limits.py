"""Device memory at its limits: data in flight, refusals survived, offsets beyond 32 bits, strides that lead outside."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from harness.device.program import ProgramBuilder, Ref
from harness.device.protocol import INVALID_HANDLE, INVALID_VALUE, Tensor
from harness.oracle.draw import Draw
from harness.oracle.rules import Expect
from harness.suite.case import Case, Subject
from harness.suite.programs import conduct, filled, holds, vector, whole_numbers
from harness.suite.suites import tests

_GIB = 1 << 30

#: Views of float32 that lead outside a buffer of 64 elements.
_BEYOND: dict[str, dict[str, Any]] = {
    "too-wide": {"shape": (64,), "strides": (2,)},
    "backwards-from-the-start": {"shape": (64,), "strides": (-1,)},
    "backwards-one-too-many": {"shape": (64,), "strides": (-1,), "offset": 4 * 62},
    "one-row-too-many": {"shape": (9, 8), "strides": (8, 1)},
    "columns-of-the-last-row": {"shape": (8, 9), "strides": (8, 1)},
    "wrapping-in-64-bits": {"shape": (2,), "strides": (1 << 62,)},
}


@tests("IF-MEM-019")
def writes_take_the_data_of_the_call(subject: Subject) -> Iterator[Case]:
    """Many writes at once, whose host memory is free again after each; then look at all buffers."""

    def write(program: ProgramBuilder, draw: Draw, size: int, *, streams: bool) -> dict[int, Expect]:
        contents = [draw.bytes(size) for _ in range(8)]
        buffers = [program.allocate(size) for _ in contents]
        for buffer, content in zip(buffers, contents, strict=True):
            program.write(buffer, content, stream=program.stream() if streams else None)
        program.synchronize()
        expected: dict[int, Expect] = {}
        for buffer, content in zip(buffers, contents, strict=True):
            expected |= holds(program, buffer, content)
        return expected

    for size in (64, 4096, 1 << 20):
        for streams in (False, True):
            name = f"{size}-bytes/{'a-stream-each' if streams else 'one-stream'}"
            yield conduct(name, partial(write, size=size, streams=streams))


@tests("IF-MEM-020")
def refusals_are_survived(subject: Subject) -> Iterator[Case]:
    """After each refusal, compute with buffers from before and from after it."""

    def refused(program: ProgramBuilder, use: str, gone: Ref, other: Ref) -> int:
        match use:
            case "read":
                return program.read(gone, 8)
            case "write":
                return program.write(gone, b"12345678")
            case "copy":
                return program.copy(other, gone, 8)
            case "release":
                return program.release(gone)
            case _:
                return program.launch("negative", [vector(gone, 16)], [vector(other, 16)])

    def write(program: ProgramBuilder, draw: Draw, use: str) -> dict[int, Expect]:
        before, after = whole_numbers(draw, 16), whole_numbers(draw, 16)
        old, output = filled(program, before.tobytes()), filled(program, draw.bytes(64))
        gone = filled(program, draw.bytes(64))
        program.release(gone)
        expected = {refused(program, use, gone, output): Expect(error=INVALID_HANDLE)}
        expected[program.synchronize()] = Expect()
        new = filled(program, after.tobytes())
        program.launch("add", [vector(old, 16), vector(new, 16)], [vector(output, 16)])
        expected |= holds(program, output, np.asarray(before + after).tobytes())
        program.copy(new, old, 64)
        return expected | holds(program, new, before.tobytes())

    for use in ("read", "write", "copy", "release", "launch"):
        yield conduct(use, partial(write, use=use))


@tests("IF-MEM-021")
def offsets_beyond_32_bits(subject: Subject) -> Iterator[Case]:
    """Mark a buffer at its ends and at every place where an offset may be cut short, then look."""
    capacity = subject.profile.memory_capacity
    if capacity is None or capacity < 8 * _GIB:
        return

    def write(program: ProgramBuilder, draw: Draw) -> dict[int, Expect]:
        size, mark = 4 * _GIB + (1 << 20), 64
        places = [0, *((1 << power) - mark // 2 for power in (24, 31, 32)), (1 << 32) + 4096, size - mark]
        marks = [draw.bytes(mark) for _ in places]
        buffer = program.allocate(size)
        for place, content in zip(places, marks, strict=True):
            program.write(buffer, content, place)
        expected = {
            program.read(buffer, mark, place): Expect(value=content)
            for place, content in zip(places, marks, strict=True)
        }
        program.copy(buffer, buffer, mark, places[-1], places[0])
        return expected | {program.read(buffer, mark, places[-1]): Expect(value=marks[0])}

    for number in range(2):
        yield conduct(f"marks-{number}", write)


@tests("IF-MEM-022")
def strides_stay_inside_their_buffers(subject: Subject) -> Iterator[Case]:
    """Launch on views that lead outside, beside a tensor of their shape that does not."""

    def write(program: ProgramBuilder, draw: Draw, view: dict[str, Any], place: str) -> dict[int, Expect]:
        contents = [draw.bytes(256) for _ in range(3)]
        buffers = [filled(program, content) for content in contents]
        room = draw.bytes(4 * int(np.prod(view["shape"])))
        other = filled(program, room)
        odd, even = Tensor(buffers[1], "float32", **view), Tensor(other, "float32", view["shape"])
        operand, output = (odd, even) if place == "operand" else (even, odd)
        expected = {program.launch("negative", [operand], [output]): Expect(error=INVALID_VALUE)}
        for buffer, content in zip([*buffers, other], [*contents, room], strict=True):
            expected |= holds(program, buffer, content)
        return expected

    for name, view in _BEYOND.items():
        for place in ("operand", "output"):
            yield conduct(f"{place}/{name}", partial(write, view=view, place=place))
