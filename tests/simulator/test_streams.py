"""Streams run late and in no convenient order; events order them exactly; failures come once, where they belong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from harness.device.protocol import INVALID_HANDLE, INVALID_VALUE, UNSUPPORTED, DeviceError
from harness.simulator.memory import POISON
from harness.simulator.runtime import SimulatedDevice
from harness.simulator.streams import Event, Scheduler, Stream
from tests.simulator.claims import claims, simulate

SEEDS = range(40)


def handed_over(device: SimulatedDevice, *, ordered: bool) -> bytes:
    """One byte written on one stream and copied on another; with an event in between or without."""
    source, target = device.allocate(1), device.allocate(1)
    first, second, done = device.stream(), device.stream(), device.event()
    device.write(source, b"x", stream=first)
    if ordered:
        device.record(done, first)
        device.wait(second, done)
    device.copy(target, source, 1, stream=second)
    return device.read(target, 1, stream=second)


def test_work_that_nothing_orders_is_seen_out_of_order() -> None:
    seen = {handed_over(simulate(seed=seed), ordered=False) for seed in SEEDS}
    assert seen == {b"x", bytes([POISON])}


def test_work_that_events_order_never_is() -> None:
    assert {handed_over(simulate(seed=seed), ordered=True) for seed in SEEDS} == {b"x"}


def test_the_default_stream_is_ordered_with_no_other() -> None:
    seen = set()
    for seed in SEEDS:
        device = simulate(seed=seed)
        buffer, stream = device.allocate(1), device.stream()
        device.write(buffer, b"1")
        device.write(buffer, b"2", stream=stream)
        device.synchronize()
        seen.add(device.read(buffer, 1))
    assert seen == {b"1", b"2"}


def test_the_same_seed_gives_the_same_order() -> None:
    for seed in SEEDS:
        assert handed_over(simulate(seed=seed), ordered=False) == handed_over(simulate(seed=seed), ordered=False)


def test_work_on_one_stream_runs_in_order() -> None:
    for seed in SEEDS:
        device = simulate(seed=seed)
        buffer, stream, other = device.allocate(3), device.stream(), device.stream()
        for digit in b"0123456789":
            device.write(buffer, bytes([digit]), digit % 3, stream)
            device.write(device.allocate(1), b"x", stream=other)
        assert device.read(buffer, 3, stream=stream) == b"978"


def test_read_waits_for_its_stream_and_not_for_others() -> None:
    seen = set()
    for seed in SEEDS:
        device = simulate(seed=seed)
        buffer, busy, idle = device.allocate(1), device.stream(), device.stream()
        device.write(buffer, b"x", stream=busy)
        seen.add(device.read(buffer, 1, stream=idle))
    assert bytes([POISON]) in seen


def test_a_wait_keeps_the_recording_there_was_when_it_was_made() -> None:
    """The event is recorded again behind work that itself waits for the waiting stream: only the first can be meant."""
    for seed in SEEDS:
        device = simulate(seed=seed)
        buffer, first, second = device.allocate(2), device.stream(), device.stream()
        event, back = device.event(), device.event()
        device.write(buffer, b"a", 0, first)
        device.record(event, first)
        device.wait(second, event)
        device.copy(buffer, buffer, 1, 1, 0, second)
        device.record(back, second)
        device.wait(first, back)
        device.write(buffer, b"b", 0, first)
        device.record(event, first)
        assert device.read(buffer, 2, stream=first) == b"ba"


def test_waiting_on_an_unrecorded_event_holds_nothing_even_when_it_is_recorded_later() -> None:
    device = simulate()
    buffer, first, second, event = device.allocate(1), device.stream(), device.stream(), device.event()
    device.wait(first, event)
    device.write(buffer, b"x", stream=first)
    device.write(buffer, b"y", stream=second)
    device.record(event, second)
    assert device.read(buffer, 1, stream=first) in (b"x", b"y")


def test_synchronising_the_device_finishes_every_stream() -> None:
    for seed in SEEDS:
        device = simulate(seed=seed)
        buffer, idle = device.allocate(5), device.stream()
        for index in range(5):
            device.write(buffer, b"x", index, device.stream())
        device.synchronize()
        assert device.read(buffer, 5, stream=idle) == b"xxxxx"


def test_release_waits_for_the_work_that_uses_the_buffer() -> None:
    for seed in SEEDS:
        device = simulate(claims(memory_capacity=2), seed=seed)
        source, target, stream = device.allocate(1), device.allocate(1), device.stream()
        device.write(source, b"x", stream=stream)
        device.copy(target, source, 1, stream=stream)
        device.release(source)
        device.write(device.allocate(1), b"y")
        assert device.read(target, 1, stream=stream) == b"x"


def test_elapsed_counts_the_pieces_of_work_in_between() -> None:
    device = simulate(claims(launch_cost_ms=0.25))
    buffer, start, end = device.allocate(1), device.event(), device.event()
    device.record(start)
    for _ in range(3):
        device.write(buffer, b"x")
    device.record(end)
    assert device.elapsed(start, end) == 0.75


def test_elapsed_over_a_wait_counts_what_was_waited_for() -> None:
    for seed in SEEDS:
        device = simulate(claims(launch_cost_ms=1.0), seed=seed)
        buffer, slow, quick = device.allocate(1), device.stream(), device.stream()
        start, done, end = device.event(), device.event(), device.event()
        device.record(start, quick)
        for _ in range(5):
            device.write(buffer, b"x", stream=slow)
        device.record(done, slow)
        device.wait(quick, done)
        device.record(end, quick)
        assert device.elapsed(start, end) == 5.0


def test_elapsed_waits_for_both_events() -> None:
    device = simulate()
    buffer, stream, start, end = device.allocate(1), device.stream(), device.event(), device.event()
    device.record(start)
    device.write(buffer, b"x", stream=stream)
    device.record(end, stream)
    device.elapsed(start, end)
    assert device.read(buffer, 1) == b"x"


def test_elapsed_without_a_cost_is_no_time() -> None:
    device = simulate()
    start, end = device.event(), device.event()
    device.record(start)
    device.write(device.allocate(1), b"x")
    device.record(end)
    assert device.elapsed(start, end) == 0.0


@pytest.mark.parametrize("recorded", [0, 1])
def test_elapsed_of_an_unrecorded_event_is_an_invalid_value(recorded: int) -> None:
    device = simulate()
    events = [device.event(), device.event()]
    device.record(events[recorded])
    with pytest.raises(DeviceError) as refusal:
        device.elapsed(*events)
    assert refusal.value.kind == INVALID_VALUE


def test_handles_of_no_stream_or_event_are_invalid() -> None:
    device = simulate()
    buffer, stream, event = device.allocate(1), device.stream(), device.event()
    calls: list[Callable[[], object]] = [
        lambda: device.write(buffer, b"x", stream=event),
        lambda: device.read(buffer, 1, stream=buffer),
        lambda: device.copy(buffer, buffer, 1, stream=99),
        lambda: device.record(stream),
        lambda: device.record(event, buffer),
        lambda: device.wait(event, event),
        lambda: device.wait(stream, stream),
        lambda: device.elapsed(event, stream),
        lambda: device.synchronize(event),
    ]
    for call in calls:
        with pytest.raises(DeviceError) as refusal:
            call()
        assert refusal.value.kind == INVALID_HANDLE


def fail() -> None:
    raise DeviceError(UNSUPPORTED, "this piece of work fails")


def no_memory() -> None:
    raise MemoryError


def test_a_failure_of_execution_waits_for_its_own_stream_and_comes_once() -> None:
    scheduler, failing, other = Scheduler(), Stream(), Stream()
    scheduler.submit(failing, fail, ())
    scheduler.submit(failing, no_memory, ())
    scheduler.submit(other, lambda: None, ())
    scheduler.finish_all()
    scheduler.raise_error(other)
    with pytest.raises(DeviceError, match="this piece of work fails"):
        scheduler.raise_error(failing)
    scheduler.raise_error(failing)
    scheduler.raise_error(None)


def test_synchronising_the_device_reports_the_failures_one_after_another() -> None:
    scheduler, first, second = Scheduler(), Stream(), Stream()
    scheduler.submit(first, fail, ())
    scheduler.finish(first)
    scheduler.submit(second, no_memory, ())
    scheduler.finish(second)
    for message in ("this piece", "no memory"):
        with pytest.raises(DeviceError, match=message):
            scheduler.raise_error(None)
    scheduler.raise_error(None)


def test_work_after_a_failure_still_runs() -> None:
    scheduler, stream, done = Scheduler(), Stream(), []
    scheduler.submit(stream, fail, ())
    scheduler.submit(stream, lambda: done.append("ran"), ())
    scheduler.finish(stream)
    assert done == ["ran"]


def ends(scheduler: Scheduler, *events: Event) -> list[float]:
    """When recordings were reached on the modelled clock, in milliseconds."""
    found = []
    for event in events:
        assert event.marker is not None
        scheduler.reach(event.marker)
        found.append(event.marker.at)
    return found


def test_each_piece_of_work_takes_its_own_time_and_one_of_unknown_cost_the_task_cost() -> None:
    scheduler, stream = Scheduler(task_cost=0.5), Stream()
    events = [Event() for _ in range(4)]
    for cost, event in zip((2.0, None, 0.0, 0.25), events, strict=True):
        scheduler.submit(stream, lambda: None, (), cost)
        scheduler.record(event, stream)
    assert ends(scheduler, *events) == [2.0, 2.5, 2.5, 2.75]


def test_work_on_two_streams_overlaps_and_a_wait_lasts_as_long_as_the_longer() -> None:
    for seed in SEEDS:
        scheduler, long, short = Scheduler(seed, task_cost=9.0), Stream(), Stream()
        done, end = Event(), Event()
        scheduler.submit(long, lambda: None, (), 4.0)
        scheduler.record(done, long)
        scheduler.submit(short, lambda: None, (), 1.0)
        scheduler.wait(short, done)
        scheduler.submit(short, lambda: None, (), 0.5)
        scheduler.record(end, short)
        assert ends(scheduler, end) == [4.5]


def test_work_queued_after_the_host_waited_begins_no_earlier_than_that() -> None:
    scheduler, first, second, end = Scheduler(), Stream(), Stream(), Event()
    scheduler.submit(first, lambda: None, (), 3.0)
    scheduler.finish(first)
    scheduler.submit(second, lambda: None, (), 1.0)
    scheduler.record(end, second)
    assert ends(scheduler, end) == [4.0]


def order(seed: int) -> str:
    """The order of a, b and c on three streams, and of B, which an event holds back until a is done."""
    scheduler, streams, seen = Scheduler(seed), [Stream() for _ in range(3)], list[str]()
    for name, stream in zip("abc", streams, strict=True):
        scheduler.submit(stream, partial(seen.append, name), ())
    event = Event()
    scheduler.record(event, streams[0])
    scheduler.wait(streams[1], event)
    scheduler.submit(streams[1], partial(seen.append, "B"), ())
    scheduler.finish_all()
    return "".join(seen)


def test_every_order_that_events_allow_comes_about_and_no_other() -> None:
    orders = {order(seed) for seed in range(300)}
    assert all(seen.index("a") < seen.index("B") > seen.index("b") for seen in orders)
    assert {seen.replace("B", "") for seen in orders} == {"abc", "acb", "bac", "bca", "cab", "cba"}
