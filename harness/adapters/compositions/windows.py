"""Sliding windows of Conv and pools, by the formulas that ONNX gives for lengths and pads.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, List, Tuple


def steps(attributes: Mapping[str, Any], rank: int) -> Tuple[List[int], List[int]]:
    """Strides and dilations, one for each axis."""
    return list(attributes.get("strides") or [1] * rank), list(attributes.get("dilations") or [1] * rank)


def pads_of(lengths: Sequence[int], kernel: Sequence[int], attributes: Mapping[str, Any]) -> List[Tuple[int, int]]:
    """The pads before and behind each axis, explicit or automatic."""
    rank = len(lengths)
    pads, auto = attributes.get("pads") or [0] * (2 * rank), attributes.get("auto_pad", "NOTSET")
    if not auto.startswith("SAME"):
        return list(zip(pads[:rank], pads[rank:]))
    strides, dilations = steps(attributes, rank)
    found = []
    for length, size, stride, dilation in zip(lengths, kernel, strides, dilations):
        windows = (length + stride - 1) // stride
        pad = max((windows - 1) * stride + (size - 1) * dilation + 1 - length, 0)
        found.append((pad // 2, pad - pad // 2) if auto == "SAME_UPPER" else (pad - pad // 2, pad // 2))
    return found


def counts_of(lengths: Sequence[int], kernel: Sequence[int], attributes: Mapping[str, Any]) -> List[int]:
    """The number of windows along each axis."""
    strides, dilations = steps(attributes, len(lengths))
    pads = pads_of(lengths, kernel, attributes)
    found = []
    for length, size, (before, behind), stride, dilation in zip(lengths, kernel, pads, strides, dilations):
        room = length + before + behind - (size - 1) * dilation - 1
        count = room // stride + 1
        # A window is left out that would start in the pads behind.
        if attributes.get("ceil_mode", 0) and room % stride and count * stride < length + before:
            count += 1
        found.append(count)
    return found


def padded(xp: Any, array: Any, pads: Sequence[Tuple[int, int]], value: Any) -> Any:
    """The array with so many elements of a value before and behind each of its last axes."""
    for axis, widths in enumerate(pads, array.ndim - len(pads)):
        sides = []
        for width in widths:
            shape = (*array.shape[:axis], width, *array.shape[axis + 1 :])
            sides.append(xp.full(shape, value, dtype=array.dtype, device=getattr(array, "device", None)))
        array = xp.concat([sides[0], array, sides[1]], axis=axis)
    return array


def windows(xp: Any, array: Any, kernel: Sequence[int], attributes: Mapping[str, Any], value: Any) -> Any:
    """What each window holds, the places of the kernel along a last axis; pads hold a value."""
    lengths = array.shape[2:]
    rank = len(lengths)
    strides, dilations = steps(attributes, rank)
    counts = counts_of(lengths, kernel, attributes)
    wide = []
    for i, (before, behind) in enumerate(pads_of(lengths, kernel, attributes)):
        last = (counts[i] - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1
        wide.append((before, max(behind, last - lengths[i] - before)))
    array = padded(xp, array, wide, value)
    places = []
    for place in itertools.product(*[range(size) for size in kernel]):
        begins = [at * dilation for at, dilation in zip(place, dilations)]
        ends = [begin + (count - 1) * stride + 1 for begin, count, stride in zip(begins, counts, strides)]
        cuts = [slice(begin, end, stride) for begin, end, stride in zip(begins, ends, strides)]
        places.append(array[(slice(None), slice(None), *cuts)])
    return xp.stack(places, axis=-1)
