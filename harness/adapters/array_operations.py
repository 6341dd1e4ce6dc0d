"""The interface's operations spelled in the names of the Python array API, for any library that has them.

What is under test is the library's own function, so its results are not corrected. Where the standard has no such
function (``gemm``), or leaves the dtype of a result to the library, the spelling here is the adapter's and is as plain
as it can be. This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.device.protocol import UNSUPPORTED, DeviceError

_ELEMENTWISE = (
    "add subtract multiply divide sqrt reciprocal square negative abs sign floor ceil trunc round maximum minimum "
    "where exp expm1 log log1p log2 tanh sin cos equal not_equal less less_equal greater greater_equal isnan isinf "
    "isfinite signbit logical_and logical_or logical_xor logical_not bitwise_and bitwise_or bitwise_xor "
    "bitwise_invert"
)
#: Functions of each element, called by their own name.
ELEMENTWISE = frozenset(_ELEMENTWISE.split())
#: Reductions, called by their own name with ``axis`` and ``keepdims``.
REDUCTIONS = frozenset(("mean", "max", "min", "argmax", "argmin", "any", "all"))
#: Reductions that are also told the dtype of their result.
SUMS = frozenset(("sum", "prod"))
#: Products of two operands, which are widened first where the result is wider.
PRODUCTS = frozenset(("matmul", "vecdot"))

NAMES = ELEMENTWISE | REDUCTIONS | SUMS | PRODUCTS | {"gemm", "cast"}

_PAIRWISE = (
    "add subtract multiply divide maximum minimum equal not_equal less less_equal greater greater_equal logical_and "
    "logical_or logical_xor bitwise_and bitwise_or bitwise_xor"
)
_OF_TWO = PRODUCTS | frozenset(_PAIRWISE.split())
_OF_THREE = frozenset(("where", "gemm"))


def arity(operation: str) -> int:
    """How many operands an operation of ``NAMES`` has."""
    return 3 if operation in _OF_THREE else 2 if operation in _OF_TWO else 1


def compute(xp: Any, operation: str, inputs: Sequence[Any], attributes: Mapping[str, Any], result: Any) -> Any:
    """An operation in the array namespace ``xp``, whose result should have the namespace's dtype ``result``.

    Raises ``DeviceError`` (unsupported) where the namespace has no such function; whatever the library itself raises
    goes through unchanged.
    """
    if operation == "cast":
        return xp.astype(inputs[0], result)
    if operation == "gemm":
        return _gemm(xp, inputs, attributes, result)
    function: Callable[..., Any] | None = getattr(xp, operation, None) if operation in NAMES else None
    if function is None:
        raise DeviceError(UNSUPPORTED, f"{xp.__name__} has no {operation}")
    if operation in ELEMENTWISE:
        return function(*inputs)
    if operation in PRODUCTS:
        return function(*_widened(xp, inputs, result))
    options = {"axis": attributes.get("axis"), "keepdims": bool(attributes.get("keepdims", False))}
    if operation in SUMS:
        options["dtype"] = result
    return function(inputs[0], **options)


def _widened(xp: Any, inputs: Sequence[Any], result: Any) -> list[Any]:
    """The operands, in the dtype of the result where that is another: the standard has no product that widens."""
    return [array if array.dtype == result else xp.astype(array, result) for array in inputs]


def _gemm(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], result: Any) -> Any:
    """Compute alpha * (A @ B) + beta * C; as BLAS has it, a factor of zero means that its operands are not read."""
    a, b, c = inputs
    alpha, beta = attributes.get("alpha", 1), attributes.get("beta", 1)
    total = xp.zeros_like(c)
    if alpha != 0:
        a = xp.matrix_transpose(a) if attributes.get("transpose_a", False) else a
        b = xp.matrix_transpose(b) if attributes.get("transpose_b", False) else b
        product = xp.matmul(*_widened(xp, (a, b), result))
        total = product if alpha == 1 else alpha * product
    return total if beta == 0 else total + (c if beta == 1 else beta * c)
