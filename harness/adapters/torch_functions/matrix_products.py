"""Products of ONNX, of batches and of 8-bit operands in torch's own functions.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from harness.adapters.compositions import matrix_products
from harness.adapters.spelling import Example, Spelling


def _matmul(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    return (torch.matmul(*_of(results[0], inputs)),)


def _of(dtype: Any, inputs: Sequence[Any]) -> Sequence[Any]:
    """Operands in the dtype of the result: torch has no product that widens."""
    return [array if array.dtype == dtype else array.to(dtype) for array in inputs]


def _gemm(name: str, flags: Sequence[str]) -> Any:
    """Use ``addmm`` or ``baddbmm``, which do not read C where beta is zero; of alpha torch promises no such thing."""

    def compute(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        a, b = (
            operand.mT if attributes.get(flag, False) else operand
            for operand, flag in zip(_of(results[0], inputs[:2]), flags)
        )
        alpha, beta = attributes.get("alpha", 1), attributes.get("beta", 1)
        if alpha == 0 and name == "baddbmm":
            return (beta * inputs[2] if beta != 0 else torch.zeros_like(inputs[2]),)
        if len(inputs) > 2:
            return (getattr(torch, name)(inputs[2], a, b, alpha=alpha, beta=beta),)
        product = torch.matmul(a, b)
        return (product if alpha == 1 else alpha * product,)

    return compute


def _scaled_mm(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    a, b, scale_a, scale_b = inputs
    # The function takes A by rows and B by columns.
    left, right = a.contiguous(), b.t().contiguous().t()
    function = getattr(torch, "_scaled_mm")  # noqa: B009  # its public name is younger than most installations
    return (function(left, right, scale_a.contiguous(), scale_b.contiguous(), out_dtype=results[0]),)


_FLAGS = ("transpose_a", "transpose_b")
_MATRICES = ((1, 1), (1, 1), (1, 1))
_STACK = (1, 1, 1)

#: Each of them, by its name.
OPERATIONS: Mapping[str, Spelling] = {
    "MatMul": Spelling(_matmul, Example(_MATRICES[:2], ((1, 1),))),
    "Gemm": Spelling(_gemm("addmm", ("transA", "transB")), Example(_MATRICES, ((1, 1),)), least=2),
    "gemm_batched": Spelling(_gemm("baddbmm", _FLAGS), Example((_STACK,) * 3, (_STACK,))),
    "gemm_strided_batched": Spelling(_gemm("baddbmm", _FLAGS), Example((_STACK,) * 3, (_STACK,))),
    "MatMulInteger": matrix_products.OPERATIONS["MatMulInteger"],
    "scaled_mm": Spelling(_scaled_mm, Example(((16, 16), (16, 16), (), ()), ((16, 16),))),
}
