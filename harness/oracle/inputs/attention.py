"""Input classes of attention: what every family is asked of its numbers, and what is attention's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import Inputs, Question, Size, pairs
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, round_to
from harness.oracle.inputs.attention_operands import attention, drawn, has_numbers, numbers, some_hidden
from harness.oracle.inputs.attention_structure import STRUCTURE
from harness.oracle.numbers import full_mantissa, subnormals, whole
from harness.oracle.problem import Array, Problem
from harness.oracle.task import Task


def _dense(task: Task) -> Iterator[Question]:
    """Operands of full precision around zero and from one to two, among few and many keys, at several head sizes."""
    for keys in (1, 4, 33, 257, 1030):
        yield from pairs(f"centred-{keys}", partial(_of_size, task, (2, 2, 1, 3, keys, 16, 5), (-1, 1)))
        yield from pairs(f"one-to-two-{keys}", partial(_one_to_two, task, (1, 2, 1, 3, keys, 16, 5)))
    for head in (1, 3, 64, 128):
        yield from pairs(f"head-{head}", partial(_of_size, task, (1, 2, 2, 4, 9, head, 7), (-1, 0)))


def _of_size(task: Task, size: Size, exponents: tuple[int, int], draw: Draw) -> list[Problem]:
    return [attention(task, *drawn(task, draw, size, exponents))]


def _one_to_two(task: Task, size: Size, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, size, (0, 0))
    return [attention(task, q, k, np.abs(v))]


def _cancellation(task: Task) -> Iterator[Question]:
    """Scores whose products are large and cancel: what is left of them decides the weights."""
    for products in (2, 16, 60):
        yield from pairs(f"products-{products}", partial(_cancelling, task, products))


def _cancelling(task: Task, products: int, draw: Draw) -> list[Problem]:
    queries = 4
    q, k, v = drawn(task, draw, (1, 2, 2, queries, 9, products + queries, 5), (1, 2))
    # Each query has a channel of its own, in which every key takes back what its other products come to.
    q[..., products:] = np.eye(queries)
    total = q[..., :products].astype(np.float64) @ np.swapaxes(k[..., :products], 2, 3).astype(np.float64)
    left = draw.integers(-16, 16, total.shape) / 8
    k[..., products:] = round_to(np.swapaxes(left - total, 2, 3), task.dtype)
    return [attention(task, q, k, v, attributes={"scale": 1.0})]


def _sparse(task: Task) -> Iterator[Question]:
    """Three channels of each head that are not zero, among few and many."""
    for head in (4, 33, 130):
        yield from pairs(f"head-{head}", partial(_three_channels, task, head))


def _three_channels(task: Task, head: int, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (1, 2, 1, 3, 7, head, 5), (0, 1))
    kept = np.isin(np.arange(head), draw.permutation(head)[:3])
    return [attention(task, np.where(kept, q, 0).astype(q.dtype), np.where(kept, k, 0).astype(k.dtype), v)]


def _scaling(task: Task) -> Iterator[Question]:
    """Channels of Q and K scaled against each other by powers of two, channels of V each by one of its own."""
    for number in range(2):
        yield from pairs(f"scaled-{number}", partial(_scaled, task))


def _scaled(task: Task, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (1, 2, 1, 4, 7, 12, 6), (-1, 0))
    reach = 6 if task.dtype == "float16" else 30
    powers = draw.integers(-reach, reach, (12,))
    of_values = draw.integers(-reach, reach, (6,))
    return [attention(task, _times(q, powers), _times(k, -powers), _times(v, of_values))]


def _times(array: Array, powers: Array) -> Array:
    return round_to(np.ldexp(array.astype(np.float64), powers), array.dtype.name)


def _selector(task: Task) -> Iterator[Question]:
    """Scores of zero and one key that is seen: its value comes through, whatever its bits."""
    for queries, keys in ((5, 9), (3, 130), (70, 65)):
        yield from pairs(f"{queries}-of-{keys}", partial(_selected, task, queries, keys))


def _selected(task: Task, queries: int, keys: int, draw: Draw) -> list[Problem]:
    reach = 14 if task.dtype == "float16" else 100
    q, k, _ = drawn(task, draw, (1, 2, 1, queries, keys, 8, 4))
    v = full_mantissa(draw, task.dtype, (1, 1, keys, 4), (-reach, reach))
    return [attention(task, np.zeros_like(q), k, v, _one_seen(draw, queries, keys), exact=True)]


def _one_seen(draw: Draw, queries: int, keys: int) -> Array:
    chosen = (draw.permutation(max(queries, keys))[:queries] + draw.integers(0, keys - 1, (1,))) % keys
    return np.asarray(chosen[:, None] == np.arange(keys))


def _zeros(task: Task) -> Iterator[Question]:
    """Channels of V that are zero wherever they are seen stay zero; keys of zeros are weighted alike."""
    for keys in (7, 40):
        yield from pairs(f"channels-{keys}", partial(_zero_channels, task, keys))
        yield from pairs(f"keys-{keys}", partial(_zero_keys, task, keys))


def _zero_channels(task: Task, keys: int, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (1, 2, 1, 4, keys, 8, 6))
    seen = draw.integers(0, 2, (1, keys)) > 0
    seen[0, keys // 2] = True
    v[..., seen[0], ::2] = 0
    return [attention(task, q, k, v, np.broadcast_to(seen, (4, keys)))]


def _zero_keys(task: Task, keys: int, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (1, 2, 1, 4, keys, 8, 6))
    k[..., ::3, :] = 0
    return [attention(task, q, k, v)]


def _known_answers(task: Task) -> Iterator[Question]:
    """Q of zeros gives the mean of what is seen; strong scores give one value; equal values give that value."""
    for keys in (7, 96, 520):
        yield from pairs(f"mean-{keys}", partial(_mean, task, keys))
    yield from pairs("mean-of-seen", partial(_mean_of_seen, task))
    yield from pairs("one-seen", partial(_one_of_many, task))
    yield from pairs("one-hot", partial(_one_hot, task, 16.0))
    yield from pairs("constant", partial(_constant, task))


def _mean(task: Task, keys: int, draw: Draw) -> list[Problem]:
    q, k, _ = drawn(task, draw, (1, 2, 1, 3, keys, 8, 6))
    v = np.abs(whole(draw, task.dtype, (1, 1, keys, 6), 60)) + np.ones(1, numpy_dtype(task.dtype))
    return [attention(task, np.zeros_like(q), k, v.astype(q.dtype))]


def _mean_of_seen(task: Task, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (2, 2, 1, 6, 23, 8, 6))
    return [attention(task, np.zeros_like(q), k, v, some_hidden(draw, (2, 1, 6, 23)))]


def _one_of_many(task: Task, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (1, 2, 1, 6, 23, 8, 6))
    return [attention(task, q, k, v, _one_seen(draw, 6, 23))]


def _one_hot(task: Task, strength: float, draw: Draw) -> list[Problem]:
    """Every query is like one key and no other; the score of that one is the strength, squared."""
    keys, queries = 20, 6
    _, _, v = drawn(task, draw, (1, 2, 2, queries, keys, keys, 6))
    order = draw.permutation(keys)
    q = strength * np.eye(keys)[order[:queries]]
    q, k = (round_to(np.tile(array, (1, 2, 1, 1)), task.dtype) for array in (q, strength * np.eye(keys)))
    return [attention(task, q, k, v, attributes={"scale": 1.0})]


def _constant(task: Task, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (2, 2, 1, 4, 23, 8, 6))
    return [attention(task, q, k, np.ascontiguousarray(np.broadcast_to(v[:, :, :1], v.shape)))]


def _metamorphic(task: Task) -> Iterator[Question]:
    """Keys and values in another order, masked keys behind them, the same number on every score: the same result."""
    for change in ("permuted", "padded", *(["shifted"] if has_numbers(task) else [])):
        yield from pairs(change, partial(_changed, task, change))


def _changed(task: Task, change: str, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (2, 2, 1, 5, 19, 8, 6))
    mask = numbers(task, draw, some_hidden(draw, (5, 19)))
    asked = attention(task, q, k, v, mask)
    if change == "permuted":
        order = draw.permutation(19)
        again = attention(task, q, k[:, :, order], v[:, :, order], mask[:, order])
    elif change == "padded":
        _, more_k, more_v = drawn(task, draw, (2, 2, 1, 5, 14, 8, 6), (3, 4))
        least = -np.inf if has_numbers(task) else False
        hidden = np.pad(mask.astype(np.float32), ((0, 0), (0, 14)), constant_values=float(least)).astype(mask.dtype)
        more_k, more_v = np.concatenate([k, more_k], axis=2), np.concatenate([v, more_v], axis=2)
        again = attention(task, q, more_k, more_v, hidden)
    else:
        again = attention(task, q, k, v, (mask.astype(np.float64) + 4).astype(mask.dtype))
    return [
        asked,
        replace(again, wanted=(replace(again.wanted[0], expected=asked.wanted[0].expected), *again.wanted[1:])),
    ]


def _specials(task: Task) -> Iterator[Question]:
    """NaN and infinity in one query, key, value or score reach what depends on them, and nothing else."""
    for place in (0, 9, 18):
        for what in ("nan-query", "nan-key", "nan-value", "inf-value", "inf-key"):
            yield from pairs(f"{what}-{place}", partial(_special, task, what, place))


def _special(task: Task, what: str, place: int, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (2, 4, 2, 19, 19, 6, 5))
    number = np.nan if what.startswith("nan") else np.inf
    if what.endswith("query"):
        q[1, 1, place, 2] = number
    elif what.endswith("value"):
        v[0, 1, place, 3] = number * (1 - 2 * draw.integers(0, 1, ()).item())
    else:
        k[0, 1, place, 2] = number
        # Scores of minus infinity hide the key; those of plus infinity leave no number to subtract.
        q[..., 2] = -np.abs(q[..., 2])
        q[:, :, ::4, 2] = np.abs(q[:, :, ::4, 2])
    return [attention(task, q, k, v)]


def _subnormals(task: Task) -> Iterator[Question]:
    """Subnormal values among others come through where one key is seen."""
    for number in range(2):
        yield from pairs(f"values-{number}", partial(_subnormal, task))


def _subnormal(task: Task, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (1, 2, 1, 9, 9, 8, 6))
    v[..., ::2] = subnormals(draw, task.dtype, v[..., ::2].shape)
    posed = attention(task, np.zeros_like(q), k, v, _one_seen(draw, 9, 9), exact=not task.flushes)
    if not task.flushes:
        return [posed]
    # Where flushing is declared, subnormal values may be zero; the others are as they are.
    wanted = posed.wanted[0]
    small = np.abs(wanted.expected) < FORMATS[task.dtype].smallest_normal
    bound = np.where(small, FORMATS[task.dtype].smallest_normal, np.asarray(wanted.bound))
    return [replace(posed, wanted=(replace(wanted, bound=bound), *posed.wanted[1:]))]


def _overflow(task: Task) -> Iterator[Question]:
    """Scores whose powers would overflow, and weighted sums that would in float16."""
    yield from pairs("one-hot", partial(_one_hot, task, 100.0))
    for sign in (1, -1):
        yield from pairs(f"all-large-{sign}", partial(_all_large, task, sign))
    if task.dtype == "float16":
        yield from pairs("large-values", partial(_large_values, task))


def _all_large(task: Task, sign: int, draw: Draw) -> list[Problem]:
    _, _, v = drawn(task, draw, (1, 2, 1, 3, 11, 4, 6))
    q, k = (np.full(shape, 64.0).astype(v.dtype) for shape in ((1, 2, 3, 4), (1, 1, 11, 4)))
    steps = draw.integers(0, 3, (11,)) / 64
    k[..., 0] = k[..., 0] + steps.astype(k.dtype)
    return [attention(task, sign * q, k, v, attributes={"scale": 0.5})]


def _large_values(task: Task, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (1, 2, 1, 3, 33, 8, 6))
    return [attention(task, np.zeros_like(q), k, (np.abs(v) * np.float16(0.25) + np.float16(60000)).astype(v.dtype))]


INPUTS: Inputs = {
    "dense": _dense,
    "cancellation": _cancellation,
    "sparse": _sparse,
    "scaling": _scaling,
    "selector": _selector,
    "zeros": _zeros,
    "known-answers": _known_answers,
    "metamorphic": _metamorphic,
    "specials": _specials,
    "subnormals": _subnormals,
    "overflow": _overflow,
    **STRUCTURE,
}
