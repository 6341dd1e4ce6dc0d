"""One launch written into a program: operands laid out in guarded buffers, outputs poisoned, everything read back.

Conventions of a launch, the same for every device:

- names, operands, attributes and results are those of the standard an operation comes from; attributes that are left
  out have the standard's default; operands that may be left out are left out at the end only;
- operands of elementwise operations broadcast to the output's shape by numpy's rules;
- reductions take ``{"axis": int or None, "keepdims": bool}``;
- ``matmul`` and ``vecdot`` are the array API's; ``gemm`` takes A, B, C and
  ``{"alpha", "beta", "transpose_a", "transpose_b"}``;
- ``cast`` has no attributes: its types are those of its tensors;
- truth values are bytes of 0 and 1; ``argmax`` and ``argmin`` give int64; comparisons give bool;
- strides of a tensor count elements, its offset counts bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.device.program import Observation, ProgramBuilder, Ref
from harness.device.protocol import Tensor

Array = NDArray[Any]

#: How a tensor lies in its buffer.
Layout = Literal["dense", "offset", "strided", "reversed", "transposed", "broadcast"]

#: Bytes before and behind the elements, which no launch may touch.
GUARD = 64


@dataclass(frozen=True)
class Laid:
    """A tensor's place in the bytes of its buffer: dtype, shape, strides in elements and offset in bytes."""

    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int
    nbytes: int

    def tensor(self, buffer: Ref) -> Tensor:
        """The tensor as a launch names it."""
        return Tensor(buffer, self.dtype, self.shape, self.strides, self.offset)

    def view(self, memory: bytearray) -> Array:
        """The elements among the buffer's bytes."""
        dtype = numpy_dtype(self.dtype)
        strides = tuple(stride * dtype.itemsize for stride in self.strides)
        return np.ndarray(self.shape, dtype, memory, self.offset, strides)


@dataclass(frozen=True)
class Output:
    """What a launch left behind: the steps that launched it and read it, and the poison that lay there before."""

    launch: int
    read: int
    laid: Laid
    poison: bytes
    operands: tuple[tuple[int, bytes], ...] = ()

    def elements(self, observations: Sequence[Observation]) -> Array:
        """The output's elements, dense."""
        return self.laid.view(bytearray(observations[self.read].value)).copy()

    def guards_hold(self, observations: Sequence[Observation]) -> bool:
        """Whether every byte outside the elements is as it was."""
        after, before = bytearray(observations[self.read].value), bytearray(self.poison)
        self.laid.view(after)[...] = self.laid.view(before)
        return bytes(after) == self.poison

    def unwritten(self, got: Array) -> NDArray[np.bool_]:
        """Which elements still are the poison, bit for bit."""
        poison = self.laid.view(bytearray(self.poison))
        return np.asarray((raw(got) == raw(poison)).all(axis=-1))

    def operands_hold(self, observations: Sequence[Observation]) -> bool:
        """Whether every operand that was read back is as it was written."""
        return all(observations[step].value == data for step, data in self.operands)


def launch(
    program: ProgramBuilder,
    operation: str,
    operands: Sequence[tuple[str, Array]],
    outs: Sequence[tuple[str, tuple[int, ...]]],
    attributes: Mapping[str, Any] | None = None,
    layouts: Sequence[Layout] = (),
    out_layout: Layout = "dense",
    *,
    poison: int = 0xA5,
    read_operands: bool = False,
) -> tuple[Output, ...]:
    """Write one launch into a program and return how to find each of its outputs.

    ``operands`` are (dtype, array); ``outs`` the dtype and shape of each output. ``poison`` is the byte every output
    and every gap holds before; it should differ between consecutive cases, and be no likely result.
    """
    dense: list[Layout] = ["dense"] * (len(operands) - len(layouts))
    chosen = [*layouts, *dense]
    tensors, buffers = [], []
    for (dtype, array), layout in zip(operands, chosen, strict=False):
        laid, data = lay(dtype, array, layout, poison)
        buffer = program.allocate(len(data))
        program.write(buffer, data)
        tensors.append(laid.tensor(buffer))
        buffers.append((buffer, data))
    places = [place_of(dtype, shape, out_layout) for dtype, shape in outs]
    targets = []
    for place in places:
        targets.append(program.allocate(place.nbytes))
        program.write(targets[-1], bytes([poison]) * place.nbytes)
    results = [place.tensor(target) for place, target in zip(places, targets, strict=True)]
    step = program.launch(operation, tensors, results, dict(attributes or {}))
    reads = [program.read(target, place.nbytes) for place, target in zip(places, targets, strict=True)]
    kept = tuple((program.read(buffer, len(data)), data) for buffer, data in buffers) if read_operands else ()
    for buffer in [*(buffer for buffer, _ in buffers), *targets]:
        program.release(buffer)
    return tuple(
        Output(step, read, place, bytes([poison]) * place.nbytes, kept)
        for read, place in zip(reads, places, strict=True)
    )


def lay(dtype: str, array: Array, layout: Layout, poison: int) -> tuple[Laid, bytes]:
    """An operand's place, and the bytes of its buffer: its elements among poison."""
    shape = array.shape
    if layout == "broadcast" and shape and shape[0] > 0:
        array = np.broadcast_to(array[:1], shape)
    place = place_of(dtype, shape, layout)
    memory = bytearray([poison]) * place.nbytes
    view = place.view(memory)
    view[...] = array
    return place, bytes(memory)


def place_of(dtype: str, shape: tuple[int, ...], layout: Layout) -> Laid:
    """Where a tensor of a layout lies in a buffer just large enough for it and its guards."""
    itemsize = numpy_dtype(dtype).itemsize
    size = int(np.prod(shape, dtype=np.int64))
    begin = GUARD + (3 * itemsize if layout == "offset" else 0)
    strides = _dense(shape)
    span = size
    if layout == "strided":
        strides, span = tuple(2 * stride for stride in strides), 2 * size
    elif layout == "transposed" and len(shape) >= 2:
        swapped = _dense((*shape[:-2], shape[-1], shape[-2]))
        strides = (*swapped[:-2], swapped[-1], swapped[-2])
    elif layout == "broadcast" and shape:
        strides = (0, *strides[1:])
    elif layout == "reversed" and shape and size:
        begin += (shape[-1] - 1) * itemsize
        strides = (*strides[:-1], -1)
    nbytes = -(-(GUARD + 4 * itemsize + span * itemsize + GUARD) // 8) * 8
    return Laid(dtype, shape, strides, begin, nbytes)


def raw(array: Array) -> NDArray[np.uint8]:
    """The bytes of each element, along a last axis of their own."""
    dense = np.array(array, order="C", ndmin=1)
    return np.ndarray((*array.shape, array.dtype.itemsize), np.uint8, dense.tobytes())


def _dense(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * max(shape[axis + 1], 1)
    return tuple(strides)
