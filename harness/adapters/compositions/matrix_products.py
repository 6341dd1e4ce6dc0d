"""Products of ONNX, of batches and of 8-bit operands, composed of an array library's own product.

Operands shorter than the format of long sums are widened first and the result is rounded once. This file travels to
the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.spelling import Example, Spelling

#: Formats that are widened to float32 before anything is computed with them.
_SHORT = ("float16", "bfloat16", "float8_e4m3fn", "float8_e5m2")


def widened(xp: Any, values: Any) -> Any:
    """An operand in float32 where its own format is shorter."""
    return xp.astype(values, xp.float32) if str(values.dtype).split(".")[-1] in _SHORT else values


def _matmul(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    return (xp.matmul(widened(xp, inputs[0]), widened(xp, inputs[1])),)


def _gemm(flags: Sequence[str], blas: bool) -> Any:
    """Compute alpha A B + beta C; BLAS does not read what is multiplied with zero."""

    def compute(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        a, b = (
            xp.matrix_transpose(operand) if attributes.get(flag, False) else operand
            for operand, flag in zip(inputs, flags)
        )
        a, b = widened(xp, a), widened(xp, b)
        alpha, beta = attributes.get("alpha", 1), attributes.get("beta", 1)
        if blas and alpha == 0:
            total = xp.zeros_like(widened(xp, inputs[2]))
        else:
            product = xp.matmul(a, b)
            total = product if alpha == 1 else alpha * product
        if len(inputs) > 2 and not (blas and beta == 0):
            c = widened(xp, inputs[2])
            total = total + (c if beta == 1 else beta * c)
        return (total,)

    return compute


def _matmul_integer(
    xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]
) -> Sequence[Any]:
    sides = []
    for index in (0, 1):
        side = xp.astype(inputs[index], xp.int32)
        if len(inputs) > 2 + index:
            zero = xp.astype(inputs[2 + index], xp.int32)
            along_rows = index == 0 and zero.ndim == 1 and zero.shape[0] > 1
            side = side - (zero[:, None] if along_rows else zero)
        sides.append(side)
    return (xp.matmul(*sides),)


def _scaled_mm(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    a, b, scale_a, scale_b = inputs
    return (xp.matmul(widened(xp, a), widened(xp, b)) * scale_a * scale_b,)


_MATRICES = ((1, 1), (1, 1), (1, 1))
_STACKS = ((1, 1, 1),) * 3
_FLAGS = ("transpose_a", "transpose_b")
_LINES = ((1, 1), (1, 1), (), ())

#: Each of them, by its name.
OPERATIONS: Mapping[str, Spelling] = {
    "MatMul": Spelling(_matmul, Example(_MATRICES[:2], ((1, 1),)), converts=True),
    "Gemm": Spelling(_gemm(("transA", "transB"), blas=False), Example(_MATRICES, ((1, 1),)), least=2, converts=True),
    "gemm_batched": Spelling(_gemm(_FLAGS, blas=True), Example(_STACKS, ((1, 1, 1),)), converts=True),
    "gemm_strided_batched": Spelling(_gemm(_FLAGS, blas=True), Example(_STACKS, ((1, 1, 1),)), converts=True),
    "MatMulInteger": Spelling(_matmul_integer, Example(_LINES, ((1, 1),)), least=2),
    "scaled_mm": Spelling(_scaled_mm, Example(_LINES, ((1, 1),)), converts=True),
}
