"""MaxPool and AveragePool in the names of the Python array API: the largest and the mean element of each window.

16-bit operands are averaged in float32, and rounded once. This file travels to the far side of a place: Python 3.8 or
later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.compositions.windows import padded, pads_of, steps, windows
from harness.adapters.spelling import Example, Spelling


def _max(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    least = xp.iinfo(inputs[0].dtype).min if "int" in str(inputs[0].dtype) else -float("inf")
    return (xp.max(windows(xp, inputs[0], attributes["kernel_shape"], attributes, least), axis=-1),)


def average(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    """AveragePool: sums of the windows, divided by how many elements each of them holds."""
    kernel, lengths = attributes["kernel_shape"], inputs[0].shape[2:]
    wide = xp.float64 if results[0] == xp.float64 else xp.float32
    total = xp.sum(windows(xp, xp.astype(inputs[0], wide), kernel, attributes, 0), axis=-1)
    counted = xp.ones_like(xp.astype(inputs[0][:1, :1], wide))
    if attributes.get("count_include_pad", 0):
        pads = pads_of(lengths, kernel, attributes)
        counted = padded(xp, counted, pads, 1)
        # The same windows over what is now an image of its own; those that reach past it hold less.
        strides, dilations = steps(attributes, len(kernel))
        counted = padded(xp, counted, [(0, size * far) for size, far in zip(kernel, dilations)], 0)
        attributes = {"strides": strides, "dilations": dilations}
    numbers = xp.sum(windows(xp, counted, kernel, attributes, 0), axis=-1)
    cut = tuple(slice(0, length) for length in total.shape[2:])
    return (xp.astype(total / numbers[(slice(None), slice(None), *cut)], results[0]),)


OPERATIONS: Mapping[str, Spelling] = {
    "MaxPool": Spelling(_max, Example(((1, 1, 1),), ((1, 1, 1),), {"kernel_shape": [1]})),
    "AveragePool": Spelling(average, Example(((1, 1, 1),), ((1, 1, 1),), {"kernel_shape": [1]})),
}
