"""Operands of attention: queries, keys and values drawn, masks, and how a launch takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Size, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import round_to
from harness.oracle.numbers import full_mantissa
from harness.oracle.problem import Array, Problem
from harness.oracle.task import Task

#: ``softmax_precision`` of float32, as the standard numbers its types.
_FLOAT = 1
#: Exponents of plain operands: scores then differ by a few units, so that every weight counts.
_PLAIN = (-2, 0)


def has_cache(task: Task) -> bool:
    """Whether the operation takes past keys and values."""
    return len(task.types.inputs) > 4


def has_numbers(task: Task) -> bool:
    """Whether masks are numbers added to the scores; else they are truth values."""
    return task.types.inputs[3] != "bool"


def drawn(task: Task, draw: Draw, size: Size, exponents: tuple[int, int] = _PLAIN) -> tuple[Array, Array, Array]:
    """Q, K and V of full precision: batch, heads of queries and of keys, queries, keys, head size, channels."""
    batch, heads, of_keys, queries, keys, head, channels = size
    q = full_mantissa(draw, task.dtype, (batch, heads, queries, head), exponents)
    k = full_mantissa(draw, task.dtype, (batch, of_keys, keys, head), exponents)
    return q, k, full_mantissa(draw, task.dtype, (batch, of_keys, keys, channels), exponents)


def some_hidden(draw: Draw, shape: tuple[int, ...]) -> Array:
    """A mask of truth values that hides about a third of the keys, and none of its rows entirely."""
    seen = draw.integers(0, 2, shape) > 0
    kept = draw.integers(0, shape[-1] - 1, shape[:-1])[..., None] == np.arange(shape[-1])
    return np.asarray(seen | kept)


def numbers(task: Task, draw: Draw, seen: Array) -> Array:
    """A mask as the task has it: where it holds numbers, quarters from -2 to 2 for the keys that are seen."""
    if not has_numbers(task):
        return seen
    quarters = draw.integers(-8, 8, seen.shape) / 4
    return round_to(np.where(seen, quarters, -np.inf), task.types.inputs[3])


def arranged(
    task: Task,
    q: Array,
    k: Array,
    v: Array,
    mask: Array | None = None,
    attributes: Mapping[str, Any] | None = None,
    *,
    packed: bool = False,
) -> tuple[Sequence[Array], Mapping[str, Any]]:
    """The operands and attributes of a launch; of all keys and values, a third are the past where there is a cache.

    A mask of truth values becomes one of zeros and minus infinity where the task adds numbers. ``packed`` lays heads
    side by side.
    """
    given = dict(attributes or {})
    if task.dtype in ("float16", "bfloat16"):
        given["softmax_precision"] = _FLOAT
    past: list[Array] = []
    if has_cache(task):
        mask = np.ones((q.shape[2], k.shape[2]), np.bool_) if mask is None else mask
        before = past_of(k)
        past, k, v = [k[:, :, :before], v[:, :, :before]], k[:, :, before:], v[:, :, before:]
    if mask is not None and mask.dtype == np.bool_ and has_numbers(task):
        mask = np.where(mask, 0.0, -np.inf).astype(numpy_dtype(task.types.inputs[3]))
    if packed:
        given |= {"q_num_heads": q.shape[1], "kv_num_heads": k.shape[1]}
        q, k, v = (_side_by_side(array) for array in (q, k, v))
    return [q, k, v, *([] if mask is None else [mask]), *past], given


def past_of(k: Array) -> int:
    """How many of all keys are the past."""
    return 0 if k.shape[2] == 1 else max(1, k.shape[2] // 3)


def attention(
    task: Task,
    q: Array,
    k: Array,
    v: Array,
    mask: Array | None = None,
    attributes: Mapping[str, Any] | None = None,
    *,
    packed: bool = False,
    exact: bool = False,
) -> Problem:
    """A problem on queries, all keys and all values."""
    operands, given = arranged(task, q, k, v, mask, attributes, packed=packed)
    return pose(task, operands, given, exact=exact)


def _side_by_side(array: Array) -> Array:
    batch, heads, length, size = array.shape
    return np.ascontiguousarray(np.swapaxes(array, 1, 2)).reshape(batch, length, heads * size)
