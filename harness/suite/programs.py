"""Runtime cases: a few calls written down, and what the calls that matter must answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.program import ProgramBuilder, Ref
from harness.device.protocol import Tensor
from harness.oracle.draw import Draw
from harness.oracle.rules import Conduct, Expect
from harness.suite.case import Case, Trial

#: Writes a case's calls into a program, and returns what the steps it is about must answer; takes a ``ProgramBuilder``,
#: a ``Draw`` and whatever else its case was given.
Write = Callable[..., Mapping[int, Expect]]


def conduct(name: str, write: Write, *arguments: Any, **named: Any) -> Case:
    """A case of the runtime: every call succeeds unless ``write`` says otherwise of its step.

    ``write`` is given the program, the draw, and the further arguments.
    """

    def trial(draw: Draw) -> Trial:
        program = ProgramBuilder()
        expected = write(program, draw, *arguments, **named)
        return Trial(program.build(), Conduct(expected))

    return Case(name, trial)


def filled(program: ProgramBuilder, data: bytes, stream: Ref | None = None) -> Ref:
    """A new buffer that holds ``data``."""
    buffer = program.allocate(len(data))
    program.write(buffer, data, stream=stream)
    return buffer


def holds(program: ProgramBuilder, buffer: Ref, data: bytes, stream: Ref | None = None) -> dict[int, Expect]:
    """A read of a whole buffer, which must give ``data``."""
    return {program.read(buffer, len(data), stream=stream): Expect(value=data)}


def whole_numbers(draw: Draw, count: int) -> NDArray[Any]:
    """float32 whole numbers small enough that sums and products of a few stay exact; none of them zero."""
    values = draw.integers(1, 100, count) * draw.signs(count)
    return np.asarray(values, dtype=np.float32)


def vector(buffer: Ref, count: int, offset: int = 0) -> Tensor:
    """A dense float32 vector in a buffer; ``offset`` in bytes."""
    return Tensor(buffer, "float32", (count,), offset=offset)
