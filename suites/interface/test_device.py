"""What a device says of itself, and how it refuses what it cannot do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness.device.program import ProgramBuilder
from harness.device.protocol import INVALID_VALUE, UNSUPPORTED, Tensor
from harness.oracle.draw import Draw
from harness.oracle.identity import Alike, Reported
from harness.oracle.rules import Expect
from harness.suite.case import Case, Subject, Trial
from harness.suite.programs import conduct, filled, holds, vector, whole_numbers
from harness.suite.suites import tests

_COUNT = 16


@tests("IF-DEV-001")
def descriptions_are_alike(subject: Subject) -> Iterator[Case]:
    """Ask before and after some work."""

    def write(draw: Draw) -> Trial:
        program = ProgramBuilder()
        program.describe()
        for _ in range(3):
            filled(program, draw.bytes(100))
            program.describe()
        return Trial(program.build(), Alike())

    for number in range(2):
        yield Case(f"asked-again-{number}", write)


def _reported(name: str, fact: str, wanted: str, accepts: Callable[[Any], bool]) -> Case:
    def write(draw: Draw) -> Trial:
        program = ProgramBuilder()
        program.describe()
        return Trial(program.build(), Reported(fact, wanted, accepts))

    return Case(name, write)


@tests("IF-DEV-002")
def pci_identity(subject: Subject) -> Iterator[Case]:
    """One of the product's pairs of vendor and device."""
    known = subject.profile.facts().get("pci", [])

    def accepts(said: Any) -> bool:
        listed = said if isinstance(said, list) else [said]
        return bool(listed) and all(one in known for one in listed)

    yield _reported("pci", "pci", " or ".join(known), accepts)


@tests("IF-DEV-003")
def architecture(subject: Subject) -> Iterator[Case]:
    """The product's architecture, with or without its features behind a colon."""
    known = str(subject.profile.facts().get("architecture"))
    yield _reported("architecture", "architecture", known, lambda said: str(said).split(":")[0] == known)


@tests("IF-DEV-004")
def capacity(subject: Subject) -> Iterator[Case]:
    """As much memory as is claimed, but for a sixteenth."""
    claimed = subject.profile.memory_capacity or 0
    least = claimed - claimed // 16
    yield _reported("memory", "memory_bytes", f"at least {least}", lambda said: isinstance(said, int) and said >= least)


@tests("IF-DEV-005")
def what_is_supported_is_launched(subject: Subject) -> Iterator[Case]:
    """Ask, then launch, and look at the result."""

    def write(program: ProgramBuilder, draw: Draw, operation: str) -> dict[int, Expect]:
        values = [whole_numbers(draw, _COUNT) for _ in range(2 if operation == "add" else 1)]
        right = values[0] + values[1] if operation == "add" else -values[0]
        buffers = [filled(program, value.tobytes()) for value in values]
        output = filled(program, draw.bytes(4 * _COUNT))
        expected = {program.supports(operation, ["float32"] * (len(values) + 1)): Expect(value=True)}
        program.launch(operation, [vector(b, _COUNT) for b in buffers], [vector(output, _COUNT)])
        return expected | holds(program, output, right.tobytes())

    for operation in ("add", "negative"):
        for which in ("a", "b"):
            yield conduct(f"{operation}/{which}", write, operation)


def _refused(
    program: ProgramBuilder, draw: Draw, operation: str, operands: list[Tensor], output: Tensor, error: str, data: bytes
) -> dict[int, Expect]:
    """A launch that must be refused and leave the output as it was."""
    step = program.launch(operation, operands, [output])
    return {step: Expect(error=error)} | holds(program, output.buffer, data)


@tests("IF-DEV-006")
def unknown_operations(subject: Subject) -> Iterator[Case]:
    """Names that no interface has."""

    def write(program: ProgramBuilder, draw: Draw, name: str) -> dict[int, Expect]:
        data = draw.bytes(4 * _COUNT)
        operand, output = filled(program, draw.bytes(4 * _COUNT)), filled(program, data)
        expected = {program.supports(name, ["float32", "float32"]): Expect(value=False)}
        tensors = [vector(operand, _COUNT)]
        return expected | _refused(program, draw, name, tensors, vector(output, _COUNT), UNSUPPORTED, data)

    for name in ("no_such_operation", "negative_", "__class__", ""):
        label = name.strip("_").replace("_", "-") or "empty"
        yield conduct(label, write, name)


@tests("IF-DEV-007")
def unknown_dtypes(subject: Subject) -> Iterator[Case]:
    """Names of types that no interface has."""

    def write(program: ProgramBuilder, draw: Draw, dtype: str) -> dict[int, Expect]:
        data = draw.bytes(4 * _COUNT)
        operand, output = filled(program, draw.bytes(4 * _COUNT)), filled(program, data)
        expected = {program.supports("negative", [dtype, dtype]): Expect(value=False)}
        tensors = [Tensor(operand, dtype, (_COUNT,))]
        place = Tensor(output, dtype, (_COUNT,))
        return expected | _refused(program, draw, "negative", tensors, place, UNSUPPORTED, data)

    for dtype in ("float31", "float", "object", ""):
        yield conduct(dtype or "empty", write, dtype)


@tests("IF-DEV-008")
def wrong_numbers_of_operands(subject: Subject) -> Iterator[Case]:
    """One operand too few, or one too many."""

    def write(program: ProgramBuilder, draw: Draw, operation: str, count: int) -> dict[int, Expect]:
        data = draw.bytes(4 * _COUNT)
        operand, output = filled(program, whole_numbers(draw, _COUNT).tobytes()), filled(program, data)
        tensors = [vector(operand, _COUNT)] * count
        return _refused(program, draw, operation, tensors, vector(output, _COUNT), INVALID_VALUE, data)

    for operation, count in (("add", 1), ("add", 3), ("negative", 0), ("negative", 2)):
        yield conduct(f"{operation}-of-{count}", write, operation, count)


@tests("IF-DEV-009")
def shapes_that_do_not_fit(subject: Subject) -> Iterator[Case]:
    """Operands of lengths that do not broadcast, and outputs of another shape."""

    def write(program: ProgramBuilder, draw: Draw, lengths: tuple[int, int], out: int) -> dict[int, Expect]:
        data = draw.bytes(4 * out)
        operands = [vector(filled(program, whole_numbers(draw, n).tobytes()), n) for n in lengths]
        output = filled(program, data)
        return _refused(program, draw, "add", operands, vector(output, out), INVALID_VALUE, data)

    for lengths, out in (((16, 15), 16), ((16, 16), 15), ((16, 16), 17), ((2, 4), 4)):
        name = f"{lengths[0]}-and-{lengths[1]}-to-{out}"
        yield conduct(name, write, lengths, out)
