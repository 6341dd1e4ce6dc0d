"""Copies between host and device and within it, and the layouts a launch must understand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.device.program import ProgramBuilder
from harness.device.protocol import Tensor
from harness.oracle.draw import Draw
from harness.oracle.rules import Expect
from harness.suite.case import Case, Subject
from harness.suite.programs import conduct, filled, holds, vector, whole_numbers
from harness.suite.suites import tests


@tests("IF-EXC-001")
def every_byte_survives(subject: Subject) -> Iterator[Case]:
    """All 256 values, in random orders."""

    def write(program: ProgramBuilder, draw: Draw) -> dict[int, Expect]:
        data = bytes(draw.permutation(256).astype(np.uint8)) * 2
        return holds(program, filled(program, data), data)

    for number in range(2):
        yield conduct(f"order-{number}", write)


def _moved(program: ProgramBuilder, draw: Draw, size: int, ranges: list[tuple[int, int]]) -> dict[int, Expect]:
    """Write ranges of (offset, count) into a buffer, reading each by itself and the whole at the end."""
    content = bytearray(draw.bytes(size))
    buffer = filled(program, bytes(content))
    expected: dict[int, Expect] = {}
    for offset, count in ranges:
        part = draw.bytes(count)
        program.write(buffer, part, offset)
        content[offset : offset + count] = part
        expected[program.read(buffer, count, offset)] = Expect(value=part)
    return expected | holds(program, buffer, bytes(content))


@tests("IF-EXC-002")
def any_size_at_any_offset(subject: Subject) -> Iterator[Case]:
    """Every size from 1 to 257, at offsets of every remainder."""

    def write(program: ProgramBuilder, draw: Draw, first: int) -> dict[int, Expect]:
        sizes = range(first, min(first + 16, 258))
        return _moved(program, draw, 600, [(int(draw.integers(0, 600 - size, 1)[0]), size) for size in sizes])

    for first in range(1, 258, 16):
        yield conduct(f"sizes-{first}", write, first)


@tests("IF-EXC-003")
def page_edges(subject: Subject) -> Iterator[Case]:
    """Ranges that begin and end one byte before, at, and one byte behind multiples of 4,096."""
    edges = (4095, 4096, 4097)
    ranges = [(begin, 8192 + end - 4096 - begin) for begin in edges for end in edges]
    for number in range(2):
        yield conduct(f"edges-{number}", _moved, 12288, ranges)


@tests("IF-EXC-004")
def copies_between_buffers(subject: Subject) -> Iterator[Case]:
    """Copies of odd sizes between odd offsets."""

    def write(program: ProgramBuilder, draw: Draw, size: int) -> dict[int, Expect]:
        source, target = draw.bytes(2 * size + 16), draw.bytes(2 * size + 16)
        begin, into = (int(value) for value in draw.integers(0, size + 16, 2))
        origin, goal = filled(program, source), filled(program, target)
        program.copy(goal, origin, size, into, begin)
        right = target[:into] + source[begin : begin + size] + target[into + size :]
        return holds(program, goal, right) | holds(program, origin, source)

    for size in (1, 3, 64, 255, 4097, 100_003):
        yield conduct(f"{size}-bytes", write, size)


@tests("IF-EXC-005")
def overlapping_copies(subject: Subject) -> Iterator[Case]:
    """Copies within a buffer, forwards and backwards, by less than their length."""

    def write(program: ProgramBuilder, draw: Draw, size: int, shift: int) -> dict[int, Expect]:
        data = draw.bytes(size + abs(shift))
        begin, into = (0, shift) if shift > 0 else (-shift, 0)
        buffer = filled(program, data)
        program.copy(buffer, buffer, size, into, begin)
        right = bytearray(data)
        right[into : into + size] = data[begin : begin + size]
        return holds(program, buffer, bytes(right))

    for size, shift in ((64, 1), (64, -1), (1000, 7), (1000, -7), (70_000, 4096), (70_000, -4096)):
        name = f"{size}-{'forwards' if shift > 0 else 'backwards'}-{abs(shift)}"
        yield conduct(name, write, size, shift)


@tests("IF-EXC-006")
def nothing_is_moved(subject: Subject) -> Iterator[Case]:
    """Transfers of no bytes, at both ends of a buffer."""

    def write(program: ProgramBuilder, draw: Draw, offset: int) -> dict[int, Expect]:
        data = draw.bytes(64)
        a, b = filled(program, data), filled(program, data)
        expected = {program.write(a, b"", offset): Expect(), program.copy(a, b, 0, offset, offset): Expect()}
        expected[program.read(a, 0, offset)] = Expect(value=b"")
        return expected | holds(program, a, data)

    for offset in (0, 31, 64):
        yield conduct(f"at-{offset}", write, offset)


@tests("IF-EXC-007")
def large_transfers(subject: Subject) -> Iterator[Case]:
    """16 MiB there and back."""

    def write(program: ProgramBuilder, draw: Draw) -> dict[int, Expect]:
        data = draw.bytes(16 << 20)
        return holds(program, filled(program, data), data)

    yield conduct("there-and-back", write)
    yield conduct("again", write)


def _added(
    program: ProgramBuilder, draw: Draw, shape: tuple[int, ...], strides: tuple[int, ...], first: int
) -> dict[int, Expect]:
    """Add an operand that lies by ``strides`` from element ``first`` on to a dense one."""
    lying = whole_numbers(draw, 512)
    dense = whole_numbers(draw, int(np.prod(shape))).reshape(shape)
    a, b = filled(program, lying.tobytes()), filled(program, dense.tobytes())
    output = filled(program, draw.bytes(dense.nbytes))
    program.launch(
        "add",
        [Tensor(a, "float32", shape, strides, 4 * first), Tensor(b, "float32", shape)],
        [Tensor(output, "float32", shape)],
    )
    index = first + sum(
        stride * axis for stride, axis in zip(strides, np.meshgrid(*map(np.arange, shape), indexing="ij"), strict=True)
    )
    return holds(program, output, (lying[index] + dense).tobytes())


_WAYS: dict[str, list[tuple[tuple[int, ...], tuple[int, ...], int]]] = {
    "IF-EXC-008": [((40,), (3,), 0), ((7, 9), (30, 2), 0), ((3, 4, 5), (101, 17, 3), 0), ((33,), (2,), 5)],
    "IF-EXC-009": [((7, 9), (1, 7), 0), ((5, 6, 7), (42, 1, 6), 0), ((5, 6, 7), (1, 5, 30), 0), ((16, 16), (1, 16), 3)],
    "IF-EXC-010": [((40,), (0,), 9), ((7, 9), (0, 1), 0), ((7, 9), (1, 0), 0), ((3, 4, 5), (0, 5, 1), 2)],
    "IF-EXC-011": [((40,), (-1,), 39), ((7, 9), (9, -1), 8), ((7, 9), (-9, 1), 54), ((7, 9), (-18, -2), 200)],
}


@tests("IF-EXC-008", "IF-EXC-009", "IF-EXC-010", "IF-EXC-011")
def operands_lie_as_their_strides_say(subject: Subject) -> Iterator[Case]:
    """One operand strided, transposed, repeated or backwards, the other dense."""
    for shape, strides, first in _WAYS[subject.requirement.id]:
        name = f"{'x'.join(map(str, shape))}-by-{'x'.join(str(abs(stride)) for stride in strides)}"
        for which in ("a", "b"):
            yield conduct(
                f"{name}/{which}",
                _added,
                shape,
                strides,
                first,
            )


@tests("IF-EXC-012")
def any_offset(subject: Subject) -> Iterator[Case]:
    """Operands and outputs at every element of the first cache lines."""

    def write(program: ProgramBuilder, draw: Draw, first: int) -> dict[int, Expect]:
        count, values, before = 37, whole_numbers(draw, 80), draw.bytes(320)
        a, output = filled(program, values.tobytes()), filled(program, before)
        into = (first * 7) % 40
        program.launch("negative", [vector(a, count, 4 * first)], [vector(output, count, 4 * into)])
        right = before[: 4 * into] + (-values[first : first + count]).tobytes() + before[4 * (into + count) :]
        return holds(program, output, right)

    for first in (0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33):
        yield conduct(f"element-{first}", write, first)


@tests("IF-EXC-013")
def gaps_are_left_alone(subject: Subject) -> Iterator[Case]:
    """Outputs with gaps between rows, between elements, and transposed."""

    def write(program: ProgramBuilder, draw: Draw, strides: tuple[int, int], first: int) -> dict[int, Expect]:
        shape = (6, 8)
        values, before = whole_numbers(draw, 48).reshape(shape), whole_numbers(draw, 256)
        a, output = filled(program, values.tobytes()), filled(program, before.tobytes())
        place = Tensor(output, "float32", shape, strides, 4 * first)
        program.launch("negative", [Tensor(a, "float32", shape)], [place])
        right = before.copy()
        rows, columns = np.meshgrid(np.arange(6), np.arange(8), indexing="ij")
        right[first + rows * strides[0] + columns * strides[1]] = -values
        return holds(program, output, right.tobytes())

    for strides, first in (((20, 1), 0), ((20, 2), 3), ((1, 6), 0), ((40, 5), 1)):
        name = f"by-{abs(strides[0])}x{abs(strides[1])}-from-{first}"
        yield conduct(name, write, strides, first)


@tests("IF-EXC-014")
def nothing_is_computed(subject: Subject) -> Iterator[Case]:
    """Launches on tensors with a dimension of zero."""

    def write(program: ProgramBuilder, draw: Draw, shape: tuple[int, ...]) -> dict[int, Expect]:
        before = draw.bytes(64)
        a, output = filled(program, before), filled(program, before)
        step = program.launch("negative", [Tensor(a, "float32", shape)], [Tensor(output, "float32", shape)])
        return {step: Expect()} | holds(program, output, before)

    for shape in ((0,), (0, 3), (3, 0), (2, 0, 4)):
        yield conduct("x".join(map(str, shape)), write, shape)


@tests("IF-EXC-015")
def operands_are_left_alone(subject: Subject) -> Iterator[Case]:
    """One buffer as both operands, and two; read after the launch."""

    def write(program: ProgramBuilder, draw: Draw, *, same: bool) -> dict[int, Expect]:
        first, second = whole_numbers(draw, 48), whole_numbers(draw, 48)
        a = filled(program, first.tobytes())
        b = a if same else filled(program, second.tobytes())
        output = program.allocate(192)
        other = first if same else second
        program.launch("multiply", [vector(a, 48), vector(b, 48)], [vector(output, 48)])
        expected = holds(program, output, (first * other).tobytes()) | holds(program, a, first.tobytes())
        return expected | holds(program, b, other.tobytes())

    for number in range(2):
        yield conduct(f"one-buffer-{number}", write, same=True)
        yield conduct(f"two-buffers-{number}", write, same=False)
