"""Faults that any operation can have, put around an honest simulated device whatever it is asked to launch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.device.extent import span
from harness.device.protocol import Tensor
from harness.oracle.formats import component, is_float
from harness.profile.model import Profile
from harness.profile.store import load_profile, parse_profile
from harness.resources import profiles_folder
from harness.simulator.arithmetic import ProfileArithmetic
from harness.simulator.conversion import Array
from harness.simulator.runtime import SimulatedDevice
from tests.acceptance.faulty_devices import elements

#: The device that the faults are put into.
PROFILE = "reference/ieee"
#: The bits of significand that the next lower precision keeps of each format: float32 of float64, the 11 bits that
#: matrix units often take of float32, those of bfloat16 and of the 8-bit formats.
NEXT_LOWER = {"float64": 24, "float32": 11, "float16": 8, "bfloat16": 4, "float8_e4m3fn": 3, "float8_e5m2": 2}


class Computes(ProfileArithmetic):
    """The arithmetic of the reference; a subclass changes what goes in or what comes out."""

    def __init__(self, profile: Profile | None = None) -> None:
        super().__init__(profile or load_profile(PROFILE))

    def compute(
        self, operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
    ) -> Sequence[Array]:
        found = super().compute(operation, [self.operand(x) for x in inputs], attributes, results)
        return [self.result(np.asarray(y), number, operation) for number, y in enumerate(found)]

    def operand(self, values: Array) -> Array:
        return values

    def result(self, values: Array, number: int, operation: str) -> Array:
        return values


class GivesZeros(Computes):
    """Every result is zero."""

    def result(self, values: Array, number: int, operation: str) -> Array:
        return np.zeros_like(values)


class GivesTheLastOne(Computes):
    """Every result is the one before it of its operation, type and shape."""

    def __init__(self) -> None:
        super().__init__()
        self.last: dict[Any, Array] = {}

    def result(self, values: Array, number: int, operation: str) -> Array:
        key = (operation, number, values.dtype, values.shape)
        before, self.last[key] = self.last.get(key, values), np.array(values)
        return before


class CutsOperands(Computes):
    """Operands keep the leading bits of the next lower precision; the rest are cut off."""

    def operand(self, values: Array) -> Array:
        return cut(values)


class CutsResults(Computes):
    """Results keep the leading bits of the next lower precision, as those of a function in that precision."""

    def result(self, values: Array, number: int, operation: str) -> Array:
        return cut(values)


def cut(values: Array) -> Array:
    """Floating-point numbers with only the bits of the next lower precision; whatever else there is as it is."""
    if values.dtype.kind == "c":
        return (cut(values.real) + 1j * cut(values.imag)).astype(values.dtype)
    bits = NEXT_LOWER.get(values.dtype.name)
    if bits is None:
        return values
    with np.errstate(all="ignore"):
        mantissa, exponent = np.frexp(values.astype(np.float64))
        kept = np.ldexp(np.trunc(np.ldexp(mantissa, bits)), exponent - bits)
        return np.where(np.isfinite(mantissa), kept, mantissa).astype(values.dtype)


class Launches(SimulatedDevice):
    """The simulated reference; a subclass changes how it launches."""

    def __init__(self) -> None:
        super().__init__(load_profile(PROFILE))

    def bytes_of(self, tensor: Tensor) -> tuple[int, bytearray]:
        """Where a tensor's bytes begin in its buffer, and the bytes, with those between its elements."""
        low, high = span(tensor, numpy_dtype(tensor.dtype).itemsize)
        return low, bytearray(self.read(tensor.buffer, high - low, low))


class WritesNothing(Launches):
    """Outputs stay as they were."""

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        pass


class LeavesLastRowOut(Launches):
    """The last row of every output, its last index of the first axis, stays as it was; of a scalar, the scalar."""

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        rows = [_last_row(tensor) for tensor in outputs if 0 not in tensor.shape]
        before = [self.bytes_of(row)[1] for row in rows]
        super().launch(operation, inputs, outputs, attributes, stream)
        for row, kept in zip(rows, before, strict=True):
            low, after = self.bytes_of(row)
            moved = replace(row, offset=row.offset - low)
            # As bits: a byte that is neither 0 nor 1 would not come back from a truth value.
            _bits(moved, after)[...] = _bits(moved, kept)
            self.write(row.buffer, bytes(after), low)


class IgnoresStrides(Launches):
    """Operands are read as if they lay dense."""

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        super().launch(operation, [replace(tensor, strides=None) for tensor in inputs], outputs, attributes, stream)


class IgnoresOutputStrides(Launches):
    """Results are written as if outputs lay dense."""

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        super().launch(operation, inputs, [replace(tensor, strides=None) for tensor in outputs], attributes, stream)


class WritesPastTheEnd(Launches):
    """One element too many is written behind every output, as at the edge of a tile."""

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        super().launch(operation, inputs, outputs, attributes, stream)
        for tensor in outputs:
            itemsize = numpy_dtype(tensor.dtype).itemsize
            self.write(tensor.buffer, bytes(itemsize), span(tensor, itemsize)[1])


class ScratchesOperands(Launches):
    """The first operand serves as scratch space."""

    def launch(
        self,
        operation: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        attributes: Mapping[str, Any],
        stream: Any = None,
    ) -> None:
        super().launch(operation, inputs, outputs, attributes, stream)
        for tensor in inputs[:1]:
            low, high = span(tensor, numpy_dtype(tensor.dtype).itemsize)
            self.write(tensor.buffer, bytes(high - low), low)


class Alternates(Computes):
    """Sums are taken in another order, as legal, in every other launch."""

    def __init__(self) -> None:
        super().__init__()
        self.launched = 0
        text = (profiles_folder() / f"{PROFILE}.yaml").read_text(encoding="utf-8")
        lanes = text.replace("rounding: nearest-even,", "rounding: nearest-even, reduction_lanes: 4, reduction: tree,")
        self.other = ProfileArithmetic(parse_profile(lanes.encode(), "four-lanes.yaml"))

    def compute(
        self, operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
    ) -> Sequence[Array]:
        self.launched += 1
        if self.launched % 4 < 2:
            return super().compute(operation, inputs, attributes, results)
        return self.other.compute(operation, inputs, attributes, results)


def _last_row(tensor: Tensor) -> Tensor:
    """The elements with the last index of the first axis."""
    if not tensor.shape:
        return tensor
    itemsize = numpy_dtype(tensor.dtype).itemsize
    strides = tensor.strides or tuple(int(np.prod(tensor.shape[at + 1 :])) for at in range(len(tensor.shape)))
    begin = tensor.offset + (tensor.shape[0] - 1) * strides[0] * itemsize
    return replace(tensor, shape=tensor.shape[1:], strides=tuple(strides[1:]), offset=begin)


def _bits(tensor: Tensor, memory: bytearray) -> Array:
    view = elements(tensor, memory)
    if view.dtype.kind == "c":
        return view
    return view.view(f"u{view.itemsize}")


def short_accumulators() -> SimulatedDevice:
    """A device that adds up in the type of its operands, of which 16 bits are too few."""
    return SimulatedDevice(_declaring({"float16": "float16", "bfloat16": "bfloat16", "float64": "float32"}))


def _declaring(accumulators: Mapping[str, str]) -> Profile:
    """The reference with other accumulators."""
    text = (profiles_folder() / f"{PROFILE}.yaml").read_text(encoding="utf-8")
    for dtype, accumulator in accumulators.items():
        usual = "float64" if dtype == "float64" else "float32"
        was = f"    {dtype}: {{support: native, accumulator: {usual}"
        assert text.count(was) == 1
        text = text.replace(was, was.replace(f"accumulator: {usual}", f"accumulator: {accumulator}"))
    return parse_profile(text.encode(), "short-accumulators.yaml")


def with_arithmetic(kind: Callable[[], Computes]) -> Callable[[], SimulatedDevice]:
    """How to make the reference with another arithmetic."""
    return lambda: SimulatedDevice(load_profile(PROFILE), kind())


def has_floats(dtypes: Iterable[str]) -> bool:
    """Whether there are floating-point numbers, real or complex, among dtypes."""
    return any(is_float(component(dtype)) for dtype in dtypes)
