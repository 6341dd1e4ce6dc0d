"""Input classes of attention's structure: masks, causality, heads and how they lie, scores, blocks, the cache."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from harness.oracle.definition import Inputs, Question, pairs
from harness.oracle.draw import Draw
from harness.oracle.formats import round_to
from harness.oracle.inputs.attention_operands import attention, drawn, numbers, past_of, some_hidden
from harness.oracle.problem import Array, Problem
from harness.oracle.task import Task

#: Shapes a mask can have, in letters of batch, query heads, queries and keys.
_MASKS = ("ST", "1T", "11ST", "B1ST", "1H1T", "BHST", "HST")


def _causal(task: Task) -> Iterator[Question]:
    """As many queries as keys, fewer, more; alone and with a mask beside it."""
    for queries, keys in ((6, 6), (33, 33), (4, 9), (9, 4), (1, 7), (65, 65)):
        yield from pairs(f"{queries}-of-{keys}", partial(_causally, task, queries, keys, False))
    yield from pairs("masked", partial(_causally, task, 7, 9, True))


def _causally(task: Task, queries: int, keys: int, masked: bool, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (2, 2, 1, queries, keys, 6, 5))
    mask = None
    if masked:
        seen = some_hidden(draw, (queries, keys))
        seen[:, 0] = True
        mask = numbers(task, draw, seen)
    return [attention(task, q, k, v, mask, {"is_causal": 1})]


def _causal_with_past(task: Task) -> Iterator[Question]:
    """As many queries as new keys behind a past, down to one."""
    for keys in (2, 3, 9, 50, 129):
        yield from pairs(f"past-{keys // 3 or 1}", partial(_behind_past, task, keys))


def _behind_past(task: Task, keys: int, draw: Draw) -> list[Problem]:
    _, k, v = drawn(task, draw, (2, 2, 1, 1, keys, 6, 5))
    q, _, _ = drawn(task, draw, (2, 2, 1, keys - past_of(k), 1, 6, 5))
    return [attention(task, q, k, v, None, {"is_causal": 1})]


def _masks(task: Task) -> Iterator[Question]:
    """Masks of every shape that broadcasts; what they hide is larger than everything that is seen."""
    for letters in _MASKS:
        yield from pairs(letters.lower(), partial(_masked, task, letters))


def _masked(task: Task, letters: str, draw: Draw) -> list[Problem]:
    lengths = {"B": 2, "H": 4, "S": 5, "T": 11, "1": 1}
    q, k, v = drawn(task, draw, (2, 4, 2, 5, 11, 6, 5))
    seen = some_hidden(draw, tuple(lengths[letter] for letter in letters))
    # Keys that no query sees have values and scores larger than all others.
    hidden = int(draw.integers(0, 10, 1)[0])
    seen[..., hidden] = False
    seen[..., (hidden + 1) % 11] = True
    k[:, :, hidden], v[:, :, hidden] = 8 * k[:, :, hidden], 1024 * v[:, :, hidden]
    return [attention(task, q, k, v, numbers(task, draw, seen))]


def _masked_rows(task: Task) -> Iterator[Question]:
    """Queries without a key among others, first, last, and those of a whole head."""
    for keys in (3, 17, 70):
        yield from pairs(f"rows-of-{keys}", partial(_without_keys, task, keys))


def _without_keys(task: Task, keys: int, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (2, 2, 1, 7, keys, 6, 5))
    seen = some_hidden(draw, (2, 2, 7, keys))
    seen[0, :, [0, 3, 6]] = False
    seen[1, 1] = False
    return [attention(task, q, k, v, numbers(task, draw, seen))]


def _grouped(task: Task) -> Iterator[Question]:
    """Groups of two and three query heads, all query heads in one, each in one of its own."""
    for heads, of_keys in ((4, 2), (6, 2), (8, 4), (5, 1), (3, 3)):
        yield from pairs(f"{heads}-on-{of_keys}", partial(_shared, task, heads, of_keys, False, {}))


def _shared(
    task: Task, heads: int, of_keys: int, packed: bool, attributes: Mapping[str, Any], draw: Draw
) -> list[Problem]:
    q, k, v = drawn(task, draw, (2, heads, of_keys, 5, 9, 6, 4))
    return [attention(task, q, k, v, None, attributes, packed=packed)]


def _packed(task: Task) -> Iterator[Question]:
    """Heads side by side: one, several, fewer of keys; causal too."""
    for heads, of_keys in ((1, 1), (3, 3), (4, 2), (6, 2)):
        yield from pairs(f"{heads}-on-{of_keys}", partial(_shared, task, heads, of_keys, True, {}))
    yield from pairs("causal", partial(_shared, task, 4, 2, True, {"is_causal": 1}))


def _scale(task: Task) -> Iterator[Question]:
    """Scales that are powers of two and none, below and above the usual."""
    for scale in (0.25, 0.3, 2.0):
        yield from pairs(f"scale-{scale}", partial(_scored, task, {"scale": scale}))
    for head in (1, 16, 80):
        yield from pairs(f"head-{head}", partial(_usual_scale, task, head))


def _usual_scale(task: Task, head: int, draw: Draw) -> list[Problem]:
    return [attention(task, *drawn(task, draw, (1, 2, 1, 4, 9, head, 5), (-1, 1)))]


def _softcap(task: Task) -> Iterator[Question]:
    """Caps that bite and those that hardly do, before a mask."""
    for cap in (0.5, 2.0, 50.0):
        yield from pairs(f"softcap-{cap}", partial(_scored, task, {"softcap": cap}))
    yield from pairs("both", partial(_scored, task, {"scale": 0.3, "softcap": 1.5}))


def _scored(task: Task, attributes: Mapping[str, Any], draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (1, 4, 2, 5, 9, 6, 5))
    return [attention(task, q, k, v, numbers(task, draw, some_hidden(draw, (5, 9))), attributes)]


def _blocks(task: Task) -> Iterator[Question]:
    """Scores that rise, fall, or have one maximum at the start, the middle or the end."""
    for keys in (16, 17, 65, 129, 300):
        for shape in ("rising", "falling", "first", "middle", "last"):
            yield from pairs(f"{shape}-{keys}", partial(_shaped, task, shape, keys))


def _shaped(task: Task, shape: str, keys: int, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (1, 2, 1, 3, keys, 4, 5), (-1, -1))
    q[..., 0] = 4
    k[..., 0] = round_to(_heights(shape, keys), task.dtype)
    return [attention(task, q, k, v, None, {"scale": 1.0})]


def _heights(shape: str, keys: int) -> Array:
    places = np.arange(keys)
    if shape in ("rising", "falling"):
        rising = np.minimum(places * 4 // keys, 3) + places / (4 * keys)
        return np.asarray(rising if shape == "rising" else rising[::-1])
    top = {"first": 0, "middle": keys // 2, "last": keys - 1}[shape]
    return np.asarray(np.where(places == top, 1.25, 0.0))


def _cache(task: Task) -> Iterator[Question]:
    """Numbers of every kind in the past and in the new keys and values."""
    for keys in (2, 9, 40):
        yield from pairs(f"plain-{keys}", partial(_cached, task, keys, False, False))
        yield from pairs(f"packed-{keys}", partial(_cached, task, keys, False, True))
    yield from pairs("specials", partial(_cached, task, 12, True, False))


def _cached(task: Task, keys: int, specials: bool, packed: bool, draw: Draw) -> list[Problem]:
    q, k, v = drawn(task, draw, (2, 4, 2, 3, keys, 6, 5))
    if specials:
        # In one head each: what depends on them is no number, and the other heads are as they would be.
        k[0, 1, 1, :2], k[0, 1, 7, :2] = (np.nan, -0.0), (np.nan, 0.0)
        v[1, 0, 1, :3], v[1, 0, 7, :2] = (np.inf, np.nan, -0.0), (0.0, -0.0)
    return [attention(task, q, k, v, packed=packed)]


STRUCTURE: Inputs = {
    "causal": _causal,
    "causal-with-past": _causal_with_past,
    "masks": _masks,
    "masked-rows": _masked_rows,
    "grouped": _grouped,
    "packed": _packed,
    "scale": _scale,
    "softcap": _softcap,
    "blocks": _blocks,
    "cache": _cache,
}
