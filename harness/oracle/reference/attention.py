"""Attention by its definition, in float64: softmax(scale Q K' + bias) V, with what its bound needs to know.

Written from the text of the ONNX operator Attention (opset 23). float64 has 29 bits more than any result.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Attended:
    """One attention as it comes about; B batches, H query heads, S queries, T keys, D channels of a value.

    ``scores`` (B, H, S, T) are what softmax is taken of, bias included; ``capped`` are those that go through a cap,
    as they are before it, or zero. ``magnitude`` is the scaled sum of |q||k|, ``terms`` the number of its non-zero
    products. ``weights`` are those of the values, ``values`` (B, H, T, D), ``result`` (B, H, S, D).
    """

    scores: Array
    capped: Array
    magnitude: Array
    terms: Array
    weights: Array
    values: Array
    result: Array


def attend(operands: Sequence[Array], attributes: Mapping[str, Any]) -> Attended:
    """Attention of Q, K, V, and of attn_mask, past_key and past_value where they are given."""
    q, k, v = (_by_heads(array, attributes, name) for array, name in zip(operands[:3], "qkv", strict=True))
    past = 0
    if len(operands) > 4:
        past = operands[4].shape[2]
        k = np.concatenate([_wide(operands[4]), k], axis=2)
        v = np.concatenate([_wide(operands[5]), v], axis=2)
    group = q.shape[1] // k.shape[1]
    k, v = (array[:, np.arange(q.shape[1]) // group] for array in (k, v))
    scale = attributes.get("scale", 1 / math.sqrt(q.shape[3]))
    transposed = np.swapaxes(k, 2, 3)
    with np.errstate(all="ignore"):
        raw = scale * (q @ transposed)
        magnitude = abs(scale) * (np.abs(q) @ np.abs(transposed))
        terms = (q != 0).astype(np.float64) @ (transposed != 0).astype(np.float64)
        cap = attributes.get("softcap", 0.0)
        bias = _bias(raw.shape, operands[3] if len(operands) > 3 else None, attributes, past)
        scores = (cap * np.tanh(raw / cap) if cap else raw) + bias
        weights = _softmax(scores, bias)
        return Attended(scores, raw if cap else np.zeros_like(raw), magnitude, terms, weights, v, weights @ v)


def laid_out(result: Array, operands: Sequence[Array]) -> Array:
    """A result (B, H, S, D) as the launch has it: heads side by side where Q has three axes."""
    if operands[0].ndim == 4:
        return result
    batch, heads, queries, channels = result.shape
    return np.swapaxes(result, 1, 2).reshape(batch, queries, heads * channels)


def _by_heads(array: Array, attributes: Mapping[str, Any], name: str) -> Array:
    wide = _wide(array)
    if wide.ndim == 4:
        return wide
    heads = attributes["q_num_heads" if name == "q" else "kv_num_heads"]
    batch, length, hidden = wide.shape
    return np.swapaxes(wide.reshape(batch, length, heads, hidden // heads), 1, 2)


def _wide(array: Array) -> Array:
    return array.astype(np.float64)


def _bias(shape: tuple[int, ...], mask: Array | None, attributes: Mapping[str, Any], past: int) -> Array:
    """What is added to the scores: the mask, and minus infinity for keys that come after the query."""
    bias = np.zeros(shape)
    if mask is not None:
        bias = bias + (np.where(mask, 0.0, -np.inf) if mask.dtype == np.bool_ else _wide(mask))
    if attributes.get("is_causal", 0):
        queries, keys = np.arange(shape[2])[:, None], np.arange(shape[3])[None, :]
        bias = bias + np.where(keys <= queries + past, 0.0, -np.inf)
    return bias


def _softmax(scores: Array, bias: Array) -> Array:
    """The weights of each row; those of a row without a visible key are zero."""
    hidden = np.isneginf(bias).all(axis=-1, keepdims=True)
    top = np.where(hidden, 0.0, scores.max(axis=-1, keepdims=True))
    powers = np.where(hidden, 0.0, np.exp(scores - top))
    return np.asarray(powers / np.where(hidden, 1.0, powers.sum(axis=-1, keepdims=True)))
