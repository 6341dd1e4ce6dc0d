"""Device memory: lifetimes, bounds, exhaustion and recovery."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.device.program import ProgramBuilder, Ref
from harness.device.protocol import INVALID_HANDLE, INVALID_VALUE, OUT_OF_MEMORY
from harness.oracle.draw import Draw
from harness.oracle.rules import Expect
from harness.suite.case import Case, Subject
from harness.suite.programs import conduct, filled, holds, vector, whole_numbers
from harness.suite.suites import tests

_SIZES = (1, 2, 255, 256, 4095, 4096, 65537)
_MORE_THAN_ANY_DEVICE_HAS = 1 << 62
_HANDLE = Expect(error=INVALID_HANDLE)
_VALUE = Expect(error=INVALID_VALUE)

#: Uses of a buffer: a call on it that a good handle would carry out.
_USES: dict[str, Callable[[ProgramBuilder, Ref, Ref], int]] = {
    "read": lambda program, buffer, other: program.read(buffer, 8),
    "write": lambda program, buffer, other: program.write(buffer, b"12345678"),
    "copy-from": lambda program, buffer, other: program.copy(other, buffer, 8),
    "copy-to": lambda program, buffer, other: program.copy(buffer, other, 8),
}
#: The uses that have a requirement of their own where the buffer was released.
_MORE_USES: dict[str, Callable[[ProgramBuilder, Ref, Ref], int]] = {
    "release": lambda program, buffer, other: program.release(buffer),
    "operand": lambda program, buffer, other: program.launch("negative", [vector(buffer, 2)], [vector(other, 2)]),
    "output": lambda program, buffer, other: program.launch("negative", [vector(other, 2)], [vector(buffer, 2)]),
}


@tests("IF-MEM-001")
def contents_are_kept(subject: Subject) -> Iterator[Case]:
    """Write, read twice, write again, read."""

    def write(program: ProgramBuilder, draw: Draw, size: int) -> dict[int, Expect]:
        first, second = draw.bytes(size), draw.bytes(size)
        buffer = filled(program, first)
        expected = holds(program, buffer, first) | holds(program, buffer, first)
        program.write(buffer, second)
        return expected | holds(program, buffer, second)

    for size in _SIZES:
        yield conduct(f"{size}-bytes", write, size)


@tests("IF-MEM-002")
def buffers_do_not_overlap(subject: Subject) -> Iterator[Case]:
    """Fill many buffers, and only then read any of them."""

    def write(program: ProgramBuilder, draw: Draw, sizes: tuple[int, ...]) -> dict[int, Expect]:
        data = [draw.bytes(size) for size in sizes]
        buffers = [program.allocate(size) for size in sizes]
        for buffer, content in zip(buffers, data, strict=True):
            program.write(buffer, content)
        expected: dict[int, Expect] = {}
        for buffer, content in zip(buffers, data, strict=True):
            expected |= holds(program, buffer, content)
        return expected

    yield conduct("equal-sizes", write, (512,) * 40)
    yield conduct("odd-sizes", write, tuple(range(1, 80, 3)))
    yield conduct("large", write, (1 << 20,) * 4)


@tests("IF-MEM-003")
def exhaustion_is_survived(subject: Subject) -> Iterator[Case]:
    """Ask for more than there can be, and go on."""

    def write(program: ProgramBuilder, draw: Draw, held: int, request: int) -> dict[int, Expect]:
        data, later = draw.bytes(4096), draw.bytes(4096)
        buffer = filled(program, data)
        program.allocate(held)
        program.allocate(request)
        expected = {program.last: Expect(error=OUT_OF_MEMORY)}
        expected |= holds(program, buffer, data)
        return expected | holds(program, filled(program, later), later)

    for number in range(2):
        yield conduct(f"beyond-capacity-{number}", write, 64, _MORE_THAN_ANY_DEVICE_HAS)
    capacity = subject.profile.memory_capacity
    if capacity is not None:
        half, more = capacity // 2, capacity - capacity // 4
        yield conduct("beyond-what-is-left", write, half, more)


@tests("IF-MEM-004")
def nothing_can_be_allocated(subject: Subject) -> Iterator[Case]:
    """Buffers of no bytes beside one that has some."""

    def write(program: ProgramBuilder, draw: Draw) -> dict[int, Expect]:
        data = draw.bytes(64)
        empty = program.allocate(0)
        expected = {program.last: Expect()}
        buffer = filled(program, data)
        expected[program.release(empty)] = Expect()
        return expected | holds(program, buffer, data)

    for number in range(2):
        yield conduct(f"empty-{number}", write)


@tests("IF-MEM-005")
def bounds_are_kept(subject: Subject) -> Iterator[Case]:
    """Every call, just outside a buffer and far outside it, between neighbours that must not change."""
    size = 251  # no multiple of anything an allocator could round to
    ranges = {
        "one-beyond": (0, size + 1),
        "at-the-end": (size, 1),
        "across-the-end": (size - 8, 16),
        "far": (1 << 40, 8),
        "negative-offset": (-1, 8),
        "overflowing": ((1 << 63) - 4, 8),
        "wrapping": ((1 << 64) - 4, 8),
    }
    for name, (offset, count) in ranges.items():
        for call in ("read", "write", "copy-from", "copy-to"):
            yield conduct(
                f"{call}/{name}",
                _outside,
                size,
                call,
                offset,
                count,
            )
    for call in ("read", "copy-from", "copy-to"):
        yield conduct(f"{call}/negative-size", _outside, size, call, 16, -8)


def _outside(program: ProgramBuilder, draw: Draw, size: int, call: str, offset: int, count: int) -> dict[int, Expect]:
    data = [draw.bytes(size) for _ in range(3)]
    buffers = [filled(program, content) for content in data]
    other = filled(program, draw.bytes(size + 16))
    match call:
        case "read":
            step = program.read(buffers[1], count, offset)
        case "write":
            step = program.write(buffers[1], bytes(count), offset)
        case "copy-from":
            step = program.copy(other, buffers[1], count, source_offset=offset)
        case _:
            step = program.copy(buffers[1], other, count, target_offset=offset)
    expected = {step: _VALUE}
    for buffer, content in zip(buffers, data, strict=True):
        expected |= holds(program, buffer, content)
    return expected


@tests("IF-MEM-006")
def released_buffers_are_gone(subject: Subject) -> Iterator[Case]:
    """Use a buffer after its release, at once and after another of its size was allocated."""

    def write(program: ProgramBuilder, draw: Draw, use: str, *, again: bool) -> dict[int, Expect]:
        data = draw.bytes(4096)
        other = filled(program, data)
        released = filled(program, draw.bytes(4096))
        program.release(released)
        heir = filled(program, data) if again else other
        expected = {_USES[use](program, released, other): _HANDLE}
        return expected | holds(program, heir, data) | holds(program, other, data)

    for use in _USES:
        for again in (False, True):
            name = f"{use}/{'given-out-again' if again else 'at-once'}"
            yield conduct(name, write, use, again=again)


@tests("IF-MEM-007")
def releasing_twice_is_refused(subject: Subject) -> Iterator[Case]:
    """Release a buffer twice, with and without another allocation between."""

    def write(program: ProgramBuilder, draw: Draw, *, between: bool) -> dict[int, Expect]:
        data = draw.bytes(512)
        kept = filled(program, data)
        buffer = program.allocate(512)
        program.release(buffer)
        if between:
            kept = filled(program, data)
        expected = {program.release(buffer): _HANDLE}
        return expected | holds(program, kept, data)

    yield conduct("at-once", write, between=False)
    yield conduct("given-out-again", write, between=True)


@tests("IF-MEM-008")
def null_is_no_buffer(subject: Subject) -> Iterator[Case]:
    """A null handle in every place where a buffer belongs."""

    def write(program: ProgramBuilder, draw: Draw, use: str) -> dict[int, Expect]:
        data = draw.bytes(64)
        other = filled(program, data)
        expected = {(_USES | _MORE_USES)[use](program, Ref(""), other): _HANDLE}
        return expected | holds(program, other, data)

    for use in (*_USES, *_MORE_USES):
        yield conduct(use, write, use)


@tests("IF-MEM-009")
def neighbours_are_left_alone(subject: Subject) -> Iterator[Case]:
    """Write parts of every size class into the middle of a buffer."""

    def write(program: ProgramBuilder, draw: Draw, offset: int, count: int) -> dict[int, Expect]:
        data, part = draw.bytes(1024), draw.bytes(count)
        buffer = filled(program, data)
        program.write(buffer, part, offset)
        return holds(program, buffer, data[:offset] + part + data[offset + count :])

    for offset, count in ((1, 1), (3, 5), (64, 64), (127, 130), (511, 513), (1023, 1), (0, 1)):
        yield conduct(f"{count}-at-{offset}", write, offset, count)


@tests("IF-MEM-010")
def both_ends_are_reachable(subject: Subject) -> Iterator[Case]:
    """Write and read the first and the last byte by themselves."""

    def write(program: ProgramBuilder, draw: Draw, size: int) -> dict[int, Expect]:
        data = draw.bytes(size)
        buffer = filled(program, data)
        ends = bytes([data[0] ^ 0xFF]), bytes([data[-1] ^ 0xFF])
        program.write(buffer, ends[0], 0)
        program.write(buffer, ends[1], size - 1)
        expected = {program.read(buffer, 1, 0): Expect(value=ends[0])}
        return expected | {program.read(buffer, 1, size - 1): Expect(value=ends[1])}

    for size in (2, 257, 4096, 1 << 20):
        yield conduct(f"{size}-bytes", write, size)


@tests("IF-MEM-011")
def negative_sizes_are_refused(subject: Subject) -> Iterator[Case]:
    """Ask for fewer bytes than none, then for some."""

    def write(program: ProgramBuilder, draw: Draw, size: int) -> dict[int, Expect]:
        program.allocate(size)
        expected = {program.last: _VALUE}
        data = draw.bytes(64)
        return expected | holds(program, filled(program, data), data)

    for size in (-1, -4096, -(1 << 62)):
        yield conduct(f"minus-{-size}", write, size)


@tests("IF-MEM-012")
def many_buffers_at_once(subject: Subject) -> Iterator[Case]:
    """A thousand buffers, filled one after another and read backwards."""

    def write(program: ProgramBuilder, draw: Draw) -> dict[int, Expect]:
        contents = [draw.bytes(40) for _ in range(1000)]
        buffers = [filled(program, content) for content in contents]
        expected: dict[int, Expect] = {}
        for buffer, content in zip(reversed(buffers), reversed(contents), strict=True):
            expected |= holds(program, buffer, content)
        return expected

    for number in range(2):
        yield conduct(f"thousand-{number}", write)


@tests("IF-MEM-013")
def released_memory_comes_back(subject: Subject) -> Iterator[Case]:
    """Allocate and release, in sum, several times what the device has."""
    capacity = subject.profile.memory_capacity or 16 << 30
    share = max(1, capacity // 8)

    def write(program: ProgramBuilder, draw: Draw) -> dict[int, Expect]:
        expected: dict[int, Expect] = {}
        for _ in range(40):
            buffer = program.allocate(share)
            expected[program.last] = Expect()
            expected[program.release(buffer)] = Expect()
        data = draw.bytes(256)
        return expected | holds(program, filled(program, data), data)

    yield conduct("eighths-of-the-capacity", write)
    yield conduct("again", write)


@tests("IF-MEM-014")
def a_large_buffer_is_whole(subject: Subject) -> Iterator[Case]:
    """Mark a buffer of 64 MiB at both ends and across every 16 MiB, then look."""

    def write(program: ProgramBuilder, draw: Draw) -> dict[int, Expect]:
        size, mark = 64 << 20, 64
        places = [0, *(step * (16 << 20) - mark // 2 for step in (1, 2, 3)), size - mark]
        marks = [draw.bytes(mark) for _ in places]
        buffer = program.allocate(size)
        for place, content in zip(places, marks, strict=True):
            program.write(buffer, content, place)
        return {
            program.read(buffer, mark, place): Expect(value=content)
            for place, content in zip(places, marks, strict=True)
        }

    for number in range(2):
        yield conduct(f"marks-{number}", write)


@tests("IF-MEM-015")
def tensors_stay_inside_their_buffers(subject: Subject) -> Iterator[Case]:
    """Launch on tensors that begin or end outside."""

    def write(program: ProgramBuilder, draw: Draw, count: int, offset: int, place: str) -> dict[int, Expect]:
        at_operand, at_output = (61, 80) if place == "operand" else (80, 61)
        before = draw.bytes(4 * at_output)
        operand = filled(program, whole_numbers(draw, at_operand).tobytes())
        output = filled(program, before)
        source = vector(operand, count, offset if place == "operand" else 0)
        target = vector(output, count, offset if place == "output" else 0)
        expected = {program.launch("negative", [source], [target]): _VALUE}
        return expected | holds(program, output, before)

    for name, count, offset in (("too-long", 62, 0), ("too-far", 61, 4), ("negative", 8, -4), ("remote", 8, 1 << 40)):
        for place in ("operand", "output"):
            yield conduct(f"{place}/{name}", write, count, offset, place)


@tests("IF-MEM-016")
def launches_need_live_buffers(subject: Subject) -> Iterator[Case]:
    """Launch with a released operand, and into a released output."""

    def write(program: ProgramBuilder, draw: Draw, *, output_released: bool) -> dict[int, Expect]:
        before = draw.bytes(64)
        operand = filled(program, whole_numbers(draw, 16).tobytes())
        output = filled(program, before)
        program.release(output if output_released else operand)
        expected = {program.launch("negative", [vector(operand, 16)], [vector(output, 16)]): _HANDLE}
        heir = filled(program, before)
        return expected | holds(program, heir if output_released else output, before)

    yield conduct("operand", write, output_released=False)
    yield conduct("output", write, output_released=True)


@tests("IF-MEM-017")
def other_buffers_outlive_a_release(subject: Subject) -> Iterator[Case]:
    """Release every second of many buffers, allocate others, and look at the rest."""

    def write(program: ProgramBuilder, draw: Draw) -> dict[int, Expect]:
        contents = [draw.bytes(300) for _ in range(20)]
        buffers = [filled(program, content) for content in contents]
        for buffer in buffers[::2]:
            program.release(buffer)
        for _ in range(10):
            filled(program, draw.bytes(300))
        expected: dict[int, Expect] = {}
        for buffer, content in zip(buffers[1::2], contents[1::2], strict=True):
            expected |= holds(program, buffer, content)
        return expected

    for number in range(2):
        yield conduct(f"every-second-{number}", write)


@tests("IF-MEM-018")
def the_declared_capacity_is_all_there_is(subject: Subject) -> Iterator[Case]:
    """Ask for one byte more than the profile declares, then for a little."""
    capacity = subject.profile.memory_capacity
    if capacity is None:
        return

    def write(program: ProgramBuilder, draw: Draw) -> dict[int, Expect]:
        data = draw.bytes(128)
        program.allocate(capacity + 1)
        expected = {program.last: Expect(error=OUT_OF_MEMORY)}
        return expected | holds(program, filled(program, data), data)

    yield conduct("one-byte-more", write)
    yield conduct("again", write)
