"""Programs on their way to the far side, and its answers on their way back.

Bulk data does not travel in frames: what a program writes is laid into the mapped file before the frame goes out, and
what it reads comes back in places reserved there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.device.program import Observation, Program, plain, to_bytes

_ALIGNMENT = 64


def aligned(size: int) -> int:
    """``size`` rounded up to the alignment of data in the mapped file."""
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def space_needed(program: Program) -> int:
    """How many bytes of the mapped file a program's data and reads take."""
    total = 0
    for step in program.steps:
        if step.call == "write":
            total += aligned(_data_size(step.arguments["data"]))
        elif step.call == "read":
            total += aligned(_read_size(step.arguments))
    return total


def pack(program: Program, memory: Any, begin: int) -> tuple[list[Any], int]:
    """Lay a program's data into ``memory`` from ``begin`` on; return the program as frames carry it, and the end."""
    steps: list[Any] = []
    for step in program.steps:
        arguments: dict[str, Any] = {}
        for name, value in step.arguments.items():
            if name == "data":
                data = to_bytes(value)
                memory[begin : begin + len(data)] = data
                arguments["data"] = {"data": [begin, len(data)]}
                begin += aligned(len(data))
            else:
                arguments[name] = plain(value)
        if step.call == "read":
            arguments["into"] = begin
            begin += aligned(_read_size(step.arguments))
        steps.append([step.call, arguments, step.result])
    return steps, begin


def unpack(steps: Sequence[Any], answers: Sequence[Any], memory: Any, layers: Mapping[str, str]) -> list[Observation]:
    """The observations of a program: its steps' answers, with what they read fetched from ``memory``."""
    observations: list[Observation] = []
    for (call, arguments, _), answer in zip(steps, answers, strict=True):
        layer = layers.get(call) or layers.get("*", "device")
        if isinstance(answer, dict) and "error" in answer:
            observations.append(
                Observation(None, answer["error"], answer.get("message", ""), answer.get("layer") or layer)
            )
        elif call == "read":
            begin = arguments["into"]
            observations.append(Observation(bytes(memory[begin : begin + answer]), layer=layer))
        else:
            observations.append(Observation(answer, layer=layer))
    return observations


def _data_size(data: Any) -> int:
    return len(data) if isinstance(data, bytes) else int(data.nbytes)


def _read_size(arguments: Mapping[str, Any]) -> int:
    """The room a read is given: none for a size no device should grant (it is refused, or the case is at fault)."""
    size = arguments["nbytes"]
    return size if 0 <= size <= LARGEST_READ else 0


#: Reads above this size are expected to be refused; a device that grants one has its answer cut off by the far side.
LARGEST_READ = 1 << 30
