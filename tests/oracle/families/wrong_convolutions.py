"""Convolutions and pools with one fault each, for devices that are honest otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.simulator.conversion import Array
from tests.oracle.families.wrong_devices import Fault, Honest


def turned_round(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """Kernels turned round, as mathematics has it."""
    x, w, *bias = operands
    return honest([x, np.flip(w, axis=tuple(range(2, w.ndim))), *bias])


def pads_swapped(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """Pads behind taken for those before."""
    pads = attributes.get("pads", [])
    half = len(pads) // 2
    return honest(pads=[*pads[half:], *pads[:half]] or None)


def same_swapped(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """The odd pad on the other side."""
    other = {"SAME_UPPER": "SAME_LOWER", "SAME_LOWER": "SAME_UPPER"}
    auto = attributes.get("auto_pad")
    return honest(auto_pad=other.get(auto, auto))


def dropped(name: str) -> Fault:
    """An attribute is not read: what is computed without it is cut to the length of the result."""

    def fault(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
        right, wrong = honest()[0], honest(**{name: None})[0]
        return [wrong[tuple(slice(0, length) for length in right.shape)]]

    return fault


def groups_interleaved(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """Channels dealt to the groups in turn."""
    x, w, *bias = operands
    group = attributes.get("group", 1)
    order = np.arange(x.shape[1]).reshape(-1, group).T.reshape(-1)
    return honest([x[:, order], w, *bias])


def bias_twice(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """The bias of each part of a sum split in two."""
    return honest([*operands[:2], *(2 * bias for bias in operands[2:])])


def added_narrow(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """Channels of a single group added in the result's own type."""
    x, w, *bias = operands
    if attributes.get("group", 1) != 1:
        return honest()
    parts = [honest([x[:, c : c + 1], w[:, c : c + 1]])[0] for c in range(x.shape[1])]
    total = np.zeros_like(parts[0])
    for part in parts:
        total = total + part
    return [total + bias[0].reshape(-1, *(1,) * (x.ndim - 2)) if bias else total]


def transformed(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """Kernels of three by three by Winograd's F(2, 3) along the last axis, in the arithmetic of float32."""
    x, w, *bias = operands
    if w.shape[2:] != (3, 3) or any(name in attributes for name in ("strides", "dilations", "group", "pads")):
        return honest()
    x, w = x.astype(np.float32), w.astype(np.float32)
    rows, columns = x.shape[2] - 2, x.shape[3] - 2
    wide = np.pad(x, ((0, 0), (0, 0), (0, 0), (0, columns % 2)))
    found = np.zeros((x.shape[0], w.shape[0], rows, columns + columns % 2), np.float32)
    half = np.float32(0.5)
    for left in range(0, columns, 2):
        for top in range(3):
            d = [wide[:, None, :, top : top + rows, left + i] for i in range(4)]
            g = [w[None, :, :, top, i, None] for i in range(3)]
            both, apart = (g[0] + g[1] + g[2]) * half, (g[0] - g[1] + g[2]) * half
            m = [(d[0] - d[2]) * g[0], (d[1] + d[2]) * both, (d[2] - d[1]) * apart, (d[1] - d[3]) * g[2]]
            m = [part.sum(axis=2) for part in m]
            found[..., left] += m[0] + m[1] + m[2]
            found[..., left + 1] += m[1] - m[2] - m[3]
    added = bias[0].astype(np.float32).reshape(-1, 1, 1) if bias else np.float32(0)
    return [(found[..., :columns] + added).astype(results[0])]


def by_fourier(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """Kernels of three by three by a Fourier transform along the last axis, in the arithmetic of float32."""
    x, w, *bias = operands
    if w.shape[2:] != (3, 3) or any(name in attributes for name in ("strides", "dilations", "group", "pads")):
        return honest()
    rows, columns = x.shape[2] - 2, x.shape[3] - 2
    length = x.shape[3] + 2
    xf = np.fft.rfft(x.astype(np.float32), length).astype(np.complex64)
    wf = np.fft.rfft(w.astype(np.float32)[..., ::-1], length).astype(np.complex64)
    product = sum(np.einsum("nchf,mcf->nmhf", xf[:, :, top : top + rows], wf[:, :, top]) for top in range(3))
    found = np.fft.irfft(product, length)[..., 2 : 2 + columns].astype(np.float32)
    added = bias[0].astype(np.float32).reshape(-1, 1, 1) if bias else np.float32(0)
    return [(found + added).astype(results[0])]


def from_zero(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """Maxima that start from zero."""
    return [np.maximum(found, np.zeros_like(found)) for found in honest()]


def pads_counted(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """Averages divided by the size of the kernel."""
    return honest(count_include_pad=1)


def pads_not_counted(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """Averages divided by the elements, whatever is asked for."""
    return honest(count_include_pad=0)


def nan_dropped(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """NaN taken for zero."""
    return honest([np.where(np.isnan(operand), 0, operand).astype(operand.dtype) for operand in operands])


def last_left(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """The last row of the last image holds what the first has."""
    found = [part.copy() for part in honest()]
    for part in found:
        if part.size:
            part[-1, -1, -1] = part[0, 0, 0]
    return found
