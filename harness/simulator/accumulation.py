"""Operations that add or multiply along an axis, kept in an accumulator of a given format and rounded once at the end.

A float32, float64 or integer accumulator computes as numpy does, in an order of numpy's choosing; a shorter one takes
one term after another and rounds at each. The bound of an inner product allows every order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.simulator.conversion import Array, convert, widen
from harness.simulator.signatures import axis_of

NAMES = frozenset(["sum", "prod", "mean", "max", "min", "argmax", "argmin", "any", "all", "matmul", "vecdot", "gemm"])

#: Formats numpy adds in; others are added one term at a time.
_WIDE = frozenset(["float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
#: Formats whose products and sums of any length in use here are exact in float64, where BLAS is fast.
_SMALL = frozenset({"int8", "uint8"})


def compute(
    operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], accumulator: str, result: str
) -> Array:
    """A reduction or product of operands in their own dtypes, in the dtype ``result``."""
    if operation == "matmul":
        return convert(_matmul(inputs[0], inputs[1], accumulator), result)
    if operation == "vecdot":
        a, b = np.broadcast_arrays(*inputs)
        return convert(_matmul(a[..., None, :], b[..., :, None], accumulator)[..., 0, 0], result)
    if operation == "gemm":
        return _gemm(inputs, attributes, accumulator, result)
    values = inputs[0]
    axis, keepdims = axis_of(attributes, values.ndim), bool(attributes.get("keepdims", False))
    if operation in ("sum", "prod", "mean"):
        total = _fold(np.multiply if operation == "prod" else np.add, values, axis, keepdims, accumulator)
        if operation == "mean":
            terms = values.size if axis is None else values.shape[axis]
            total = np.divide(widen(total), widen(total).dtype.type(terms))
        return convert(total, result)
    found: Array = np.asarray(getattr(np, operation)(widen(values), axis=axis, keepdims=keepdims))
    return convert(found, result)


def _fold(step: np.ufunc, values: Array, axis: int | None, keepdims: bool, accumulator: str) -> Array:
    """A sum or product along an axis, or over all elements."""
    if accumulator in _WIDE:
        return np.asarray(step.reduce(convert(values, accumulator), axis=axis, keepdims=keepdims, dtype=accumulator))
    terms = values.reshape(-1) if axis is None else np.moveaxis(values, axis, 0)
    total = np.full(terms.shape[1:], 0.0 if step is np.add else 1.0, dtype=np.float32)
    for term in terms:
        total = widen(convert(step(total, widen(term)), accumulator))
    if not keepdims:
        return total
    return np.expand_dims(total, axis) if axis is not None else total.reshape((1,) * values.ndim)


def _matmul(a: Array, b: Array, accumulator: str) -> Array:
    """The product of matrices in the accumulator's format."""
    if a.dtype.name in _SMALL:
        exact = np.asarray(np.matmul(a.astype(np.float64), b.astype(np.float64)))
        return exact.astype(np.int64).astype(accumulator)
    if accumulator in _WIDE:
        # Row by row, so that a row's bits do not depend on how many others there are.
        left, right = convert(a, accumulator), convert(b, accumulator)
        if a.ndim == 1 or b.ndim == 1:
            return np.asarray(np.matmul(left, right))
        return np.asarray(np.matmul(left[..., :, None, :], right[..., None, :, :])[..., 0, :])
    rows = a if a.ndim > 1 else a[None, :]
    columns = b if b.ndim > 1 else b[:, None]
    leading = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    total = np.zeros((*leading, rows.shape[-2], columns.shape[-1]), dtype=np.float64)
    for k in range(rows.shape[-1]):
        product = rows[..., :, k, None].astype(np.float64) * columns[..., None, k, :].astype(np.float64)
        total = convert(total + product, accumulator).astype(np.float64)
    if a.ndim == 1:
        total = total[..., 0, :]
    return total if b.ndim > 1 else total[..., 0]


def _gemm(inputs: Sequence[Array], attributes: Mapping[str, Any], accumulator: str, result: str) -> Array:
    """Compute alpha * A B + beta * C as BLAS has it: with alpha zero A and B are not read, with beta zero C is not."""
    a, b, c = inputs
    a = a.T if attributes.get("transpose_a", False) else a
    b = b.T if attributes.get("transpose_b", False) else b
    alpha, beta = attributes.get("alpha", 1), attributes.get("beta", 1)
    wide = widen(np.empty(0, dtype=numpy_dtype(accumulator))).dtype
    total = np.zeros(c.shape, dtype=wide)
    if alpha != 0:
        total = wide.type(alpha) * _matmul(a, b, accumulator).astype(wide)
    if beta != 0:
        total = total + wide.type(beta) * widen(c).astype(wide)
    return convert(total, result)
