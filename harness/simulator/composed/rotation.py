"""Rotary embedding as a product's vector units carry it out: four multiplications and two sums for each pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.simulator.composed.units import Composed, Units
from harness.simulator.conversion import Array
from harness.simulator.signatures import FLOATS, Shape, Signature

_ATTRIBUTES = frozenset({"interleaved", "num_heads", "rotary_embedding_dim"})


def _types(operands: Sequence[str], results: Sequence[str]) -> bool:
    first = operands[0]
    return first in FLOATS and {*operands[:3], *results} == {first} and all(t == "int64" for t in operands[3:])


def _sizes(x: Shape, attributes: Mapping[str, Any]) -> tuple[int, int, int, int, int]:
    """Batch, heads, length, size of a head, and how many of its channels are turned."""
    if len(x) == 4:
        batch, heads, length, size = x
    else:
        _demand(len(x) == 3, f"X of shape {x}")
        heads = attributes.get("num_heads", 0)
        _demand(isinstance(heads, int) and heads > 0 and x[2] % heads == 0, f"{heads!r} heads in {x}")
        batch, length, size = x[0], x[1], x[2] // heads
    turned = attributes.get("rotary_embedding_dim", 0)
    _demand(isinstance(turned, int) and 0 <= turned <= size, f"{turned!r} channels of {size} turned")
    turned = turned or size
    _demand(turned % 2 == 0, f"{turned} channels turned, which is odd")
    return batch, heads, length, size, turned


def _shapes(found: Sequence[Shape], attributes: Mapping[str, Any], outs: Sequence[Shape]) -> Sequence[Shape]:
    batch, _, length, _, turned = _sizes(found[0], attributes)
    cos, sin = tuple(found[1]), tuple(found[2])
    _demand(attributes.get("interleaved", 0) in (0, 1), "interleaved neither 0 nor 1")
    _demand(cos == sin, f"caches of {cos} and {sin}")
    if len(found) > 3:
        _demand(len(cos) == 2 and cos[1] == turned // 2, f"a cache of {cos} for {turned} channels and positions")
        _demand(tuple(found[3]) == (batch, length), f"positions of {found[3]}")
    else:
        _demand(cos == (batch, length, turned // 2), f"a cache of {cos} without positions")
    return (tuple(found[0]),)


def _demand(holds: bool, said: str) -> None:
    if not holds:
        raise DeviceError(INVALID_VALUE, f"a rotary embedding of {said}")


def _compute(
    units: Units, inputs: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    x = inputs[0]
    batch, heads, length, size, turned = _sizes(x.shape, attributes)
    cos, sin = inputs[1], inputs[2]
    if len(inputs) > 3:
        positions = inputs[3]
        if positions.size and not 0 <= positions.min() <= positions.max() < cos.shape[0]:
            raise DeviceError(INVALID_VALUE, f"a position outside the {cos.shape[0]} rows of the caches")
        cos, sin = cos[positions], sin[positions]
    working = units.working(x.dtype.name)
    cos, sin = (units.step("cast", cache, result=working)[:, :, None] for cache in (cos, sin))
    tokens = np.swapaxes(x, 1, 2) if x.ndim == 4 else x.reshape(batch, length, heads, size)
    first, second = (
        (slice(0, turned, 2), slice(1, turned, 2))
        if attributes.get("interleaved", 0)
        else (slice(0, turned // 2), slice(turned // 2, turned))
    )
    a, b = (units.step("cast", tokens[..., part], result=working) for part in (first, second))
    cos, sin = np.broadcast_to(cos, a.shape), np.broadcast_to(sin, a.shape)
    real = units.step("subtract", units.step("multiply", cos, a), units.step("multiply", sin, b))
    imaginary = units.step("add", units.step("multiply", sin, a), units.step("multiply", cos, b))
    out = tokens.copy()
    out[..., first] = units.step("cast", real, result=results[0])
    out[..., second] = units.step("cast", imaginary, result=results[0])
    return (np.swapaxes(out, 1, 2) if x.ndim == 4 else out.reshape(x.shape),)


OPERATIONS: Mapping[str, Composed] = {
    "RotaryEmbedding": Composed(Signature(3, 4, _types, _shapes, _ATTRIBUTES), _compute),
}
