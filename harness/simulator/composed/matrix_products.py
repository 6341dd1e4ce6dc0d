"""MatMul and Gemm of ONNX, and gemm of batches: products of matrices by the unit that serves each, then C."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.simulator import signatures
from harness.simulator.composed.units import Composed, Units
from harness.simulator.conversion import Array
from harness.simulator.signatures import FLOATS, Shape, Signature

#: Where a sum of products may be wider than its operands.
_WIDER = {("float16", "float32"), ("bfloat16", "float32")}


def _types(operands: Sequence[str], results: Sequence[str]) -> bool:
    """A and B of one dtype, the result of theirs or wider, C of the result's."""
    first, out = operands[0], results[0]
    fits = first in FLOATS and operands[1] == first and (out == first or (first, out) in _WIDER)
    return fits and all(dtype == out for dtype in operands[2:])


def _shapes_of_matmul(shapes: Sequence[Shape], attributes: Mapping[str, Any], outs: Sequence[Shape]) -> Sequence[Shape]:
    return signatures.find("matmul").shapes(shapes, attributes, outs)


def _shapes_of_gemm(
    rank: int,
    flags: tuple[str, str],
    shapes: Sequence[Shape],
    attributes: Mapping[str, Any],
    outs: Sequence[Shape],
) -> Sequence[Shape]:
    if any(len(shape) != rank for shape in shapes[:2]):
        raise DeviceError(INVALID_VALUE, f"A and B of rank {rank}, not {shapes[:2]}")
    a, b = (
        (*shape[:-2], shape[-1], shape[-2]) if _flag(attributes, flag) else tuple(shape)
        for shape, flag in zip(shapes[:2], flags, strict=True)
    )
    out = (*a[:-1], b[-1])
    if a[-1] != b[-2] or a[:-2] != b[:-2]:
        raise DeviceError(INVALID_VALUE, f"no product of {a} and {b}")
    for shape in shapes[2:]:
        stretches = rank == 2 and len(shape) <= 2
        stretches = stretches and all(n in (1, m) for n, m in zip(reversed(shape), reversed(out), strict=False))
        if tuple(shape) != out and not stretches:
            raise DeviceError(INVALID_VALUE, f"C of {shape} beside a product of {out}")
    for name in ("alpha", "beta"):
        value = attributes.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise DeviceError(INVALID_VALUE, f"{name} is {str(value)[:40]}, not a number")
    return (out,)


def _flag(attributes: Mapping[str, Any], name: str) -> bool:
    value = attributes.get(name, False)
    if value not in (0, 1):
        raise DeviceError(INVALID_VALUE, f"{name} is {str(value)[:40]}, neither true nor false")
    return bool(value)


def _matmul(
    units: Units, operands: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
) -> Sequence[Array]:
    return (units.product("MatMul", operands[0], operands[1], results[0]),)


def _gemm(
    name: str,
    flags: tuple[str, str],
    reads_always: bool,
    units: Units,
    operands: Sequence[Array],
    attributes: Mapping[str, Any],
    results: Sequence[str],
) -> Sequence[Array]:
    """Compute alpha A B + beta C in the format of long sums, rounded once; BLAS does not read what a zero drops."""
    a, b = (
        np.swapaxes(operand, -1, -2) if attributes.get(flag, False) else operand
        for operand, flag in zip(operands, flags, strict=False)
    )
    working = units.working(a.dtype.name)
    alpha, beta = float(attributes.get("alpha", 1)), float(attributes.get("beta", 1))
    shape = (*a.shape[:-1], b.shape[-1])
    total = np.zeros(shape, numpy_dtype(working))
    if alpha != 0 or reads_always:
        total = _times(units, units.product(name, a, b, working), alpha)
    if len(operands) > 2 and (beta != 0 or reads_always):
        c = np.broadcast_to(operands[2], shape)
        added = _times(units, units.step("cast", c, result=working), beta)
        total = units.step("add", total, added)
    return (units.step("cast", total, result=results[0]),)


def _times(units: Units, values: Array, factor: float) -> Array:
    if factor == 1:
        return values
    return units.step("multiply", values, np.full(values.shape, factor).astype(values.dtype))


def _blas(name: str, rank: int, flags: tuple[str, str], least: int, *, reads_always: bool) -> Composed:
    shapes: Callable[..., Sequence[Shape]] = partial(_shapes_of_gemm, rank, flags)
    attributes = frozenset({"alpha", "beta", *flags})
    return Composed(Signature(least, 3, _types, shapes, attributes), partial(_gemm, name, flags, reads_always))


_FLAGS = ("transpose_a", "transpose_b")

OPERATIONS: Mapping[str, Composed] = {
    "MatMul": Composed(Signature(2, 2, _types, _shapes_of_matmul), _matmul),
    "Gemm": _blas("Gemm", 2, ("transA", "transB"), 2, reads_always=True),
    "gemm_batched": _blas("gemm_batched", 3, _FLAGS, 3, reads_always=False),
    "gemm_strided_batched": _blas("gemm_strided_batched", 3, _FLAGS, 3, reads_always=False),
}
