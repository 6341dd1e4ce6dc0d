"""Attention block by block, its softmax in one pass, over all keys or over parts of them that are merged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from tests.implementations.algorithms.machine import Algorithm, Array, Attributes, Machine, filled, narrow, number, wide


@dataclass(frozen=True)
class Blocks:
    """How an operation takes keys: ``keys`` at a time, in ``parts`` that are merged at the end.

    ``scaled`` says what the scale multiplies: the ``scores``, or the ``queries`` and, by its root, the ``keys`` where
    operands are as wide as what is computed with. ``short`` weights are rounded to the operands' type before they
    multiply values.
    """

    operation: str
    keys: int
    parts: int
    scaled: str
    short: bool


@dataclass(frozen=True)
class _Part:
    """What has been seen of a part of the keys: largest score, sum of powers, sum of values by powers."""

    top: Array
    total: Array
    values: Array


def _factor(machine: Machine, old: Array, new: Array) -> Array:
    found = machine.step("exp", machine.step("subtract", old, new))
    return np.where(old == new, filled(1, found), found)


def _seen(machine: Machine, blocks: Blocks, scores: Array, bias: Array, values: Array, before: _Part | None) -> _Part:
    scores = machine.step("add", scores, bias)
    top = machine.step("max", scores, axis=-1, keepdims=True)
    if before is not None:
        top = machine.step("maximum", before.top, top)
    powers = machine.step("exp", machine.step("subtract", scores, np.broadcast_to(top, scores.shape)))
    powers = np.where(np.isneginf(scores), filled(0, powers), powers)
    total = machine.step("sum", powers, axis=-1, keepdims=True)
    weights = machine.step("cast", powers, result=values.dtype.name) if blocks.short else powers
    held = wide(machine, values) if not blocks.short else values
    found = machine.product(blocks.operation, weights, held, machine.working(values.dtype.name))
    if before is None:
        return _Part(top, total, found)
    factor = _factor(machine, before.top, top)
    total = machine.step("add", machine.step("multiply", before.total, factor), total)
    kept = machine.step("multiply", before.values, np.broadcast_to(factor, before.values.shape))
    return _Part(top, total, machine.step("add", kept, found))


def _merged(machine: Machine, one: _Part, other: _Part) -> _Part:
    top = machine.step("maximum", one.top, other.top)
    factors = [_factor(machine, part.top, top) for part in (one, other)]
    totals = [machine.step("multiply", part.total, f) for part, f in zip((one, other), factors, strict=True)]
    values = [
        machine.step("multiply", part.values, np.broadcast_to(f, part.values.shape))
        for part, f in zip((one, other), factors, strict=True)
    ]
    return _Part(top, machine.step("add", *totals), machine.step("add", *values))


def _attended(machine: Machine, blocks: Blocks, scores: Array, bias: Array, values: Array) -> Array:
    """Softmax of the scores and bias times the values, block by block; a query that sees no key has zeros."""
    count, found = scores.shape[-1], []
    for span in np.array_split(np.arange(count), min(blocks.parts, count)):
        part = None
        for start in range(int(span[0]), int(span[-1]) + 1, blocks.keys):
            keys = slice(start, min(start + blocks.keys, int(span[-1]) + 1))
            part = _seen(machine, blocks, scores[..., keys], bias[..., keys], values[..., keys, :], part)
        assert part is not None
        found.append(part)
    whole = found[0]
    for part in found[1:]:
        whole = _merged(machine, whole, part)
    result = machine.step("divide", whole.values, np.broadcast_to(whole.total, whole.values.shape))
    return np.where(np.isneginf(bias).all(axis=-1, keepdims=True), filled(0, result), result)


def _heads(array: Array, count: int | None) -> Array:
    """An operand by heads: (B, H, S, D)."""
    if array.ndim == 4:
        return array
    assert count is not None
    batch, length, size = array.shape
    return np.swapaxes(array.reshape(batch, length, count, size // count), 1, 2)


def _scores(machine: Machine, blocks: Blocks, q: Array, k: Array, attributes: Attributes) -> Array:
    scale = attributes.get("scale", 1 / math.sqrt(q.shape[3]))
    kept = machine.working(q.dtype.name)
    own, turned = kept == q.dtype.name, np.swapaxes(k, 2, 3)
    if own and blocks.scaled == "queries":
        found = machine.product(blocks.operation, machine.step("multiply", q, filled(scale, q)), turned, kept)
    elif own and blocks.scaled == "both" and scale > 0:
        root = machine.step("sqrt", number(scale, q))
        q, turned = (machine.step("multiply", one, filled(float(root), one)) for one in (q, turned))
        found = machine.product(blocks.operation, q, turned, kept)
    else:
        found = machine.product(blocks.operation, q, turned, kept)
        found = machine.step("multiply", found, filled(scale, found))
    if attributes.get("softcap", 0):
        cap = filled(attributes["softcap"], found)
        found = machine.step("multiply", machine.step("tanh", machine.step("divide", found, cap)), cap)
    return found


def _bias(machine: Machine, scores: Array, mask: Array | None, attributes: Attributes, past: int) -> Array:
    found = np.zeros_like(scores)
    if mask is not None and mask.dtype == np.bool_:
        found = np.where(mask, found, number(-np.inf, scores))
    elif mask is not None:
        found = np.broadcast_to(machine.step("cast", mask, result=scores.dtype.name), scores.shape)
    if attributes.get("is_causal", 0):
        queries, keys = np.arange(scores.shape[2])[:, None], np.arange(scores.shape[3])
        found = np.where(keys <= queries + past, found, number(-np.inf, scores))
    return np.asarray(found)


def _attention(
    blocks: Blocks, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    q, k, v = (
        _heads(operand, attributes.get("q_num_heads" if place == 0 else "kv_num_heads"))
        for place, operand in enumerate(operands[:3])
    )
    past = 0
    if len(operands) > 4:
        past = operands[4].shape[2]
        k, v = np.concatenate([operands[4], k], axis=2), np.concatenate([operands[5], v], axis=2)
    each = np.arange(q.shape[1]) // (q.shape[1] // k.shape[1])
    scores = _scores(machine, blocks, q, k[:, each], attributes)
    bias = _bias(machine, scores, operands[3] if len(operands) > 3 else None, attributes, past)
    if scores.size:
        (found,) = narrow(machine, _attended(machine, blocks, scores, bias, v[:, each]), results)
    else:
        (found,) = narrow(machine, np.zeros((*scores.shape[:3], v.shape[3])).astype(scores.dtype), results)
    if operands[0].ndim == 3:
        found = np.swapaxes(found, 1, 2).reshape(*operands[0].shape[:2], q.shape[1] * v.shape[3])
    return (found,) if len(results) == 1 else (found, k, v)


def attentions(blocks: Blocks) -> Mapping[str, Algorithm]:
    """Attention with and without a cache, block by block."""
    return {name: partial(_attention, replace(blocks, operation=name)) for name in ("Attention", "AttentionWithCache")}
