"""What a device was seen to reach, as information: nothing here is judged."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from harness.device.dtypes import numpy_dtype
from harness.device.near import Worker, WorkerDied
from harness.device.program import Program, ProgramBuilder
from harness.device.protocol import Tensor
from harness.interface.catalogue import Interface
from harness.oracle.formats import is_float
from harness.profile.model import Profile

#: Bytes copied to see the bandwidth of device memory.
_COPIED = 64 << 20
#: Sides of the square matrices multiplied, and how often in a row: more only while there is time.
_STEPS = ((256, 1), (512, 1), (1024, 1), (2048, 1), (2048, 16), (2048, 128))
#: The most seconds of the host that one figure may take before it is taken as it is.
_PATIENCE = 0.3
#: Device time from which on a figure is no longer about the cost of launching, in milliseconds.
_ENOUGH_MS = 20.0


@dataclass(frozen=True)
class Seen:
    """One figure: its name, value and unit, on what it was seen, and who took the time."""

    name: str
    value: float
    unit: str
    on: str
    layer: str

    def document(self) -> dict[str, Any]:
        """The figure as plain data."""
        return asdict(self)


def measure(worker: Worker, interface: Interface, profile: Profile) -> list[Seen]:
    """Bandwidth of a copy, and the rate of ``matmul`` for every dtype the profile claims.

    What cannot be seen is left out. A worker that dies of it ends the measuring, not the run.
    """
    found: list[Seen] = []
    try:
        found += _bandwidth(worker)
        matmul = interface.operations["matmul"]
        for types in matmul.types:
            if profile.claims(matmul, types):
                unit = "FLOP/s" if is_float(types.out) else "OP/s"
                found += list(_rate(worker, types.label, types.inputs[0], types.out, unit))[-1:]
    except (WorkerDied, TimeoutError):
        pass
    return found


def _bandwidth(worker: Worker) -> list[Seen]:
    program = ProgramBuilder()
    source, target = program.allocate(_COPIED), program.allocate(_COPIED)
    begin, end = program.event(), program.event()
    program.copy(target, source, _COPIED)
    program.record(begin)
    program.copy(target, source, _COPIED)
    program.record(end)
    asked = program.elapsed(begin, end)
    for buffer in (source, target):
        program.release(buffer)
    said = worker.run([program.build()])[0].observations[asked]
    if said.error is not None or not said.value > 0:
        return []
    return [Seen("bandwidth", 2 * _COPIED / (said.value / 1000), "B/s", f"a copy of {_COPIED >> 20} MiB", said.layer)]


def _rate(worker: Worker, label: str, operand: str, out: str, unit: str) -> Iterator[Seen]:
    """Figures for more and more work, until it is enough or there is no more time."""
    for side, times in _STEPS:
        started = time.monotonic()
        program, asked, launched = _products(side, times, operand, out)
        observations = worker.run([program])[0].observations
        said = observations[asked]
        if observations[launched].error is not None or said.error is not None or not said.value > 0:
            return
        on = f"{times} times {side} x {side} matrices"
        yield Seen(f"matmul/{label}", times * 2 * side**3 / (said.value / 1000), unit, on, said.layer)
        if said.value >= _ENOUGH_MS or 8 * (time.monotonic() - started) > _PATIENCE:
            return


def _products(side: int, times: int, operand: str, out: str) -> tuple[Program, int, int]:
    """The program, the step that asks for its time, and a launch of it."""
    program = ProgramBuilder()
    tensors = []
    for dtype in (operand, operand, out):
        nbytes = side * side * numpy_dtype(dtype).itemsize
        tensors.append(Tensor(program.allocate(nbytes), dtype, (side, side)))
        program.write(tensors[-1].buffer, bytes(nbytes))
    begin, end = program.event(), program.event()
    program.launch("matmul", tensors[:2], tensors[2:])
    program.record(begin)
    launched = [program.launch("matmul", tensors[:2], tensors[2:]) for _ in range(times)]
    program.record(end)
    asked = program.elapsed(begin, end)
    for tensor in tensors:
        program.release(tensor.buffer)
    return program.build(), asked, launched[0]
