"""Streams and events: order within a stream, order between streams by events alone, times, and refusals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.device.program import ProgramBuilder, Ref
from harness.device.protocol import INVALID_VALUE
from harness.oracle.draw import Draw
from harness.oracle.rules import Expect
from harness.suite.case import Case, Subject
from harness.suite.programs import conduct, filled, holds, vector, whole_numbers
from harness.suite.suites import tests

_COUNT = 64
_BYTES = 4 * _COUNT


def _negate(program: ProgramBuilder, source: Ref, target: Ref, stream: Ref | None) -> None:
    program.launch("negative", [vector(source, _COUNT)], [vector(target, _COUNT)], stream=stream)


def _hand_over(program: ProgramBuilder, source: Ref | None, target: Ref | None, event: Ref | None = None) -> Ref:
    """Let ``target`` wait for all that is on ``source`` now; the default stream is ``None``."""
    event = event or program.event()
    program.record(event, source)
    # A wait of the default stream names it by leaving the stream out.
    program.wait(target, event)
    return event


def _buffers(program: ProgramBuilder, draw: Draw, count: int) -> list[Ref]:
    """Buffers full of other contents than any that is expected, settled before anything else runs."""
    made = [filled(program, draw.bytes(_BYTES)) for _ in range(count)]
    program.synchronize()
    return made


@tests("IF-STR-001")
def one_stream_is_in_order(subject: Subject) -> Iterator[Case]:
    """Writes, copies and launches on one stream, each of which needs the one before."""

    def write(program: ProgramBuilder, draw: Draw, rounds: int) -> dict[int, Expect]:
        stream = program.stream()
        a, b, c = _buffers(program, draw, 3)
        values = whole_numbers(draw, _COUNT)
        program.write(a, draw.bytes(_BYTES), stream=stream)
        program.write(a, values, stream=stream)
        for _ in range(rounds):
            _negate(program, a, b, stream)
            program.copy(c, b, _BYTES, stream=stream)
            program.copy(a, c, _BYTES, stream=stream)
        right = values if rounds % 2 == 0 else -values
        return holds(program, a, right.tobytes(), stream)

    for rounds in (1, 2, 9, 10):
        yield conduct(f"{rounds}-rounds", write, rounds)


@tests("IF-STR-002")
def a_read_waits_for_its_stream(subject: Subject) -> Iterator[Case]:
    """Give a stream a queue of work and read its last result at once."""

    def write(program: ProgramBuilder, draw: Draw) -> dict[int, Expect]:
        expected: dict[int, Expect] = {}
        for _ in range(4):
            stream = program.stream()
            a, b = _buffers(program, draw, 2)
            values = whole_numbers(draw, _COUNT)
            program.write(a, values, stream=stream)
            _negate(program, a, b, stream)
            expected |= holds(program, b, (-values).tobytes(), stream)
        return expected

    for number in range(2):
        yield conduct(f"queue-{number}", write)


def _produce_and_consume(
    program: ProgramBuilder, draw: Draw, first: Ref | None, second: Ref | None
) -> dict[int, Expect]:
    """One stream computes, the other copies the result, ordered by one event."""
    a, b, c = _buffers(program, draw, 3)
    values = whole_numbers(draw, _COUNT)
    program.write(a, values, stream=first)
    _negate(program, a, b, first)
    _hand_over(program, first, second)
    program.copy(c, b, _BYTES, stream=second)
    return holds(program, c, (-values).tobytes(), second)


@tests("IF-STR-003")
def an_event_orders_two_streams(subject: Subject) -> Iterator[Case]:
    """Produce on one stream, consume on another, in both directions of creation."""

    def write(program: ProgramBuilder, draw: Draw, *, older_first: bool) -> dict[int, Expect]:
        expected: dict[int, Expect] = {}
        for _ in range(5):
            streams = [program.stream(), program.stream()]
            first, second = streams if older_first else streams[::-1]
            expected |= _produce_and_consume(program, draw, first, second)
        return expected

    yield conduct("older-first", write, older_first=True)
    yield conduct("newer-first", write, older_first=False)


@tests("IF-STR-004")
def events_make_chains(subject: Subject) -> Iterator[Case]:
    """A value goes from stream to stream, negated on each."""

    def write(program: ProgramBuilder, draw: Draw, length: int) -> dict[int, Expect]:
        streams = [program.stream() for _ in range(length)]
        places = _buffers(program, draw, length + 1)
        values = whole_numbers(draw, _COUNT)
        program.write(places[0], values, stream=streams[0])
        for number, stream in enumerate(streams):
            if number:
                _hand_over(program, streams[number - 1], stream)
            _negate(program, places[number], places[number + 1], stream)
        right = values if length % 2 == 0 else -values
        return holds(program, places[-1], right.tobytes(), streams[-1])

    for length in (2, 4, 9, 16):
        yield conduct(f"{length}-streams", write, length)


@tests("IF-STR-005")
def a_stream_waits_for_all_its_events(subject: Subject) -> Iterator[Case]:
    """One stream forks to several, which join again on another."""

    def write(program: ProgramBuilder, draw: Draw, branches: int) -> dict[int, Expect]:
        root, join = program.stream(), program.stream()
        source, total = _buffers(program, draw, 2)
        parts = _buffers(program, draw, branches)
        values = whole_numbers(draw, _COUNT)
        program.write(source, values, stream=root)
        for part in parts:
            branch = program.stream()
            _hand_over(program, root, branch)
            _negate(program, source, part, branch)
            _hand_over(program, branch, join)
        program.copy(total, parts[0], _BYTES, stream=join)
        for part in parts[1:]:
            tensors = [vector(total, _COUNT), vector(part, _COUNT)]
            program.launch("add", tensors, [vector(total, _COUNT)], stream=join)
        return holds(program, total, (-values * np.float32(branches)).tobytes(), join)

    for branches in (2, 3, 8):
        yield conduct(f"{branches}-branches", write, branches)
    yield conduct("again", write, 2)


@tests("IF-STR-006")
def an_unrecorded_event_holds_nothing(subject: Subject) -> Iterator[Case]:
    """Wait for an event nobody records, and go on."""

    def write(program: ProgramBuilder, draw: Draw) -> dict[int, Expect]:
        stream, event = program.stream(), program.event()
        data = draw.bytes(_BYTES)
        buffer = program.allocate(_BYTES)
        expected = {program.wait(stream, event): Expect()}
        program.write(buffer, data, stream=stream)
        return expected | holds(program, buffer, data, stream)

    for number in range(2):
        yield conduct(f"never-recorded-{number}", write)


@tests("IF-STR-007")
def a_wait_is_for_the_record_of_its_time(subject: Subject) -> Iterator[Case]:
    """Record, wait, record again behind work that needs what waits: were the wait for the later one, all would stop."""

    def write(program: ProgramBuilder, draw: Draw) -> dict[int, Expect]:
        first, second = program.stream(), program.stream()
        event, back = program.event(), program.event()
        a, b, c = _buffers(program, draw, 3)
        values = whole_numbers(draw, _COUNT)
        program.write(a, values, stream=first)
        program.record(event, first)
        program.wait(second, event)
        _negate(program, a, b, second)
        _hand_over(program, second, first, back)
        program.copy(c, b, _BYTES, stream=first)
        program.record(event, first)
        expected = holds(program, b, (-values).tobytes(), second)
        return expected | holds(program, c, (-values).tobytes(), first)

    for number in range(2):
        yield conduct(f"recorded-again-{number}", write)


@tests("IF-STR-008")
def events_are_used_again(subject: Subject) -> Iterator[Case]:
    """One event hands a sum back and forth between two streams, each of which adds to it: every turn counts."""

    def write(program: ProgramBuilder, draw: Draw, times: int) -> dict[int, Expect]:
        streams, event = [program.stream(), program.stream()], program.event()
        values, step = whole_numbers(draw, _COUNT), whole_numbers(draw, _COUNT)
        total, added = filled(program, values.tobytes()), filled(program, step.tobytes())
        program.synchronize()
        for number in range(times):
            tensors = [vector(total, _COUNT), vector(added, _COUNT)]
            program.launch("add", tensors, [vector(total, _COUNT)], stream=streams[number % 2])
            _hand_over(program, streams[number % 2], streams[(number + 1) % 2], event)
        right = values + np.float32(times) * step
        return holds(program, total, right.tobytes(), streams[times % 2])

    for times in (3, 20, 21):
        yield conduct(f"{times}-times", write, times)


@tests("IF-STR-009")
def many_streams_work_at_once(subject: Subject) -> Iterator[Case]:
    """64 streams, each with a computation of its own, read backwards."""

    def write(program: ProgramBuilder, draw: Draw) -> dict[int, Expect]:
        work = []
        for _ in range(64):
            stream, a, b = program.stream(), program.allocate(_BYTES), program.allocate(_BYTES)
            values = whole_numbers(draw, _COUNT)
            program.write(a, values, stream=stream)
            _negate(program, a, b, stream)
            work.append((b, values, stream))
        expected: dict[int, Expect] = {}
        for buffer, values, stream in reversed(work):
            expected |= holds(program, buffer, (-values).tobytes(), stream)
        return expected

    for number in range(2):
        yield conduct(f"streams-{number}", write)


@tests("IF-STR-010", "IF-STR-011")
def synchronising_waits(subject: Subject) -> Iterator[Case]:
    """Give streams work, synchronise the device (or each stream), and read on a stream that waited for nothing."""
    whole_device = subject.requirement.id == "IF-STR-010"

    def write(program: ProgramBuilder, draw: Draw) -> dict[int, Expect]:
        work, expected = [], {}
        for _ in range(4):
            stream = program.stream()
            a, b = _buffers(program, draw, 2)
            values = whole_numbers(draw, _COUNT)
            program.write(a, values, stream=stream)
            _negate(program, a, b, stream)
            work.append((b, values, stream))
        for _, _, stream in work[: 1 if whole_device else None]:
            expected[program.synchronize(None if whole_device else stream)] = Expect()
        onlooker = program.stream()
        for buffer, values, _ in work:
            expected |= holds(program, buffer, (-values).tobytes(), onlooker)
        return expected

    for number in range(2):
        yield conduct(f"work-{number}", write)


@tests("IF-STR-012")
def elapsed_time_is_not_negative(subject: Subject) -> Iterator[Case]:
    """Record before and after work, on one stream; and the same event twice."""

    def write(program: ProgramBuilder, draw: Draw, launches: int) -> dict[int, Expect]:
        stream = program.stream()
        start, end = program.event(), program.event()
        a, b = _buffers(program, draw, 2)
        values = whole_numbers(draw, _COUNT)
        program.write(a, values, stream=stream)
        program.record(start, stream)
        for _ in range(launches):
            _negate(program, a, b, stream)
        program.record(end, stream)
        expected = {program.elapsed(start, end): Expect(least=0.0, most=60_000.0)}
        expected[program.elapsed(start, start)] = Expect(least=0.0, most=0.0)
        return expected

    for launches in (0, 1, 20):
        yield conduct(f"{launches}-launches", write, launches)


@tests("IF-STR-013")
def unrecorded_events_have_no_time(subject: Subject) -> Iterator[Case]:
    """Ask for times from and to an event that nobody recorded."""

    def write(program: ProgramBuilder, draw: Draw, which: str) -> dict[int, Expect]:
        stream, recorded, other = program.stream(), program.event(), program.event()
        program.record(recorded, stream)
        start = recorded if which == "end" else other
        end = recorded if which == "start" else other
        expected = {program.elapsed(start, end): Expect(error=INVALID_VALUE)}
        data = draw.bytes(64)
        return expected | holds(program, filled(program, data), data)

    for which in ("start", "end", "both"):
        yield conduct(which, write, which)


@tests("IF-STR-014")
def host_memory_is_free_after_a_write(subject: Subject) -> Iterator[Case]:
    """Queue many writes from memory that is used again at once, and read them all at the end."""

    def write(program: ProgramBuilder, draw: Draw, size: int) -> dict[int, Expect]:
        stream = program.stream()
        contents = [draw.bytes(size) for _ in range(16)]
        buffers = [program.allocate(size) for _ in contents]
        for buffer, content in zip(buffers, contents, strict=True):
            program.write(buffer, content, stream=stream)
        expected: dict[int, Expect] = {}
        for buffer, content in zip(buffers, contents, strict=True):
            expected |= holds(program, buffer, content, stream)
        return expected

    for size in (64, 4096, 100_000):
        yield conduct(f"{size}-bytes", write, size)


@tests("IF-STR-015")
def pending_work_outlives_a_release(subject: Subject) -> Iterator[Case]:
    """Release an operand while work on it is still queued, and give its memory to others."""

    def write(program: ProgramBuilder, draw: Draw) -> dict[int, Expect]:
        stream = program.stream()
        values = whole_numbers(draw, _COUNT)
        a, b = program.allocate(_BYTES), program.allocate(_BYTES)
        program.write(a, values, stream=stream)
        _negate(program, a, b, stream)
        expected = {program.release(a): Expect()}
        for _ in range(4):
            filled(program, draw.bytes(_BYTES))
        return expected | holds(program, b, (-values).tobytes(), stream)

    for number in range(3):
        yield conduct(f"operand-{number}", write)


@tests("IF-STR-016")
def refusals_disturb_nothing(subject: Subject) -> Iterator[Case]:
    """Between queued work, calls that must be refused, on the same stream and on another."""

    def write(program: ProgramBuilder, draw: Draw, *, same_stream: bool) -> dict[int, Expect]:
        stream, other = program.stream(), program.stream()
        a, b = _buffers(program, draw, 2)
        values = whole_numbers(draw, _COUNT)
        program.write(a, values, stream=stream)
        wrong = stream if same_stream else other
        refused = [
            program.write(a, bytes(_BYTES), 1, stream=wrong),
            program.launch("negative", [vector(a, _COUNT)], [vector(b, _COUNT + 1)], stream=wrong),
        ]
        _negate(program, a, b, stream)
        expected = {step: Expect(error=INVALID_VALUE) for step in refused}
        return expected | holds(program, b, (-values).tobytes(), stream)

    yield conduct("same-stream", write, same_stream=True)
    yield conduct("other-stream", write, same_stream=False)


@tests("IF-STR-017")
def the_default_stream_takes_part(subject: Subject) -> Iterator[Case]:
    """Produce on the default stream and consume on another, ordered by an event; and the other way round."""

    def write(program: ProgramBuilder, draw: Draw, *, default_first: bool) -> dict[int, Expect]:
        other = program.stream()
        first, second = (None, other) if default_first else (other, None)
        return _produce_and_consume(program, draw, first, second)

    for number in range(2):
        yield conduct(f"default-first-{number}", write, default_first=True)
        yield conduct(f"default-second-{number}", write, default_first=False)
