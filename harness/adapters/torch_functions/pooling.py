"""MaxPool and AveragePool by torch.nn.functional, as far as torch has them.

torch's pools take pads that are the same on both sides, and no more than half a kernel of them; of a maximum others
are added before, as minus infinity. Averages with other pads or with dilations are left to the array functions. This
file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from harness.adapters.compositions import pooling
from harness.adapters.compositions.windows import counts_of, pads_of, steps
from harness.adapters.spelling import Example, Spelling


def _symmetric(pads: Sequence[Any], kernel: Sequence[int]) -> bool:
    """Whether torch takes the pads itself."""
    return all(before == behind <= size // 2 for (before, behind), size in zip(pads, kernel))


def _max(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    x, kernel = inputs[0], list(attributes["kernel_shape"])
    rank = len(kernel)
    strides, dilations = steps(attributes, rank)
    pads = pads_of(x.shape[2:], kernel, attributes)
    padding = [before for before, _ in pads]
    counts, ceil = counts_of(x.shape[2:], kernel, attributes), bool(attributes.get("ceil_mode", 0))
    if not _symmetric(pads, kernel):
        least = -float("inf") if x.dtype.is_floating_point else torch.iinfo(x.dtype).min
        sides = [n for pair in reversed(pads) for n in pair]
        x, padding = torch.nn.functional.pad(x, sides, value=least), [0] * rank
    function = getattr(torch.nn.functional, f"max_pool{rank}d")
    found = function(x, kernel, strides, padding, dilations, ceil)
    # What was pads is an image to torch now, in which one window more may start.
    return (found[(slice(None), slice(None), *[slice(0, count) for count in counts])],)


def _average(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    x, kernel = inputs[0], list(attributes["kernel_shape"])
    strides, dilations = steps(attributes, len(kernel))
    pads = pads_of(x.shape[2:], kernel, attributes)
    if not _symmetric(pads, kernel) or any(dilation != 1 for dilation in dilations):
        return pooling.average(xp, inputs, attributes, results)
    function = getattr(torch.nn.functional, f"avg_pool{len(kernel)}d")
    ceil, counted = bool(attributes.get("ceil_mode", 0)), bool(attributes.get("count_include_pad", 0))
    return (function(x, kernel, strides, [before for before, _ in pads], ceil, counted),)


OPERATIONS: Mapping[str, Spelling] = {
    "MaxPool": Spelling(_max, Example(((1, 1, 1),), ((1, 1, 1),), {"kernel_shape": [1]})),
    "AveragePool": Spelling(_average, Example(((1, 1, 1),), ((1, 1, 1),), {"kernel_shape": [1]})),
}
