"""The far side: a process that holds the device and does what programs say, and nothing else.

It reads frames from standard input and answers on what was standard output when it began; whatever a device's library
prints goes to standard error instead. It judges nothing, knows no expected result, and starts no other process. This
file travels: numpy and the adapter's library are all it needs beside its own archive, on Python 3.8 or later.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import mmap
import os
import platform
import select
import signal
import sys
import threading
import time
from typing import Any, BinaryIO, Dict, List, Optional, Tuple

from harness.device.bulk import gather, scatter, taken, written
from harness.device.frames import DATA_BEGINS, HEARTBEAT, VERSION, FrameError, encode, take
from harness.device.protocol import Description, Device, DeviceError, Tensor

#: The answer to a step that names the result of a step that failed.
SKIPPED = "skipped"
#: The answer to a step during which the adapter raised something that is no device error.
UNEXPECTED = "unexpected"

_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Let the kernel kill this process when ``parent``, which started it, ends (Linux ``prctl(2)``)."""
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def end_with(pipe: int) -> None:
    """Let this process end when nobody holds the other end of ``pipe`` any more, whatever its device is doing."""

    def watch() -> None:
        watched = select.poll()
        watched.register(pipe, 0)  # only what is always told: that the other end is gone
        watched.poll()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class MappedFile:
    """The file both sides map: the heartbeat in its first bytes, bulk data behind ``DATA_BEGINS``."""

    #: Whether data crosses in frames.
    apart = False

    def __init__(self, path: str, size: int) -> None:
        descriptor = os.open(path, os.O_RDWR)
        try:
            self.memory = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)

    def beat(self, frame: int, case: int) -> None:
        """Say which case is in hand; survives whatever the device does to this process."""
        HEARTBEAT.pack_into(self.memory, 0, frame & 0xFFFFFFFF, case)


class OwnMemory:
    """Memory of this side alone, where the two sides share none: data and heartbeats cross in frames."""

    apart = True

    def __init__(self, size: int, sink: BinaryIO) -> None:
        self.memory = bytearray(size)
        self._sink = sink

    def beat(self, frame: int, case: int) -> None:
        """Say which case is in hand, before it can do anything to this process."""
        self._sink.write(encode({"beat": [frame, case]}))
        self._sink.flush()


def execute(device: Device, steps: List[Any], memory: Any) -> List[Any]:
    """Carry out one program and return what each step answered.

    ``steps`` is a program as frames carry it; ``memory`` holds the data it writes and takes the data it reads. Buffers
    the program leaves allocated are released afterwards.
    """
    results: Dict[str, Any] = {}
    buffers: Dict[str, Any] = {}
    answers = [_answer(device, step, results, buffers, memory) for step in steps]
    for buffer in buffers.values():
        # A clean-up that fails says nothing about the case.
        with contextlib.suppress(Exception):
            device.release(buffer)
    return answers


def _answer(device: Device, step: List[Any], results: Dict[str, Any], buffers: Dict[str, Any], memory: Any) -> Any:
    """What one step answers; what it makes is kept in ``results``, and buffers that live on in ``buffers``."""
    call, arguments, result = step
    try:
        value = _call(device, call, arguments, results, memory)
    except _MissingResult as missing:
        return {"error": SKIPPED, "message": f"needs {missing}, which was not made"}
    except DeviceError as error:
        return {"error": error.kind, "message": error.message[:2000], "layer": error.layer}
    except Exception as error:  # noqa: BLE001  whatever an adapter raises is an answer, not our failure
        return {"error": UNEXPECTED, "message": f"{type(error).__name__}: {error}"[:2000]}
    if call == "release":
        buffers.pop(arguments["buffer"]["ref"], None)
    if result is None:
        return value
    results[result] = value
    if call == "allocate":
        buffers[result] = value
    return None


class _MissingResult(Exception):
    pass


def _call(device: Device, call: str, arguments: Dict[str, Any], results: Dict[str, Any], memory: Any) -> Any:
    values = {name: _argument(value, results, memory) for name, value in arguments.items() if name != "into"}
    if call == "describe":
        return describe(device)
    if call == "supports":
        return bool(device.supports(values["operation"], values["dtypes"]))
    value = getattr(device, call)(**values)
    if call == "read":
        data = bytes(value)
        if len(data) != values["nbytes"]:
            raise ValueError(f"read returned {len(data)} bytes instead of {values['nbytes']}")
        into = arguments["into"]
        memory[into : into + len(data)] = data
        return len(data)
    return float(value) if call == "elapsed" else value


def _argument(value: Any, results: Dict[str, Any], memory: Any) -> Any:
    """An argument as the device takes it: references replaced by handles, data fetched from the mapped file."""
    if isinstance(value, list):
        return [_argument(item, results, memory) for item in value]
    if not isinstance(value, dict):
        return value
    if "ref" in value:
        if not value["ref"]:
            return None
        if value["ref"] not in results:
            raise _MissingResult(value["ref"])
        return results[value["ref"]]
    if "tensor" in value:
        buffer, dtype, shape, strides, offset = value["tensor"]
        handle = _argument(buffer, results, memory)
        return Tensor(handle, dtype, tuple(shape), None if strides is None else tuple(strides), offset)
    if "data" in value:
        begin, size = value["data"]
        return bytes(memory[begin : begin + size])
    return {key: _argument(item, results, memory) for key, item in value.items()}


def describe(device: Device) -> Dict[str, Any]:
    """A device's description as plain data, with the state of the process it lives in."""
    said = device.describe()
    return {
        "name": said.name,
        "simulated": said.simulated,
        "layers": dict(said.layers),
        "facts": dict(said.facts),
        "process": process_facts(),
    }


def process_facts() -> Dict[str, Any]:
    """What kind of process the device lives in, and whether something in it has switched subnormals off."""
    import numpy as np

    smallest = np.float32(2.0**-126)
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "flushes_subnormals": bool(smallest * np.float32(0.5) == 0),
    }


class OnModel:
    """A device on an emulated processor: simulated, whatever it says of itself."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def describe(self) -> Description:
        """What the device says, but for being real."""
        return dataclasses.replace(self._device.describe(), simulated=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)


class _FarSide:
    """The loop over frames, with the device and the memory it has been given."""

    def __init__(self, sink: BinaryIO) -> None:
        self.device: Any = None
        self._sink = sink
        self._memory: Any = None

    def answer(self, message: Dict[str, Any], data: bytes) -> Tuple[Dict[str, Any], bytes]:
        """What one frame is answered with, and the data that goes along."""
        if message["do"] == "open":
            return self._open(message), b""
        if message["do"] == "map":
            self._map(message)
            return {"mapped": message["size"]}, b""
        if message["do"] == "run":
            return self._run(message, data)
        raise FrameError(f"the other side asks for {message['do']!r}, which this version cannot do")

    def _map(self, message: Dict[str, Any]) -> None:
        path: Optional[str] = message["path"]
        size = message["size"]
        self._memory = OwnMemory(size, self._sink) if path is None else MappedFile(path, size)

    def _open(self, message: Dict[str, Any]) -> Dict[str, Any]:
        if message["version"] != VERSION:
            return {"refused": f"the near side speaks version {message['version']}, this side {VERSION}"}
        self._map(message)
        module, function = message["opener"].split(":")
        try:
            opener = getattr(importlib.import_module(module), function)
            opened = opener(message["device"], message["profile"], message["profile_name"], message["settings"])
            self.device = OnModel(opened) if message["emulated"] else opened
            return {"opened": describe(self.device)}
        except Exception as error:  # noqa: BLE001  the near side must be told, whatever it was
            return {
                "refused": str(error) or type(error).__name__,
                "kind": type(error).__name__,
                "exit_code": getattr(error, "exit_code", None),
            }

    def _run(self, message: Dict[str, Any], data: bytes) -> Tuple[Dict[str, Any], bytes]:
        programs, memory = message["programs"], self._memory.memory
        if self._memory.apart:
            scatter(memory, written(programs), data)
        answers: List[Any] = []
        for number, steps in enumerate(programs):
            self._memory.beat(message["frame"], number + 1)
            began = time.perf_counter()
            answered = execute(self.device, steps, memory)
            answers.append([round((time.perf_counter() - began) * 1e3, 4), answered])
        read = gather(memory, taken(programs, [answered for _, answered in answers])) if self._memory.apart else b""
        return {"frame": message["frame"], "answers": answers}, read


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer frames from ``source`` on ``sink`` until it ends or says ``close``."""
    far, received = _FarSide(sink), bytearray()
    while True:
        arrived = take(received)
        if arrived is None:
            data = os.read(source.fileno(), 1 << 20)
            if not data:
                return
            received += data
            continue
        if arrived.message["do"] == "close":
            if far.device is not None:
                far.device.close()
            sink.write(encode({"closed": True}))
            sink.flush()
            return
        sink.write(encode(*far.answer(*arrived)))
        sink.flush()


def main() -> None:
    """Serve the process of this machine that started this one, and end with it."""
    die_with(int(sys.argv[1]))
    _serve_standard_streams()


def serve_a_pipe() -> None:
    """Serve whoever holds the other end of standard input, wherever that is, and end with it."""
    end_with(0)
    _serve_standard_streams()


def _serve_standard_streams() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    frames_out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, frames_out)


if __name__ == "__main__":
    main()

__all__ = ["DATA_BEGINS", "SKIPPED", "UNEXPECTED", "describe", "die_with", "execute", "main", "serve", "serve_a_pipe"]
