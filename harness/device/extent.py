"""Where a range or a tensor lies in a buffer, and whether that is inside it.

Whoever cannot leave such checks to the layer beneath makes them with these functions. This file travels to the far
side of a place: standard library only, Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import index
from typing import Any

from harness.device.protocol import INVALID_VALUE, DeviceError, Tensor


def count(value: Any, what: str, layer: str | None = None) -> int:
    """``value`` as an integer that is not negative; raises ``DeviceError`` (invalid value) for anything else."""
    try:
        number = index(value)
    except TypeError:
        raise DeviceError(INVALID_VALUE, f"{what} is {value!r}, not an integer", layer) from None
    if number < 0:
        raise DeviceError(INVALID_VALUE, f"{what} is {number}, below zero", layer)
    return number


def check_range(offset: Any, nbytes: Any, size: int, layer: str | None = None) -> tuple[int, int]:
    """``(offset, nbytes)`` of a range that lies in a buffer of ``size`` bytes.

    Raises ``DeviceError`` (invalid value), found by ``layer``, for any other.
    """
    begin, length = count(offset, "the offset", layer), count(nbytes, "the number of bytes", layer)
    if begin + length > size:
        raise DeviceError(INVALID_VALUE, f"bytes {begin} to {begin + length} of a buffer of {size}", layer)
    return begin, length


def dense_strides(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides, in elements, of a row-major tensor without gaps."""
    strides = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * shape[axis + 1]
    return tuple(strides)


def strides_of(tensor: Tensor) -> tuple[int, ...]:
    """A tensor's strides in elements, written out where they were left out."""
    return dense_strides(tensor.shape) if tensor.strides is None else tuple(tensor.strides)


def span(tensor: Tensor, itemsize: int) -> tuple[int, int]:
    """The bytes of its buffer a tensor reaches: ``(first, one past the last)``; empty for a tensor without elements."""
    if tensor.strides is None:
        return tensor.offset, tensor.offset + prod(tensor.shape) * itemsize
    if 0 in tensor.shape:
        return tensor.offset, tensor.offset
    reaches = [(size - 1) * stride * itemsize for size, stride in zip(tensor.shape, tensor.strides)]
    low = sum(reach for reach in reaches if reach < 0)
    high = sum(reach for reach in reaches if reach > 0)
    return tensor.offset + low, tensor.offset + high + itemsize


def check_tensor(tensor: Tensor, itemsize: int, size: int, layer: str | None = None) -> None:
    """Raise ``DeviceError`` (invalid value) unless the tensor is well formed, aligned, and inside ``size`` bytes."""
    for length in tensor.shape:
        count(length, "a length of the shape", layer)
    if tensor.strides is not None:
        if len(tensor.strides) != len(tensor.shape):
            raise DeviceError(INVALID_VALUE, f"{len(tensor.strides)} strides for {len(tensor.shape)} axes", layer)
        if not all(isinstance(stride, int) for stride in tensor.strides):
            raise DeviceError(INVALID_VALUE, f"strides {tensor.strides!r} are not integers", layer)
    if count(tensor.offset, "the offset of a tensor", layer) % itemsize:
        raise DeviceError(INVALID_VALUE, f"offset {tensor.offset} is no multiple of {itemsize}", layer)
    low, high = span(tensor, itemsize)
    if low < 0 or high > size:
        raise DeviceError(INVALID_VALUE, f"a tensor over bytes {low} to {high} of a buffer of {size}", layer)


def overlaps_itself(tensor: Tensor) -> bool:
    """Whether a tensor may reach one element by two indices, as its strides tell.

    Exact for the views that slicing, transposing and reversing make; interleaved strides count as overlapping.
    """
    if tensor.strides is None or 0 in tensor.shape:
        return False
    reach = 0
    for stride, length in sorted((abs(s), n) for s, n in zip(tensor.strides, tensor.shape) if n > 1):
        if stride <= reach:
            return True
        reach += stride * (length - 1)
    return False
