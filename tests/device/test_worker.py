"""A device in a worker: what programs answer, and how every kind of death is told."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator

import numpy as np
import pytest

from harness.device.near import Answer, Worker, WorkerDied
from harness.device.program import Program, ProgramBuilder, Ref
from harness.device.protocol import Tensor
from harness.errors import DeviceUnfit

OPENER = "tests.device.memory_device:open_memory"


def open_worker(name: str = "memory", deadline: float = 5.0) -> Worker:
    return Worker(name, b"profile: none", "none", deadline=deadline, opener=OPENER)


@pytest.fixture
def worker() -> Iterator[Worker]:
    with open_worker() as opened:
        yield opened


def misdeed(operation: str) -> Program:
    program = ProgramBuilder()
    program.launch(operation, [], [])
    return program.build()


def round_trip(data: bytes) -> Program:
    program = ProgramBuilder()
    buffer = program.allocate(len(data))
    program.write(buffer, data)
    program.read(buffer, len(data))
    return program.build()


def last(answer: Answer) -> object:
    return answer.observations[-1].value


def test_what_is_written_is_read_back(worker: Worker) -> None:
    contents = [bytes([n]) * (n + 1) for n in range(40)]
    assert [last(answer) for answer in worker.run([round_trip(data) for data in contents])] == contents


def test_an_operation_is_launched_on_tensors(worker: Worker) -> None:
    values = np.array([1.0, -2.5, 3.0], np.float32)
    program = ProgramBuilder()
    source, target = program.allocate(12), program.allocate(12)
    program.write(source, values)
    program.launch("double", [Tensor(source, "float32", (3,))], [Tensor(target, "float32", (3,))])
    program.read(target, 12)
    assert last(worker.run([program.build()])[0]) == np.array([2.0, -5.0, 6.0], np.float32).tobytes()


def test_data_larger_than_the_mapped_file_makes_it_grow(worker: Worker) -> None:
    data = bytes(range(256)) * (worker.slot // 256 + 1)
    assert last(worker.run([round_trip(data)])[0]) == data
    assert last(worker.run([round_trip(b"small again")])[0]) == b"small again"


def test_two_batches_may_be_on_their_way_at_once(worker: Worker) -> None:
    first = worker.submit([round_trip(b"one")])
    second = worker.submit([round_trip(b"two")])
    assert last(worker.collect(first)[0]) == b"one"
    assert last(worker.collect(second)[0]) == b"two"


def test_batches_too_large_for_the_pipe_do_not_block_each_other(worker: Worker) -> None:
    batch = [round_trip(b"x")] * 4000
    frames = [worker.submit(batch), worker.submit(batch)]
    assert [len(worker.collect(frame)) for frame in frames] == [4000, 4000]


def test_buffers_a_program_leaves_are_released(worker: Worker) -> None:
    program = ProgramBuilder()
    program.describe()
    worker.run([round_trip(b"left behind")])
    described = worker.run([program.build()])[0].observations[0].value
    assert described["facts"]["live"] == 0


def test_errors_are_observations_with_kind_and_layer(worker: Worker) -> None:
    program = ProgramBuilder()
    buffer = program.allocate(4)
    outside = program.read(buffer, 5)
    program.release(buffer)
    released = program.read(buffer, 1)
    null = program.read(Ref(""), 1)
    unknown = program.launch("no-such-operation", [], [])
    stream = program.stream()
    foreign = program.record(stream)
    seen = worker.run([program.build()])[0].observations
    assert [seen[step].error for step in (outside, released, null, unknown)] == [
        "invalid value",
        "invalid handle",
        "invalid handle",
        "unsupported",
    ]
    assert seen[foreign].error == "unexpected"
    assert "ZeroDivisionError" in seen[foreign].message
    assert seen[outside].layer == "memory"


def test_a_step_that_needs_a_missing_result_is_skipped(worker: Worker) -> None:
    program = ProgramBuilder()
    program.read(Ref("never made"), 1)
    assert worker.run([program.build()])[0].observations[0].error == "skipped"


@pytest.mark.parametrize("operation", ["print", "print-below"])
def test_what_a_library_prints_does_not_disturb_the_frames(worker: Worker, operation: str) -> None:
    assert last(worker.run([misdeed(operation), round_trip(b"fine")])[1]) == b"fine"


@pytest.mark.parametrize(
    ("operation", "why"),
    [("segv", "SIGSEGV"), ("abort", "SIGABRT"), ("exit", "exit code 3"), ("hang", "deadline")],
)
def test_a_device_that_dies_is_charged_to_its_case(operation: str, why: str) -> None:
    with open_worker(deadline=1.0) as worker:
        frame = worker.submit([round_trip(b"a"), misdeed(operation), round_trip(b"b")])
        with pytest.raises(WorkerDied, match=why) as death:
            worker.collect(frame)
    assert death.value.of_the_device
    assert (death.value.frame, death.value.case) == (frame.number, 1)


def test_a_worker_killed_from_outside_is_not_charged_to_the_device() -> None:
    with open_worker() as worker:
        frame = worker.submit([misdeed("killed")])
        with pytest.raises(WorkerDied, match="SIGKILL") as death:
            worker.collect(frame)
    assert not death.value.of_the_device


def test_a_worker_killed_between_batches_is_noticed_at_the_next() -> None:
    with open_worker() as worker:
        os.kill(worker.pid, signal.SIGKILL)
        time.sleep(0.1)
        with pytest.raises(WorkerDied):
            worker.run([round_trip(b"a")])


def test_the_deadline_is_for_each_case_not_for_the_batch() -> None:
    with open_worker(deadline=1.0) as worker:
        assert len(worker.run([misdeed("slow")] * 5)) == 5


def test_waiting_ends_at_the_given_time(worker: Worker) -> None:
    frame = worker.submit([misdeed("hang")])
    with pytest.raises(TimeoutError):
        worker.collect(frame, until=time.monotonic() + 0.2)


@pytest.mark.parametrize("name", ["refuse", "die"])
def test_a_device_that_cannot_be_opened_is_unfit(name: str) -> None:
    with pytest.raises(DeviceUnfit, match=name):
        open_worker(name)


def test_the_worker_reports_the_state_of_its_process(worker: Worker) -> None:
    assert worker.facts["process"]["flushes_subnormals"] is False
    assert worker.description.layers["stream"] == "adapter"


def test_no_worker_outlives_its_parent() -> None:
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write_end, str(open_worker().pid).encode())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    worker = int(os.read(read_end, 20))
    os.close(read_end)
    os.close(write_end)
    for _ in range(100):
        if not os.path.exists(f"/proc/{worker}") or _is_zombie(worker):
            return
        time.sleep(0.02)
    raise AssertionError(f"worker {worker} is an orphan")


def _is_zombie(process: int) -> bool:
    with open(f"/proc/{process}/stat", encoding="utf-8") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "Z"


def test_a_worker_that_does_not_end_in_time_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = open_worker()

    def never(timeout: float | None = None) -> int:
        if timeout is not None:
            raise subprocess.TimeoutExpired("worker", timeout)
        return waits()

    waits = worker._link._process.wait
    monkeypatch.setattr(worker._link._process, "wait", never)
    worker.close()
    assert not worker._link.alive
