"""Attention and rotary embedding in the names of the Python array API, put together as plainly as can be.

16-bit operands are computed with in float32, and rounded once. This file travels to the far side of a place: Python
3.8 or later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.spelling import Example, Spelling


def by_heads(xp: Any, array: Any, heads: int) -> Any:
    """Heads that lie side by side in the last of three axes, as an axis of their own."""
    if array.ndim == 4:
        return array
    batch, length, hidden = array.shape
    return xp.permute_dims(xp.reshape(array, (batch, length, heads, hidden // heads)), (0, 2, 1, 3))


def side_by_side(xp: Any, array: Any, like: Any) -> Any:
    """A result (B, H, S, D) with as many axes as the queries have."""
    if like.ndim == 4:
        return array
    batch, heads, length, size = array.shape
    return xp.reshape(xp.permute_dims(array, (0, 2, 1, 3)), (batch, length, heads * size))


def split(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any]) -> tuple[Any, Any, Any, int]:
    """Queries, all keys and all values by heads, and how many of the keys are past."""
    q = by_heads(xp, inputs[0], attributes.get("q_num_heads", 1))
    k, v = (by_heads(xp, array, attributes.get("kv_num_heads", 1)) for array in inputs[1:3])
    if len(inputs) < 5:
        return q, k, v, 0
    past = inputs[4].shape[2]
    return q, xp.concat([inputs[4], k], axis=2), xp.concat([inputs[5], v], axis=2), past


def causal(xp: Any, queries: int, keys: int, past: int, device: Any = None) -> Any:
    """Which keys each query attends to: those up to its own position, and all past ones."""
    rows = xp.reshape(xp.arange(queries, device=device), (queries, 1))
    return xp.reshape(xp.arange(keys, device=device), (1, keys)) <= rows + past


def _attention(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    q, k, v, past = split(xp, inputs, attributes)
    wide = xp.float64 if q.dtype == xp.float64 else xp.float32
    group = q.shape[1] // k.shape[1]
    queries = xp.astype(q, wide)
    keys, values = (xp.repeat(xp.astype(array, wide), group, axis=1) for array in (k, v))
    scale = attributes.get("scale", 1 / math.sqrt(q.shape[3]))
    scores = xp.matmul(queries, xp.matrix_transpose(keys)) * scale
    cap = attributes.get("softcap", 0)
    if cap:
        scores = xp.tanh(scores / cap) * cap
    bias = xp.zeros_like(scores)
    if len(inputs) > 3:
        mask = inputs[3]
        bias = xp.where(mask, bias, -math.inf) if mask.dtype == xp.bool else bias + xp.astype(mask, wide)
    if attributes.get("is_causal", 0):
        bias = xp.where(causal(xp, scores.shape[2], scores.shape[3], past), bias, -math.inf)
    hidden = xp.all(bias == -math.inf, axis=-1, keepdims=True)
    scores = scores + bias
    top = xp.where(hidden, xp.zeros_like(scores[..., :1]), xp.max(scores, axis=-1, keepdims=True))
    powers = xp.exp(scores - top)
    total = xp.where(hidden, xp.ones_like(top), xp.sum(powers, axis=-1, keepdims=True))
    result = xp.matmul(powers / total, values)
    result = side_by_side(xp, xp.astype(result, results[0]), inputs[0])
    return (result,) if len(results) == 1 else (result, k, v)


def rotated(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    """The rotary embedding: X times the cosines, plus X with each pair exchanged times the sines."""
    x = by_heads(xp, inputs[0], attributes.get("num_heads", 1))
    cos, sin = inputs[1], inputs[2]
    if len(inputs) > 3:
        cos, sin = cos[inputs[3]], sin[inputs[3]]
    wide = xp.float64 if x.dtype == xp.float64 else xp.float32
    cos, sin = (xp.expand_dims(xp.astype(cache, wide), axis=1) for cache in (cos, sin))
    turned = attributes.get("rotary_embedding_dim", 0) or x.shape[3]
    step, half = (2, 1) if attributes.get("interleaved", 0) else (1, turned // 2)
    a, b = xp.astype(x[..., 0 : turned - half : step], wide), xp.astype(x[..., half:turned:step], wide)
    pair = [cos * a - sin * b, sin * a + cos * b]
    front = xp.concat(pair, axis=-1)
    if step == 2:
        front = xp.reshape(xp.stack(pair, axis=-1), (*x.shape[:3], turned))
    result = xp.concat([xp.astype(front, results[0]), x[..., turned:]], axis=-1)
    return (side_by_side(xp, result, inputs[0]),)


_HEADS = (1, 1, 1, 1)
ATTENTION = Example((_HEADS, _HEADS, _HEADS, (1, 1)), (_HEADS,))
WITH_CACHE = Example((_HEADS, _HEADS, _HEADS, (1, 2), _HEADS, _HEADS), (_HEADS, (1, 1, 2, 1), (1, 1, 2, 1)))
ROTATION = Example(((1, 1, 1, 2), (2, 1), (2, 1), (1, 1)), ((1, 1, 1, 2),))

OPERATIONS: Mapping[str, Spelling] = {
    "Attention": Spelling(_attention, ATTENTION, least=3),
    "AttentionWithCache": Spelling(_attention, WITH_CACHE),
    "RotaryEmbedding": Spelling(rotated, ROTATION, least=3),
}
