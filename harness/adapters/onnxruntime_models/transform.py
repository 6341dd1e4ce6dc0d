"""Fourier transforms by ONNX's DFT, in which a complex number is the last axis, of length two.

It has one scaling only, ``backward``. This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.adapters.onnxruntime_models.node import Launch, Node, Spelled
from harness.device.protocol import UNSUPPORTED, DeviceError


def _as_parts(x: Any) -> Any:
    """Complex numbers as pairs of their parts, real ones as parts alone."""
    if x.dtype.kind != "c":
        return x[..., np.newaxis]
    dense = np.ascontiguousarray(x)
    return dense.view(_part(x.dtype)).reshape((*x.shape, 2))


def _part(dtype: Any) -> Any:
    """The dtype of a complex number's parts."""
    return np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype


def _dft(*, inverse: int, onesided: int) -> Spelled:
    def node(launch: Launch) -> Node:
        x, result = launch.inputs[0], launch.results[0]
        if launch.attributes.get("norm", "backward") != "backward":
            raise DeviceError(UNSUPPORTED, "DFT scales the inverse only")
        axis, length = launch.attributes.get("axis", -1), launch.attributes.get("n")
        if length is None:
            length = 2 * (x.shape[axis] - 1) if inverse and onesided else x.shape[axis]
        operands = [_as_parts(x), np.array(length, np.int64), np.array(axis % x.ndim, np.int64)]

        def arranged(found: Sequence[Any]) -> Sequence[Any]:
            return [np.ascontiguousarray(found[0]).view(result)[..., 0]]

        return Node("DFT", operands, {"inverse": inverse, "onesided": onesided}, (_part(result),), arranged)

    return node


TABLE: Mapping[str, Spelled] = {
    "fft": _dft(inverse=0, onesided=0),
    "ifft": _dft(inverse=1, onesided=0),
    "rfft": _dft(inverse=0, onesided=1),
    "irfft": _dft(inverse=1, onesided=1),
}
