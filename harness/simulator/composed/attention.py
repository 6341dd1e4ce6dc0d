"""Attention as a product's units carry it out: two products of matrices with a softmax in float32 between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.simulator.composed.units import Composed, Units
from harness.simulator.conversion import Array
from harness.simulator.signatures import FLOATS, Shape, Signature

_ATTRIBUTES = frozenset({"is_causal", "scale", "softcap", "q_num_heads", "kv_num_heads", "softmax_precision"})
#: The numbers by which the standard names float32 and float64.
_PRECISIONS = (1, 11)


def _types(operands: Sequence[str], results: Sequence[str]) -> bool:
    first = operands[0]
    others = {*operands[:3], *operands[4:], *results}
    return first in FLOATS and others == {first} and all(mask in ("bool", first) for mask in operands[3:4])


def _shapes(cached: bool) -> Callable[[Sequence[Shape], Mapping[str, Any], Sequence[Shape]], Sequence[Shape]]:
    def shapes(found: Sequence[Shape], attributes: Mapping[str, Any], outs: Sequence[Shape]) -> Sequence[Shape]:
        _check(attributes)
        q, k, v = (_by_heads(shape, attributes, name) for shape, name in zip(found[:3], "qkv", strict=True))
        batch, heads, queries, head = q
        _demand(k[0] == v[0] == batch and k[1:3] == v[1:3] and k[3] == head and head > 0, f"Q, K and V of {found[:3]}")
        _demand(k[1] > 0 and heads % k[1] == 0, f"{heads} heads of queries on {k[1]} of keys")
        keys = k[2]
        if cached:
            past, past_v = found[4], found[5]
            _demand(len(past) == len(past_v) == 4, f"a past of {past} and {past_v}")
            _demand((*past[:2], past[3]) == (*k[:2], head), f"past keys of {past} before {k}")
            _demand((*past_v[:2], past_v[3]) == (*v[:2], v[3]) and past_v[2] == past[2], f"past values of {past_v}")
            keys += past[2]
        if len(found) > 3:
            _demand(_broadcasts(found[3], (batch, heads, queries, keys)), f"a mask of {found[3]}")
        result = (batch, heads, queries, v[3]) if len(found[0]) == 4 else (batch, queries, heads * v[3])
        if not cached:
            return (result,)
        return result, (batch, k[1], keys, head), (batch, k[1], keys, v[3])

    return shapes


def _check(attributes: Mapping[str, Any]) -> None:
    for name in ("scale", "softcap"):
        value = attributes.get(name, 1.0)
        _demand(isinstance(value, int | float) and abs(value) <= 1e38, f"{name} of {value!r}")
    _demand(attributes.get("softcap", 0) >= 0, "a negative softcap")
    _demand(attributes.get("is_causal", 0) in (0, 1), "is_causal neither 0 nor 1")
    _demand(attributes.get("softmax_precision", 1) in _PRECISIONS, "a softmax_precision other than float32")


def _by_heads(shape: Shape, attributes: Mapping[str, Any], name: str) -> Shape:
    """Batch, heads, length and size of an operand of four axes or three."""
    if len(shape) == 4:
        return tuple(shape)
    heads = attributes.get("q_num_heads" if name == "q" else "kv_num_heads")
    _demand(len(shape) == 3, f"an operand of shape {shape}")
    _demand(isinstance(heads, int) and heads > 0 and shape[2] % heads == 0, f"{heads!r} heads in {shape}")
    assert isinstance(heads, int)
    return shape[0], heads, shape[1], shape[2] // heads


def _broadcasts(shape: Shape, to: Shape) -> bool:
    return len(shape) <= len(to) and all(m in (n, 1) for m, n in zip(reversed(shape), reversed(to), strict=False))


def _demand(holds: bool, said: str) -> None:
    if not holds:
        raise DeviceError(INVALID_VALUE, f"attention of {said}")


def _compute(
    name: str, units: Units, inputs: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    q, k, v = (_split(array, attributes, of) for array, of in zip(inputs[:3], "qkv", strict=True))
    past = 0
    if len(inputs) > 4:
        past = inputs[4].shape[2]
        k, v = np.concatenate([inputs[4], k], axis=2), np.concatenate([inputs[5], v], axis=2)
    working = units.working(q.dtype.name)
    each = np.arange(q.shape[1]) // (q.shape[1] // k.shape[1])
    scores = units.product(name, q, np.swapaxes(k[:, each], 2, 3), working)
    scale = attributes.get("scale", 1 / math.sqrt(q.shape[3]))
    scores = units.step("multiply", scores, _number(scale, scores))
    if attributes.get("softcap", 0):
        cap = _number(attributes["softcap"], scores)
        scores = units.step("multiply", units.step("tanh", units.step("divide", scores, cap)), cap)
    bias = _bias(units, scores, inputs[3] if len(inputs) > 3 else None)
    if attributes.get("is_causal", 0):
        queries, keys = np.arange(scores.shape[2])[:, None], np.arange(scores.shape[3])
        bias = np.where(keys <= queries + past, bias, _number(-np.inf, scores))
    weights, total = _powers(
        units, units.step("add", scores, bias), np.asarray(np.isneginf(bias).all(axis=-1, keepdims=True))
    )
    # Units that multiply matrices take 16-bit operands, and so the weights are rounded to that type.
    weights = units.step("cast", weights, result=v.dtype.name)
    values = units.step("divide", units.product(name, weights, v[:, each], working), total)
    result = units.step("cast", values, result=results[0])
    if inputs[0].ndim == 3:
        result = (
            np.swapaxes(result, 1, 2).reshape(*inputs[0].shape[:2], -1)
            if result.size
            else result.reshape(*inputs[0].shape[:2], q.shape[1] * v.shape[3])
        )
    return (result,) if len(results) == 1 else (result, k, v)


def _split(array: Array, attributes: Mapping[str, Any], name: str) -> Array:
    if array.ndim == 4:
        return array
    batch, heads, length, size = _by_heads(array.shape, attributes, name)
    return np.swapaxes(array.reshape(batch, length, heads, size), 1, 2)


def _number(value: float, like: Array) -> Array:
    return np.asarray(value, like.dtype)


def _bias(units: Units, scores: Array, mask: Array | None) -> Array:
    """What the mask adds to the scores, in their dtype."""
    if mask is None:
        return np.zeros_like(scores)
    if mask.dtype == np.bool_:
        found = np.where(mask, _number(0, scores), _number(-np.inf, scores))
    else:
        found = units.step("cast", mask, result=scores.dtype.name)
    return np.broadcast_to(found, scores.shape)


def _powers(units: Units, scores: Array, hidden: Array) -> tuple[Array, Array]:
    """The powers of the scores less the largest of their row, and the sum of each row's; of hidden rows 0 and 1."""
    top = units.step("max", scores, axis=-1, keepdims=True) if scores.size else scores[..., :1]
    powers = units.step("exp", units.step("subtract", scores, np.broadcast_to(top, scores.shape)))
    powers = np.where(hidden, _number(0, scores), powers)
    total = units.step("sum", powers, axis=-1, keepdims=True)
    return powers, np.where(hidden, _number(1, scores), total)


OPERATIONS: Mapping[str, Composed] = {
    "Attention": Composed(
        Signature(3, 4, _types, _shapes(False), _ATTRIBUTES),
        partial(_compute, "Attention"),
    ),
    "AttentionWithCache": Composed(
        Signature(6, 6, _types, _shapes(True), _ATTRIBUTES, 3),
        partial(_compute, "AttentionWithCache"),
    ),
}
