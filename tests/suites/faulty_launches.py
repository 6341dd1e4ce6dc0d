"""Devices with one fault each in what they say, move or launch: the simulated one, with one thing spoilt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any, ClassVar

from harness.device.extent import dense_strides, span, strides_of
from harness.device.protocol import INVALID_VALUE, UNSUPPORTED, Description, DeviceError, Tensor
from tests.suites.faulty_memory import Faulty, WritesWholeWords


class Says(Faulty):
    """Says other facts than the right device."""

    facts: ClassVar[dict[str, Any]] = {}

    def describe(self) -> Description:
        said: Description = self.inner.describe()
        return replace(said, facts={**said.facts, **self.facts})


class ReportsAnotherArchitecture(Says):
    """Is of a revision before."""

    facts: ClassVar[dict[str, Any]] = {"architecture": "ieee-754-1985"}


class ReportsAnotherCard(Says):
    """Is another card of the same vendor."""

    facts: ClassVar[dict[str, Any]] = {"pci": ["1d94:ffff"]}


class ReportsAnyCard(Says):
    """Lists its own identity beside a stranger's, so as to fit either profile."""

    facts: ClassVar[dict[str, Any]] = {"pci": ["1d94:6210", "1d94:ffff"]}


class ReportsHalfTheMemory(Says):
    """Has half the memory."""

    facts: ClassVar[dict[str, Any]] = {"memory_bytes": 8 << 30}


class ReportsNothing(Faulty):
    """Keeps its facts to itself."""

    def describe(self) -> Description:
        said: Description = self.inner.describe()
        return replace(said, facts={})


class HasNoName(Faulty):
    """Has no name."""

    def describe(self) -> Description:
        said: Description = self.inner.describe()
        return replace(said, name="")


class DescribesItselfAnew(Faulty):
    """Has another serial number whenever it is asked."""

    def __init__(self, profile: str = "reference/ieee") -> None:
        super().__init__(profile)
        self.asked = count()

    def describe(self) -> Description:
        said: Description = self.inner.describe()
        return replace(said, facts={**said.facts, "serial": next(self.asked)})


class SupportsEverythingItSays(Faulty):
    """Says yes to whatever it is asked."""

    def supports(self, operation: str, dtypes: Sequence[str]) -> bool:
        return True


class SupportsNothingItSays(Faulty):
    """Says no to whatever it is asked."""

    def supports(self, operation: str, dtypes: Sequence[str]) -> bool:
        return False


class Launches(Faulty):
    """Changes what is launched; a subclass says how."""

    def launch(self, operation: str, inputs: Any, outputs: Any, attributes: Any, stream: Any = None) -> None:
        inputs = [self.operand(tensor) for tensor in inputs]
        self.inner.launch(operation, inputs, [self.output(tensor) for tensor in outputs], attributes, stream)

    def operand(self, tensor: Tensor) -> Tensor:
        return tensor

    def output(self, tensor: Tensor) -> Tensor:
        return tensor


class TakesUnknownOperationsForNegative(Launches):
    """Carries out an operation it does not know as one it does."""

    def launch(self, operation: str, inputs: Any, outputs: Any, attributes: Any, stream: Any = None) -> None:
        known = self.inner.supports(operation, [tensor.dtype for tensor in (*inputs, *outputs)])
        self.inner.launch(operation if known or len(inputs) != 1 else "negative", inputs, outputs, attributes, stream)


class TakesUnknownTypesForFloat32(Launches):
    """Takes every element for a float32."""

    def operand(self, tensor: Tensor) -> Tensor:
        return replace(tensor, dtype="float32")

    output = operand


class TakesTheOperandsItNeeds(Launches):
    """Extra operands are left aside, missing ones are the first again."""

    def launch(self, operation: str, inputs: Any, outputs: Any, attributes: Any, stream: Any = None) -> None:
        needed = {"add": 2, "negative": 1}.get(operation, len(inputs))
        inputs = (list(inputs) * 2)[:needed] if inputs else inputs
        self.inner.launch(operation, inputs, outputs, attributes, stream)


class CutsShapesToTheSmallest(Launches):
    """Vectors of different lengths are cut to the shortest."""

    def launch(self, operation: str, inputs: Any, outputs: Any, attributes: Any, stream: Any = None) -> None:
        tensors = [*inputs, *outputs]
        if all(len(tensor.shape) == 1 for tensor in tensors):
            least = min(tensor.shape[0] for tensor in tensors)
            tensors = [replace(tensor, shape=(least,)) for tensor in tensors]
        self.inner.launch(operation, tensors[: len(inputs)], tensors[len(inputs) :], attributes, stream)


class IgnoresStrides(Launches):
    """Reads operands as if they lay dense from the start."""

    def operand(self, tensor: Tensor) -> Tensor:
        return replace(tensor, strides=None, offset=0 if tensor.strides else tensor.offset)


class TakesTransposesAsTheyLie(Launches):
    """Columns are taken for rows wherever the elements have no gaps."""

    def operand(self, tensor: Tensor) -> Tensor:
        strides = strides_of(tensor)
        gapless = sorted(strides, reverse=True) == sorted(dense_strides(tensor.shape), reverse=True)
        return replace(tensor, strides=None) if gapless or strides[:1] == (1,) else tensor


class TakesAStrideOfZeroForOne(Launches):
    """Knows no element that stands for many."""

    def operand(self, tensor: Tensor) -> Tensor:
        strides = tuple(stride or 1 for stride in strides_of(tensor))
        return replace(tensor, strides=strides if tensor.strides else None)


class TakesStridesWithoutTheirSign(Launches):
    """Reads forwards what lies backwards."""

    def operand(self, tensor: Tensor) -> Tensor:
        if tensor.strides is None or min(tensor.strides) >= 0:
            return tensor
        first = min(span(tensor, 4)[0], tensor.offset)
        return replace(tensor, strides=tuple(map(abs, tensor.strides)), offset=first)


class CountsOperandOffsetsInLines(Launches):
    """An operand begins at a multiple of 64 bytes, whatever it says."""

    def operand(self, tensor: Tensor) -> Tensor:
        return replace(tensor, offset=tensor.offset // 64 * 64) if tensor.offset >= 0 else tensor


class FillsTheGaps(Launches):
    """Writes the whole range an output reaches over, gaps too."""

    def launch(self, operation: str, inputs: Any, outputs: Any, attributes: Any, stream: Any = None) -> None:
        low, high = span(outputs[0], 4)
        dense = outputs[0].strides is None or high - low <= 4
        if not dense and low >= 0:
            self.inner.write(outputs[0].buffer, bytes(high - low), low, stream)
        self.inner.launch(operation, inputs, outputs, attributes, stream)


class RefusesEmptyTensors(Launches):
    """Takes a launch of no elements for an error."""

    def launch(self, operation: str, inputs: Any, outputs: Any, attributes: Any, stream: Any = None) -> None:
        if 0 in outputs[0].shape:
            raise DeviceError(INVALID_VALUE, "there is nothing to launch")
        self.inner.launch(operation, inputs, outputs, attributes, stream)


class ComputesInPlace(Launches):
    """Uses the first operand as the place of its result, and copies that to the output."""

    def launch(self, operation: str, inputs: Any, outputs: Any, attributes: Any, stream: Any = None) -> None:
        self.inner.launch(operation, inputs, outputs, attributes, stream)
        if inputs[0].shape == outputs[0].shape and inputs[0].strides is None and outputs[0].strides is None:
            low, high = span(outputs[0], 4)
            self.inner.copy(inputs[0].buffer, outputs[0].buffer, high - low, inputs[0].offset, low, stream)


class CarriesSevenBits(Faulty):
    """Loses the highest bit of every byte."""

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        self.inner.write(buffer, bytes(byte & 0x7F for byte in data), offset, stream)


class LosesWhatLiesBehindAPage(Faulty):
    """A write that begins within the last 64 bytes of a page ends with the page."""

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        left = -offset % 4096
        self.inner.write(buffer, data[:left] if 0 < left < 64 else data, offset, stream)


class Copies(Faulty):
    """Changes how it copies; a subclass says how."""

    def copy(
        self, target: Any, source: Any, nbytes: int, target_offset: int = 0, source_offset: int = 0, stream: Any = None
    ) -> None:
        raise NotImplementedError


class CopiesOneByteShort(Copies):
    """Leaves the last byte of a copy out."""

    def copy(
        self, target: Any, source: Any, nbytes: int, target_offset: int = 0, source_offset: int = 0, stream: Any = None
    ) -> None:
        self.inner.copy(target, source, max(nbytes - 1, 0), target_offset, source_offset, stream)


class ExchangesOffsets(Copies):
    """Takes the offset of the source for that of the target."""

    def copy(
        self, target: Any, source: Any, nbytes: int, target_offset: int = 0, source_offset: int = 0, stream: Any = None
    ) -> None:
        self.inner.copy(target, source, nbytes, source_offset, target_offset, stream)


class CopiesForwards(Copies):
    """Copies in pieces from the front, so that it reads what it has just written."""

    def copy(
        self, target: Any, source: Any, nbytes: int, target_offset: int = 0, source_offset: int = 0, stream: Any = None
    ) -> None:
        step = max(abs(target_offset - source_offset), 1)
        for at in range(0, nbytes, step):
            size = min(step, nbytes - at)
            self.inner.copy(target, source, size, target_offset + at, source_offset + at, stream)


class TakesNothingForAnError(Faulty):
    """Refuses to write no bytes."""

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        if not data:
            raise DeviceError(INVALID_VALUE, "nothing to write")
        self.inner.write(buffer, data, offset, stream)


class CutsTransfersAtEightMebibytes(Faulty):
    """Moves 8 MiB at most."""

    def write(self, buffer: Any, data: bytes, offset: int = 0, stream: Any = None) -> None:
        self.inner.write(buffer, data[: 8 << 20], offset, stream)


class RefusesStrides(Launches):
    """Takes dense operands only."""

    def operand(self, tensor: Tensor) -> Tensor:
        if tensor.strides is not None:
            raise DeviceError(UNSUPPORTED, "strides")
        return tensor


#: The requirements that must catch each fault.
LAUNCH_FAULTS: dict[type[Faulty], str] = {
    HasNoName: "DEV-001",
    DescribesItselfAnew: "DEV-001",
    ReportsAnotherArchitecture: "DEV-003",
    ReportsAnotherCard: "DEV-002",
    ReportsAnyCard: "DEV-002",
    ReportsHalfTheMemory: "DEV-004",
    ReportsNothing: "DEV-002 DEV-003 DEV-004",
    SupportsEverythingItSays: "DEV-006 DEV-007",
    SupportsNothingItSays: "DEV-005",
    TakesUnknownOperationsForNegative: "DEV-006",
    TakesUnknownTypesForFloat32: "DEV-007",
    TakesTheOperandsItNeeds: "DEV-008",
    CutsShapesToTheSmallest: "DEV-009",
    IgnoresStrides: "EXC-008 EXC-009 EXC-010 EXC-011",
    TakesTransposesAsTheyLie: "EXC-009",
    TakesAStrideOfZeroForOne: "EXC-010",
    TakesStridesWithoutTheirSign: "EXC-011",
    RefusesStrides: "EXC-008 EXC-009 EXC-010 EXC-011",
    CountsOperandOffsetsInLines: "EXC-012",
    FillsTheGaps: "EXC-013",
    RefusesEmptyTensors: "EXC-014",
    ComputesInPlace: "EXC-015",
    CarriesSevenBits: "EXC-001",
    LosesWhatLiesBehindAPage: "EXC-003",
    WritesWholeWords: "EXC-002 EXC-003",
    CopiesOneByteShort: "EXC-004 EXC-005",
    ExchangesOffsets: "EXC-004 EXC-005",
    CopiesForwards: "EXC-005",
    TakesNothingForAnError: "EXC-006",
    CutsTransfersAtEightMebibytes: "EXC-007",
}
