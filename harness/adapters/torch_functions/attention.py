"""Attention by torch's own function; rotary embedding, of which torch has none, put together from its tensors.

This file travels to the far side of a place: torch only, Python 3.8 or later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention

from harness.adapters.compositions.attention import (
    ATTENTION,
    ROTATION,
    WITH_CACHE,
    causal,
    rotated,
    side_by_side,
    split,
)
from harness.adapters.spelling import Spelling
from harness.device.protocol import UNSUPPORTED, DeviceError


def _attention(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    if attributes.get("softcap", 0):
        raise DeviceError(UNSUPPORTED, "scaled_dot_product_attention has no softcap")
    q, k, v, past = split(xp, inputs, attributes)
    mask = inputs[3] if len(inputs) > 3 else None
    alone = bool(attributes.get("is_causal", 0)) and mask is None and not past
    if attributes.get("is_causal", 0) and not alone:
        # torch's own flag counts from the first key, and goes with no other mask.
        seen = causal(xp, q.shape[2], k.shape[2], past, q.device)
        if mask is None or mask.dtype == torch.bool:
            mask = seen if mask is None else mask & seen
        else:
            mask = torch.where(seen, mask, -math.inf)
    if mask is not None and mask.ndim < 4:
        mask = mask[(None,) * (4 - mask.ndim)]
    grouped = q.shape[1] != k.shape[1]
    found = scaled_dot_product_attention(
        q, k, v, mask, is_causal=alone, scale=attributes.get("scale"), enable_gqa=grouped
    )
    found = side_by_side(xp, found, inputs[0])
    return (found,) if len(results) == 1 else (found, k, v)


OPERATIONS: Mapping[str, Spelling] = {
    "Attention": Spelling(_attention, ATTENTION, least=3),
    "AttentionWithCache": Spelling(_attention, WITH_CACHE),
    "RotaryEmbedding": Spelling(rotated, ROTATION, least=3),
}
