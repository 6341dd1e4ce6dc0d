"""Device memory: bounded, poisoned, checked, and free until touched."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from harness.device.protocol import (
    INVALID_HANDLE,
    INVALID_VALUE,
    OUT_OF_MEMORY,
    DeviceError,
    Tensor,
)
from harness.simulator.memory import MAPPED_ABOVE, POISON
from tests.simulator.claims import claims, simulate

SIZES = (64, MAPPED_ABOVE + 3)


def test_what_was_written_is_read_back() -> None:
    device = simulate()
    buffer = device.allocate(8)
    device.write(buffer, b"abcdefgh")
    device.write(buffer, b"XY", 3)
    assert device.read(buffer, 8) == b"abcXYfgh"
    assert device.read(buffer, 2, 4) == b"Yf"


@pytest.mark.parametrize("size", SIZES)
def test_a_fresh_buffer_holds_no_zero(size: int) -> None:
    device = simulate()
    assert set(device.read(device.allocate(size), size)) == {POISON}


@pytest.mark.parametrize("size", SIZES)
def test_a_buffer_at_a_released_ones_place_does_not_show_its_contents(size: int) -> None:
    device = simulate(claims(memory_capacity=size))
    first = device.allocate(size)
    device.write(first, bytes(size))
    device.release(first)
    assert set(device.read(device.allocate(size), size)) == {POISON}


@pytest.mark.parametrize("size", SIZES)
def test_a_write_poisons_what_is_around_it_and_changes_nothing_else(size: int) -> None:
    device = simulate()
    buffer = device.allocate(size)
    device.write(buffer, b"\0\0", size - 5)
    assert device.read(buffer, 6, size - 6) == bytes([POISON, 0, 0, POISON, POISON, POISON])


def test_the_capacity_is_the_profiles_to_the_byte() -> None:
    device = simulate(claims(memory_capacity=100))
    device.allocate(60)
    with pytest.raises(DeviceError) as refusal:
        device.allocate(41)
    assert refusal.value.kind == OUT_OF_MEMORY
    device.allocate(40)


def test_running_out_of_memory_leaves_everything_as_it_was() -> None:
    device = simulate(claims(memory_capacity=16))
    kept = device.allocate(8)
    device.write(kept, b"contents")
    with pytest.raises(DeviceError, match="free"):
        device.allocate(9)
    assert device.read(kept, 8) == b"contents"
    device.release(device.allocate(8))


def test_an_unknown_capacity_is_sixteen_gibibytes_and_called_assumed() -> None:
    device = simulate(claims(memory_capacity=None))
    facts = device.describe().facts
    assert (facts["memory_bytes"], facts["memory_assumed"]) == (16 << 30, True)
    with pytest.raises(DeviceError) as refusal:
        device.allocate((16 << 30) + 1)
    assert refusal.value.kind == OUT_OF_MEMORY


def test_sixty_gibibytes_cost_nothing_until_they_are_touched() -> None:
    device = simulate(claims(memory_capacity=60 << 30))
    began = time.perf_counter()
    buffer = device.allocate(60 << 30)
    last = (60 << 30) - 4
    device.write(buffer, b"last", last)
    device.write(buffer, b"first")
    assert device.read(buffer, 6, last - 2) == bytes([POISON, POISON]) + b"last"
    assert device.read(buffer, 5) == b"first"
    device.release(buffer)
    assert time.perf_counter() - began < 2


def test_a_tensor_with_distant_elements_touches_only_those() -> None:
    device = simulate(claims(memory_capacity=60 << 30))
    buffer = device.allocate(40 << 30)
    stride = 9 << 30
    for index in range(4):
        device.write(buffer, bytes([index]), index * stride)
    result = device.allocate(4)
    began = time.perf_counter()
    device.launch("square", [Tensor(buffer, "int8", (4,), (stride,))], [Tensor(result, "int8", (4,))], {})
    assert device.read(result, 4) == bytes([0, 1, 4, 9])
    assert time.perf_counter() - began < 2


def test_a_buffer_of_no_bytes_is_legal() -> None:
    device = simulate(claims(memory_capacity=1))
    buffer = device.allocate(0)
    device.write(buffer, b"")
    assert device.read(buffer, 0) == b""
    assert device.allocate(0) != buffer
    device.release(buffer)


@pytest.mark.parametrize("size", [-1, 1.5, "8", None])
def test_a_size_that_is_no_count_is_an_invalid_value(size: object) -> None:
    with pytest.raises(DeviceError) as refusal:
        simulate().allocate(size)  # type: ignore[arg-type]
    assert refusal.value.kind == INVALID_VALUE


@pytest.mark.parametrize(("offset", "nbytes"), [(-1, 2), (7, 2), (8, 1), (9, 0), (2**63, 2**63), (2**64 - 1, 2)])
def test_a_range_outside_the_buffer_is_an_invalid_value_and_changes_no_byte(offset: int, nbytes: int) -> None:
    device = simulate()
    buffer, other = device.allocate(8), device.allocate(8)
    device.write(buffer, b"12345678")
    device.write(other, b"abcdefgh")
    calls: list[Callable[[], object]] = [
        lambda: device.read(buffer, nbytes, offset),
        lambda: device.copy(buffer, other, nbytes, offset, 0),
        lambda: device.copy(other, buffer, nbytes, 0, offset),
    ]
    if nbytes < 8:
        calls.append(lambda: device.write(buffer, bytes(nbytes), offset))
    for call in calls:
        with pytest.raises(DeviceError) as refusal:
            call()
        assert refusal.value.kind == INVALID_VALUE
    assert (device.read(buffer, 8), device.read(other, 8)) == (b"12345678", b"abcdefgh")


def test_a_copy_within_a_buffer_goes_as_if_through_another() -> None:
    device = simulate()
    buffer = device.allocate(6)
    for target, source, expected in ((2, 0, b"ababcd"), (0, 2, b"cdefef")):
        device.write(buffer, b"abcdef")
        device.copy(buffer, buffer, 4, target, source)
        assert device.read(buffer, 6) == expected


def test_a_write_takes_the_data_as_it_is_at_the_call() -> None:
    device = simulate()
    buffer, data = device.allocate(4), bytearray(b"then")
    device.write(buffer, data)  # type: ignore[arg-type]
    data[:] = b"now!"
    assert device.read(buffer, 4) == b"then"


def test_a_released_handle_is_invalid_for_every_call_even_when_its_place_is_taken() -> None:
    device = simulate(claims(memory_capacity=64))
    released = device.allocate(64)
    device.release(released)
    taken = device.allocate(64)
    tensor = Tensor(released, "float32", (4,))
    calls: list[Callable[[], object]] = [
        lambda: device.read(released, 1),
        lambda: device.write(released, b"x"),
        lambda: device.copy(released, taken, 1),
        lambda: device.copy(taken, released, 1),
        lambda: device.release(released),
        lambda: device.launch("exp", [tensor], [Tensor(taken, "float32", (4,))], {}),
        lambda: device.launch("exp", [Tensor(taken, "float32", (4,))], [tensor], {}),
    ]
    for call in calls:
        with pytest.raises(DeviceError) as refusal:
            call()
        assert refusal.value.kind == INVALID_HANDLE


@pytest.mark.parametrize("handle", [None, 0, -1, 2**64, "0x1000", [], True])
def test_what_is_no_handle_is_an_invalid_handle(handle: object) -> None:
    with pytest.raises(DeviceError) as refusal:
        simulate().read(handle, 0)
    assert refusal.value.kind == INVALID_HANDLE


def test_no_handle_is_given_out_twice_nor_taken_for_another_kind() -> None:
    device = simulate()
    handles = []
    for _ in range(20):
        buffer = device.allocate(1)
        handles += [buffer, device.stream(), device.event()]
        device.release(buffer)
    assert all(first < second for first, second in pairwise(handles))
    for call in (lambda: device.read(handles[1], 0), lambda: device.record(handles[1])):
        with pytest.raises(DeviceError) as refusal:
            call()
        assert refusal.value.kind == INVALID_HANDLE
