"""Conv by torch.nn.functional, in the dtype of its operands; pads that differ before and behind are added first.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from harness.adapters.compositions.windows import pads_of, steps
from harness.adapters.spelling import Example, Spelling


def _conv(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    x, w, *bias = inputs
    rank = x.ndim - 2
    pads = pads_of(x.shape[2:], w.shape[2:], attributes)
    padding = [before for before, _ in pads]
    if any(before != behind for before, behind in pads):
        # torch counts the axes of its pads from the last.
        x, padding = torch.nn.functional.pad(x, [n for pair in reversed(pads) for n in pair]), [0] * rank
    strides, dilations = steps(attributes, rank)
    function = getattr(torch.nn.functional, f"conv{rank}d")
    return (function(x, w, bias[0] if bias else None, strides, padding, dilations, attributes.get("group", 1)),)


OPERATIONS: Mapping[str, Spelling] = {
    "Conv": Spelling(_conv, Example(((1, 1, 1), (1, 1, 1), (1,)), ((1, 1, 1),)), least=2),
}
