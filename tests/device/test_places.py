"""Places: how a device's far side is started in each, what crosses, and what is said when it goes wrong."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from harness.device.near import Answer, Worker, WorkerDied
from harness.device.places import place_of
from harness.device.program import Program, ProgramBuilder
from harness.device.protocol import Tensor
from harness.errors import DeviceUnfit, UsageError

HERE = f"numpy@exec:{sys.executable}"


def opened(device: str, deadline: float = 20.0) -> Worker:
    return Worker(device, b"profile: none", "none", deadline=deadline, patience=20.0)


def round_trip(data: bytes) -> Program:
    program = ProgramBuilder()
    buffer = program.allocate(len(data))
    program.write(buffer, data)
    program.read(buffer, len(data))
    return program.build()


def last(answer: Answer) -> object:
    return answer.observations[-1].value


def liar(folder: Path, body: str) -> str:
    """A device whose place answers with what a script prints in place of a far side."""
    script = folder / "liar.py"
    script.write_text(f"import sys, struct, time\n{body}\nsys.stdout.flush()\n")
    return f"numpy@exec:{shlex.join([sys.executable, str(script)])}"


def test_what_is_written_by_frames_alone_is_read_back() -> None:
    contents = [bytes([n]) * (n + 1) for n in range(40)]
    large = bytes(range(256)) * (1 << 17)
    with opened(HERE) as worker:
        assert [last(answer) for answer in worker.run([round_trip(data) for data in contents])] == contents
        assert last(worker.run([round_trip(large)])[0]) == large
        frames = [worker.submit([round_trip(b"one")]), worker.submit([round_trip(b"two")])]
        assert [last(worker.collect(frame)[0]) for frame in frames] == [b"one", b"two"]


def test_an_error_there_is_the_same_as_here() -> None:
    program = ProgramBuilder()
    program.read(program.allocate(4), 5)
    program.launch("no-such-operation", [], [Tensor(program.allocate(4), "float32", (1,))])
    with opened("numpy") as near, opened(HERE) as far:
        seen = [worker.run([program.build()])[0].observations for worker in (near, far)]
    assert [one.error for one in seen[0]] == [one.error for one in seen[1]]


def test_a_simulated_device_does_not_travel() -> None:
    with pytest.raises(DeviceUnfit, match="lives where Assay is installed"):
        opened(f"simulated@exec:{sys.executable} -I")


@pytest.mark.parametrize(
    "name", ["numpy@exec:", "numpy@exec:'", "numpy@ssh:-oProxyCommand=x", "numpy@qemu:-x", "n@worker@x"]
)
def test_a_place_that_cannot_be_is_refused_with_what_to_do(name: str) -> None:
    with pytest.raises(UsageError) as refusal:
        place_of(name)
    assert refusal.value.remedy


def test_a_command_that_is_not_here_is_named() -> None:
    with pytest.raises(DeviceUnfit, match="no-such-command"):
        place_of("numpy@exec:no-such-command python3")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("print('Welcome to the lab!')", "no frame"),
        ("sys.stdout.buffer.write(b'ASY2' + struct.pack('<II', 100, 0) + b'{')", "exit code 0"),
        ("sys.stdout.buffer.write(b'ASY2' + struct.pack('<II', 0xFFFFFFFF, 0))", "claims a message"),
        ("sys.stdout.buffer.write(b'ASY2' + struct.pack('<II', 4, 0) + b'null')", "where an object should be"),
        ("sys.stdout.buffer.write(b'ASY2' + struct.pack('<II', 12, 0) + b'{\"beat\":null}'[:12])", "no JSON"),
        ("sys.exit('no room for the card')", "no room for the card"),
    ],
)
def test_what_is_no_far_side_is_said_to_be_none(tmp_path: Path, body: str, said: str) -> None:
    with pytest.raises(DeviceUnfit, match=said):
        opened(liar(tmp_path, body))


def test_a_far_side_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.device.near.VERSION", 999)
    with pytest.raises(DeviceUnfit, match="version 999"):
        opened("numpy")


def test_a_far_side_that_is_gone_is_nobodys_case() -> None:
    with opened(HERE) as worker:
        worker._link._process.kill()
        with pytest.raises(WorkerDied) as death:
            worker.run([round_trip(b"a")])
    assert not death.value.of_the_device
