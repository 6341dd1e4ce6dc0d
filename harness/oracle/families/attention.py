"""Attention: softmax(scale Q K' + bias) V of batches of heads, with and without a cache of keys and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.oracle.bounds.attention import attention_bound
from harness.oracle.definition import Definition, Size
from harness.oracle.draw import Draw
from harness.oracle.formats import round_to
from harness.oracle.inputs.attention import INPUTS
from harness.oracle.inputs.attention_operands import arranged, drawn, has_cache, some_hidden
from harness.oracle.problem import Array, Wanted, exactly, within
from harness.oracle.reference.attention import attend, laid_out
from harness.oracle.task import Task


def solve(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any], exact: bool) -> tuple[Wanted, ...]:
    """The attention within its bound, and the cache bit for bit."""
    found = attend(operands, attributes)
    out = task.types.out
    result = laid_out(found.result, operands)
    if exact:
        wanted = exactly(out, round_to(result, out))
    else:
        wanted = within(out, result, laid_out(attention_bound(task.held_to, found), operands))
    if len(task.types.outs) == 1:
        return (wanted,)
    present = [
        exactly(dtype, np.concatenate([past, _by_heads(new, past)], axis=2))
        for dtype, past, new in zip(task.types.outs[1:], operands[4:6], operands[1:3], strict=True)
    ]
    return (wanted, *present)


def _by_heads(new: Array, past: Array) -> Array:
    """New keys or values as the cache has them."""
    if new.ndim == 4:
        return new
    return np.swapaxes(new.reshape(*new.shape[:2], past.shape[1], past.shape[3]), 1, 2)


#: Heads are swept up to here: beyond, their number is that of batches.
_MOST_HEADS = 65


def _size(task: Task) -> Size:
    return 2, 6, 3, 5, 7, 6, 5


def _draw(task: Task, draw: Draw, size: Size) -> tuple[Sequence[Array], Mapping[str, Any]]:
    q, k, v = drawn(task, draw, size)
    return arranged(task, q, k, v, some_hidden(draw, (size[3], size[4])))


def _sweep(task: Task, length: int) -> Sequence[Size]:
    """Each dimension in turn, the others small; with a cache, those of the cache and the queries."""
    cached = (
        (length, 1, 1, 1, 3, 2, 2),
        (1, 1, 1, length, 3, 2, 2),
        (1, 2, 1, 2, length, 2, 3),
        (1, 1, 1, 2, 3, length, 2),
    )
    if has_cache(task):
        return cached
    heads = (1, length, 1, 1, 3, 2, 2), (1, length, length, 1, 2, 2, 1)
    return (*cached, (1, 1, 1, 2, 3, 2, length), *(heads if length <= _MOST_HEADS else ()))


def _empty(task: Task) -> Sequence[Size]:
    """No batches, and no queries."""
    return (0, 2, 2, 3, 4, 4, 4), (2, 2, 2, 0, 4, 4, 4)


def axes(task: Task, operands: Sequence[Array], attributes: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    """Batches, heads and queries can be cut, keys where there is no cache, channels where heads lie apart."""
    keys = "key" if len(operands) < 5 else ""
    apart = operands[0].ndim == 4
    heads = "head" if apart and operands[0].shape[1] == operands[1].shape[1] else ""
    names = [["batch", "query", ""], ["batch", keys, ""], ["batch", keys, ""]]
    if apart:
        size, channel = ("size", "channel") if len(operands) < 5 else ("", "")
        names = [["batch", heads, "query", size], ["batch", heads, keys, size], ["batch", heads, keys, channel]]
    if len(operands) > 3:
        mask = operands[3]
        own = ["batch", heads, "query", keys][-mask.ndim :] if mask.ndim else []
        names.append([name if length > 1 else "" for name, length in zip(own, mask.shape, strict=True)])
    # Heads of the cache are those of keys and values that lie side by side.
    return [*names, *([["batch", heads, "", ""]] * max(len(operands) - 4, 0))]


DEFINITION = Definition(
    size=_size,
    draw=_draw,
    solve=solve,
    sweep=_sweep,
    plainly_exact=lambda task: False,
    inputs=INPUTS,
    empty=_empty,
    axes=axes,
    fixed=lambda task: (3,),
    divisible=False,
)
