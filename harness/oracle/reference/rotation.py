"""Rotary embedding by its definition, in float64: each pair of channels turned by the angle of its position.

Written from the text of the ONNX operator RotaryEmbedding (opset 23).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Turned:
    """The exact results, the sums of the absolute values of their products, and how many products are not zero.

    Channels that are not turned have one product, by one.
    """

    result: Array
    magnitude: Array
    terms: Array


def turn(operands: Sequence[Array], attributes: Mapping[str, Any]) -> Turned:
    """Every channel of every head, in the shape of X."""
    x = operands[0].astype(np.float64)
    batch, length = (x.shape[0], x.shape[2]) if x.ndim == 4 else x.shape[:2]
    heads = x.shape[1] if x.ndim == 4 else attributes["num_heads"]
    size = x.shape[3] if x.ndim == 4 else x.shape[2] // heads
    tokens = np.swapaxes(x, 1, 2) if x.ndim == 4 else x.reshape(batch, length, heads, size)
    cos, sin = (cache.astype(np.float64) for cache in operands[1:3])
    if len(operands) > 3:
        cos, sin = cos[operands[3]], sin[operands[3]]
    turned = attributes.get("rotary_embedding_dim", 0) or size
    first, second = _pairs(turned, bool(attributes.get("interleaved", 0)))
    cos, sin = cos[:, :, None, :], sin[:, :, None, :]
    result, magnitude, terms = tokens.copy(), np.abs(tokens), _counts(tokens)
    a, b = tokens[..., first], tokens[..., second]
    with np.errstate(all="ignore"):
        result[..., first] = cos * a - sin * b
        result[..., second] = sin * a + cos * b
        magnitude[..., first] = np.abs(cos * a) + np.abs(sin * b)
        magnitude[..., second] = np.abs(sin * a) + np.abs(cos * b)
    terms[..., first] = _counts(cos) * _counts(a) + _counts(sin) * _counts(b)
    terms[..., second] = _counts(sin) * _counts(a) + _counts(cos) * _counts(b)
    found = (np.swapaxes(part, 1, 2) if x.ndim == 4 else part.reshape(x.shape) for part in (result, magnitude, terms))
    return Turned(*found)


def _counts(values: Array) -> Array:
    return np.asarray(values != 0, dtype=np.float64)


def _pairs(turned: int, interleaved: bool) -> tuple[Array, Array]:
    """The channels that are the first and the second of each pair."""
    if interleaved:
        return np.arange(0, turned, 2), np.arange(1, turned, 2)
    return np.arange(turned // 2), np.arange(turned // 2, turned)
