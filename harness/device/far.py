"""The far side: a process that holds the device and does what programs say, and nothing else.

It reads frames from standard input and answers on what was standard output when it began; whatever a device's library
prints goes to standard error instead. It judges nothing and knows no expected result. This file travels: with
``protocol`` and ``frames`` beside it, numpy and the adapter's library are all it needs, on Python 3.8 or later.
"""

from __future__ import annotations

import contextlib
import importlib
import mmap
import os
import platform
import signal
import sys
import time
from typing import Any, BinaryIO, Dict, List

from harness.device.frames import DATA_BEGINS, HEARTBEAT, VERSION, FrameError, encode, take
from harness.device.protocol import Device, DeviceError, Tensor

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


class MappedFile:
    """The file both sides map: the heartbeat in its first bytes, bulk data behind ``DATA_BEGINS``."""

    def __init__(self, path: str, size: int) -> None:
        descriptor = os.open(path, os.O_RDWR)
        try:
            self.memory = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)

    def beat(self, frame: int, case: int) -> None:
        """Say which case is in hand; survives whatever the device does to this process."""
        HEARTBEAT.pack_into(self.memory, 0, frame & 0xFFFFFFFF, case)


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


class _FarSide:
    """The loop over frames, with the device and the mapped file it has been given."""

    def __init__(self) -> None:
        self.device: Any = None
        self.mapped: Any = None

    def answer(self, message: Dict[str, Any]) -> Dict[str, Any]:
        if message["do"] == "open":
            return self._open(message)
        if message["do"] == "map":
            self.mapped = MappedFile(message["path"], message["size"])
            return {"mapped": message["size"]}
        if message["do"] == "run":
            return self._run(message)
        raise FrameError(f"the other side asks for {message['do']!r}, which this version cannot do")

    def _open(self, message: Dict[str, Any]) -> Dict[str, Any]:
        if message["version"] != VERSION:
            return {"refused": f"the near side speaks version {message['version']}, this side {VERSION}"}
        self.mapped = MappedFile(message["path"], message["size"])
        module, function = message["opener"].split(":")
        try:
            opener = getattr(importlib.import_module(module), function)
            self.device = opener(message["device"], message["profile"], message["profile_name"])
            return {"opened": describe(self.device)}
        except Exception as error:  # noqa: BLE001  the near side must be told, whatever it was
            return {
                "refused": str(error) or type(error).__name__,
                "kind": type(error).__name__,
                "exit_code": getattr(error, "exit_code", None),
            }

    def _run(self, message: Dict[str, Any]) -> Dict[str, Any]:
        answers = []
        for number, steps in enumerate(message["programs"]):
            self.mapped.beat(message["frame"], number + 1)
            began = time.perf_counter()
            answered = execute(self.device, steps, self.mapped.memory)
            answers.append([round((time.perf_counter() - began) * 1e3, 4), answered])
        return {"frame": message["frame"], "answers": answers}


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer frames from ``source`` on ``sink`` until it ends or says ``close``."""
    far, received = _FarSide(), bytearray()
    while True:
        message = take(received)
        if message is None:
            data = os.read(source.fileno(), 1 << 20)
            if not data:
                return
            received += data
            continue
        if message["do"] == "close":
            if far.device is not None:
                far.device.close()
            sink.write(encode({"closed": True}))
            sink.flush()
            return
        sink.write(encode(far.answer(message)))
        sink.flush()


def main() -> None:
    """Serve the process that started this one, and end with it."""
    die_with(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    frames_out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, frames_out)


if __name__ == "__main__":
    main()

__all__ = ["DATA_BEGINS", "SKIPPED", "UNEXPECTED", "MappedFile", "describe", "die_with", "execute", "main", "serve"]
