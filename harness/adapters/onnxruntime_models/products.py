"""Products of the array API and of BLAS that are one node of ONNX.

Gemm of ONNX reads what is multiplied with zero, as BLAS does not. This file travels to the far side of a place: Python
3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.adapters.onnxruntime_models.node import Launch, Node, Spelled, same
from harness.device.protocol import UNSUPPORTED, DeviceError


def _vecdot(launch: Launch) -> Node:
    """Einsum stretches axes, and wants as many of them on either side."""
    rank = max(x.ndim for x in launch.inputs)
    operands = [x.reshape((1,) * (rank - x.ndim) + x.shape) for x in launch.inputs]
    return Node("Einsum", operands, {"equation": "...i,...i->..."})


def _gemm(launch: Launch) -> Node:
    given = dict(launch.attributes)
    flags = {"transA": given.pop("transpose_a", False), "transB": given.pop("transpose_b", False)}
    return Node("Gemm", launch.inputs, {**given, **flags})


def _gemv(launch: Launch) -> Node:
    """A product with a matrix of one column; of real numbers, which ONNX has alone, C is T."""
    a, x, y = launch.inputs
    if a.dtype.kind == "c":  # whose factors, pairs of parts, are no attributes of Gemm either
        raise DeviceError(UNSUPPORTED, "Gemm has no complex numbers")
    given = dict(launch.attributes)
    turned = given.pop("trans", "N") != "N"
    operands = [a, x.reshape(-1, 1), y.reshape(-1, 1)]
    return Node("Gemm", operands, {**given, "transA": turned}, arranged=lambda found: [found[0].reshape(-1)])


def _norm(launch: Launch) -> Node:
    return Node("ReduceL2", [launch.inputs[0], np.array([0], np.int64)], {"keepdims": 0})


TABLE: Mapping[str, Spelled] = {
    "matmul": same("MatMul"),
    "dot": same("MatMul"),
    "vecdot": _vecdot,
    "gemm": _gemm,
    "gemv": _gemv,
    "nrm2": _norm,
}
