"""The interface's operations spelled in the names of the Python array API, for any library that has them.

What is under test is the library's own function, so its results are not corrected. Where the standard has no such
function (``gemm``), or leaves the dtype of a result to the library, the spelling here is the adapter's and is as plain
as it can be. This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.spelling import Example, Spelling

_ELEMENTWISE = (
    "add subtract multiply divide remainder floor_divide sqrt reciprocal square positive negative abs sign floor ceil "
    "trunc round maximum minimum clip copysign nextafter where exp expm1 log log1p log2 log10 sin cos tan asin acos "
    "atan sinh cosh tanh asinh acosh atanh pow atan2 hypot logaddexp equal not_equal less less_equal greater "
    "greater_equal isnan isinf isfinite signbit logical_and logical_or logical_xor logical_not bitwise_and bitwise_or "
    "bitwise_xor bitwise_invert bitwise_left_shift bitwise_right_shift"
)
_PAIRWISE = (
    "add subtract multiply divide remainder floor_divide maximum minimum copysign nextafter pow atan2 hypot logaddexp "
    "equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor bitwise_and bitwise_or "
    "bitwise_xor bitwise_left_shift bitwise_right_shift"
)
#: Reductions, called by their own name with ``axis`` and ``keepdims``.
_REDUCTIONS = ("mean", "max", "min", "argmax", "argmin", "any", "all", "count_nonzero")
#: Reductions that are also told the dtype of their result.
_SUMS = ("sum", "prod")


def _elementwise(name: str) -> Spelling:
    def compute(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        return (getattr(xp, name)(*inputs),)

    arity = 3 if name in ("where", "clip") else 2 if name in _PAIRWISE.split() else 1
    return Spelling(compute, Example(((1,),) * arity, ((1,),)), stretches=True)


def _reduction(name: str, *, typed: bool) -> Spelling:
    def compute(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        options = {"axis": attributes.get("axis"), "keepdims": bool(attributes.get("keepdims", False))}
        if typed:
            options["dtype"] = results[0]
        return (getattr(xp, name)(inputs[0], **options),)

    return Spelling(compute, Example(((1,),), ((),)))


def _product(name: str) -> Spelling:
    def compute(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        return (getattr(xp, name)(*widened(xp, inputs, results[0])),)

    shapes, out = (((1, 1), (1, 1)), (1, 1)) if name == "matmul" else (((1,), (1,)), ())
    return Spelling(compute, Example(shapes, (out,)), converts=True)


def _cast(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    return (xp.astype(inputs[0], results[0]),)


def widened(xp: Any, inputs: Sequence[Any], result: Any) -> list[Any]:
    """The operands, in the dtype of the result where that is another: the standard has no product that widens."""
    return [array if array.dtype == result else xp.astype(array, result) for array in inputs]


def _gemm(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    """Compute alpha * (A @ B) + beta * C; as BLAS has it, a factor of zero means that its operands are not read."""
    a, b, c = inputs
    alpha, beta = attributes.get("alpha", 1), attributes.get("beta", 1)
    total = xp.zeros_like(c)
    if alpha != 0:
        a = xp.matrix_transpose(a) if attributes.get("transpose_a", False) else a
        b = xp.matrix_transpose(b) if attributes.get("transpose_b", False) else b
        product = xp.matmul(*widened(xp, (a, b), results[0]))
        total = product if alpha == 1 else alpha * product
    return (total if beta == 0 else total + (c if beta == 1 else beta * c),)


#: Every operation the standard has a function for, and ``gemm``.
OPERATIONS: Mapping[str, Spelling] = {
    **{name: _elementwise(name) for name in _ELEMENTWISE.split()},
    **{name: _reduction(name, typed=name in _SUMS) for name in (*_REDUCTIONS, *_SUMS)},
    **{name: _product(name) for name in ("matmul", "vecdot")},
    "cast": Spelling(_cast, Example(((1,),), ((1,),)), stretches=True),
    "gemm": Spelling(_gemm, Example(((1, 1),) * 3, ((1, 1),)), converts=True),
}
