"""Sliding windows of ONNX's Conv and pools: how many there are, and which elements each of them holds.

Elements are told by tables of indices, one row for each window and one column for each place of the kernel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Windows:
    """The windows over all spatial axes.

    ``counts`` are the output's lengths. ``index`` holds the elements by their place among all of an image's, ``inside``
    whether there is such an element; ``padded`` whether it is one or a pad that was asked for, which a window that
    ceil_mode lets reach further does not hold.
    """

    counts: tuple[int, ...]
    index: Index
    inside: Mask
    padded: Mask


def windows_of(lengths: Sequence[int], kernel: Sequence[int], attributes: Mapping[str, Any]) -> Windows:
    """The windows of a kernel over an image (ONNX, Conv-22, MaxPool-22 and AveragePool-22)."""
    rank = len(lengths)
    strides = attributes.get("strides") or [1] * rank
    dilations = attributes.get("dilations") or [1] * rank
    pads = attributes.get("pads") or [0] * (2 * rank)
    axes = [
        _axis(
            lengths[i],
            kernel[i],
            strides[i],
            dilations[i],
            (pads[i], pads[rank + i]),
            attributes.get("auto_pad", "NOTSET"),
            bool(attributes.get("ceil_mode", 0)),
        )
        for i in range(rank)
    ]
    index = np.zeros((1, 1), np.int64)
    inside, padded = np.ones((1, 1), dtype=bool), np.ones((1, 1), dtype=bool)
    for length, (positions, end) in zip(lengths, axes, strict=True):
        here = (positions >= 0) & (positions < length)
        index = _every(index * length, np.where(here, positions, 0), np.add)
        inside = _every(inside, here, np.logical_and)
        padded = _every(padded, positions < length + end, np.logical_and)
    return Windows(tuple(len(positions) for positions, _ in axes), index, inside, padded)


def _axis(
    length: int, kernel: int, stride: int, dilation: int, pads: tuple[int, int], auto: str, ceil: bool
) -> tuple[Index, int]:
    """Along one axis: the position of each window's every element, and the pads behind the last one."""
    begin, end = pads
    reach = dilation * (kernel - 1) + 1
    if auto == "VALID":
        begin = end = 0
        count = (length - reach) // stride + 1
    elif auto in ("SAME_UPPER", "SAME_LOWER"):
        count = math.ceil(length / stride)
        missing = max((count - 1) * stride + reach - length, 0)
        begin = missing // 2 if auto == "SAME_UPPER" else missing - missing // 2
        end = missing - begin
    else:
        room = length + begin + end - reach
        count = room // stride + 1
        if ceil:
            count = math.ceil(room / stride) + 1
            # "Sliding windows that would start in the right padded region are ignored."
            count -= (count - 1) * stride >= length + begin
    starts = np.arange(max(count, 0)) * stride - begin
    return starts[:, None] + np.arange(kernel) * dilation, end


def _every(outer: Any, inner: Any, combine: Any) -> Any:
    """Tables over one more axis: rows and columns of both, the inner axis running faster."""
    found = combine(outer[:, None, :, None], inner[None, :, None, :])
    return found.reshape(outer.shape[0] * inner.shape[0], outer.shape[1] * inner.shape[1])
