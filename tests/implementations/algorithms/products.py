"""Products of matrices cut along their depth, and what is made of them: gemm, convolution, gemv."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from harness.simulator.composed.windows import slide
from tests.implementations.algorithms.machine import Algorithm, Array, Attributes, Machine, filled, narrow, wide

#: Multiplies whole matrices, into a dtype.
Multiply = Callable[[Array, Array, str], Array]
#: Multiplies them in parts: machine, how to multiply, the matrices, and the dtype of the result.
Cut = Callable[[Machine, Multiply, Array, Array, str], Array]


def uncut(machine: Machine, multiply: Multiply, a: Array, b: Array, result: str) -> Array:
    """The whole depth at once."""
    return multiply(a, b, result)


def blocks(length: int, machine: Machine, multiply: Multiply, a: Array, b: Array, result: str) -> Array:
    """Blocks of the depth one after another, each added to the sum so far."""
    return _together(machine, multiply, a, b, result, _starts(a.shape[-1], length), tree=False)


def split(parts: int, machine: Machine, multiply: Multiply, a: Array, b: Array, result: str) -> Array:
    """The depth in parts of like length, which are added in a tree when all are there."""
    length = -(-max(a.shape[-1], 1) // parts)
    return _together(machine, multiply, a, b, result, _starts(a.shape[-1], length), tree=True)


def backwards(machine: Machine, multiply: Multiply, a: Array, b: Array, result: str) -> Array:
    """The depth from its end."""
    return multiply(a[..., ::-1], b[::-1] if b.ndim == 1 else b[..., ::-1, :], result)


def _starts(depth: int, length: int) -> list[slice]:
    return [slice(start, start + length) for start in range(0, depth, length)] or [slice(0, 0)]


def _together(
    machine: Machine, multiply: Multiply, a: Array, b: Array, result: str, parts: Sequence[slice], *, tree: bool
) -> Array:
    if a.dtype.kind in "iu" or len(parts) == 1:
        return multiply(a, b, result)
    kept = machine.working(a.dtype.name)
    found = [multiply(a[..., part], b[part] if b.ndim == 1 else b[..., part, :], kept) for part in parts]
    if not tree:
        total = found[0]
        for one in found[1:]:
            total = machine.step("add", total, one)
        return machine.step("cast", total, result=result)
    while len(found) > 1:
        half = (len(found) + 1) // 2
        found = [
            machine.step("add", one, found[half + place]) if half + place < len(found) else one
            for place, one in enumerate(found[:half])
        ]
    return machine.step("cast", found[0], result=result)


def _matmul(
    machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    return (machine.product("matmul", operands[0], operands[1], results[0]),)


def _gemm(
    scales_a: bool, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    """The product, times alpha, plus beta C; or A times alpha first, where the format inside is A's own."""
    a, b, c = operands
    a = a.T if attributes.get("transpose_a", False) else a
    b = b.T if attributes.get("transpose_b", False) else b
    alpha, beta = float(attributes.get("alpha", 1)), float(attributes.get("beta", 1))
    kept = machine.working(a.dtype.name)
    before = scales_a and kept == a.dtype.name
    if alpha == 0:
        total = np.zeros(c.shape).astype(kept)
    elif before:
        total = machine.product("gemm", machine.step("multiply", a, filled(alpha, a)), b, kept)
    else:
        total = machine.product("gemm", a, b, kept)
        total = machine.step("multiply", total, filled(alpha, total))
    if beta != 0:
        added = wide(machine, c) if c.dtype.name != kept else c
        total = machine.step("add", total, machine.step("multiply", added, filled(beta, added)))
    return narrow(machine, total, results)


def gemms(*, scales_a: bool) -> Mapping[str, Algorithm]:
    """Inner products that go through cut products."""
    return {"matmul": _matmul, "gemm": partial(_gemm, scales_a)}


def _convolution(
    channels: int, machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    """For each place of the kernel and each block of channels a product, all of them added up."""
    x, w, *bias = operands
    sliding, group = slide(x.shape[2:], w.shape[2:], attributes), attributes.get("group", 1)
    kept, images, per_group = machine.working(x.dtype.name), x.shape[0], w.shape[1]
    features, windows = w.shape[0] // group, int(np.prod(sliding.counts))
    total = np.zeros((group, images * windows, features)).astype(kept)
    kernels = w.reshape(group, features, per_group, -1)
    begun = False
    for place, held in enumerate(sliding.slices(x, 0)):
        seen = held.reshape(images, group, per_group, windows).transpose(1, 0, 3, 2).reshape(group, -1, per_group)
        for start in range(0, per_group, channels):
            part = slice(start, start + channels)
            one = machine.product("Conv", seen[..., part], kernels[:, :, part, place].swapaxes(1, 2), kept)
            total, begun = machine.step("add", total, one) if begun else one, True
    found = total.reshape(group, images, windows, features).transpose(1, 0, 3, 2)
    found = found.reshape(images, w.shape[0], *sliding.counts)
    if bias:
        added = wide(machine, bias[0]).reshape(-1, *(1,) * len(sliding.counts))
        found = machine.step("add", found, np.broadcast_to(added, found.shape))
    return narrow(machine, found, results)


def convolutions(channels: int) -> Mapping[str, Algorithm]:
    """Convolution without a matrix of windows: place by place, so many channels at a time."""
    return {"Conv": partial(_convolution, channels)}
