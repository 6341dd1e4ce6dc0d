"""BLAS put together from functions of the Python array API; a factor of zero means that its operands are not read.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from harness.adapters.spelling import Example, Spelling

Operands = Sequence[Any]
Attributes = Mapping[str, Any]


def factor(attributes: Attributes, name: str) -> Any:
    """A factor, 1 where it is left out; a pair is a complex number's parts."""
    value = attributes.get(name, 1)
    return complex(*value) if isinstance(value, (list, tuple)) else value


def stored(xp: Any, a: Any, trans: str) -> Any:
    """A matrix as it is stored, transposed, or transposed and conjugated."""
    if trans == "N":
        return a
    turned = xp.matrix_transpose(a)
    return xp.conj(turned) if trans == "C" and xp.isdtype(a.dtype, "complex floating") else turned


def _axpy(xp: Any, inputs: Operands, attributes: Attributes, results: Sequence[Any]) -> Sequence[Any]:
    x, y = inputs
    alpha = factor(attributes, "alpha")
    return (y if alpha == 0 else alpha * x + y,)


def _dot(xp: Any, inputs: Operands, attributes: Attributes, results: Sequence[Any]) -> Sequence[Any]:
    return (xp.matmul(*inputs),)


def _dotc(xp: Any, inputs: Operands, attributes: Attributes, results: Sequence[Any]) -> Sequence[Any]:
    return (xp.vecdot(*inputs),)


def _nrm2(xp: Any, inputs: Operands, attributes: Attributes, results: Sequence[Any]) -> Sequence[Any]:
    """The norm of what is left when the largest part is taken out, so that no square leaves the range."""
    x = inputs[0]
    if xp.isdtype(x.dtype, "complex floating"):
        x = xp.concat([xp.real(x), xp.imag(x)])
    if x.shape[0] == 0:
        return (xp.zeros((), dtype=results[0]),)
    largest = xp.max(xp.abs(x))
    if not xp.isfinite(largest) or largest == 0:
        return (largest,)
    return (largest * xp.linalg.vector_norm(x / largest),)


def onto(attributes: Attributes, product: Any, c: Any) -> Any:
    """``alpha product + beta C``; the product is a function, called unless alpha is zero."""
    alpha, beta = factor(attributes, "alpha"), factor(attributes, "beta")
    if alpha == 0:
        return beta * c if beta != 0 else None
    total = alpha * product()
    return total + beta * c if beta != 0 else total


def _or_zeros(xp: Any, found: Any, c: Any) -> Any:
    return xp.zeros_like(c) if found is None else found


def _gemv(xp: Any, inputs: Operands, attributes: Attributes, results: Sequence[Any]) -> Sequence[Any]:
    a, x, y = inputs
    a = stored(xp, a, attributes.get("trans", "N"))
    return (_or_zeros(xp, onto(attributes, lambda: xp.matmul(a, x), y), y),)


def _syrk(xp: Any, inputs: Operands, attributes: Attributes, results: Sequence[Any]) -> Sequence[Any]:
    a, c = inputs
    a = stored(xp, a, attributes.get("trans", "N"))
    found = _or_zeros(xp, onto(attributes, lambda: xp.matmul(a, xp.matrix_transpose(a)), c), c)
    inside = xp.tril if attributes.get("uplo", "U") == "L" else xp.triu
    return (xp.where(inside(xp.ones_like(c, dtype=xp.bool)), found, c),)


def _trsm(xp: Any, inputs: Operands, attributes: Attributes, results: Sequence[Any]) -> Sequence[Any]:
    """Substitution, row by row."""
    a, b = inputs
    alpha = factor(attributes, "alpha")
    if alpha == 0:
        return (xp.zeros_like(b),)
    lower, trans = attributes.get("uplo", "U") == "L", attributes.get("trans", "N")
    right, unit = attributes.get("side", "L") == "R", attributes.get("diag", "N") == "U"
    a = stored(xp, a, trans)
    if right:
        a, b = xp.matrix_transpose(a), xp.matrix_transpose(b)
    if (trans != "N") != right:
        lower = not lower
    # A copy, of which rows become the solution one after another.
    x = xp.asarray(alpha * b, copy=True)
    size = a.shape[0]
    for i in range(size) if lower else range(size - 1, -1, -1):
        done = slice(0, i) if lower else slice(i + 1, size)
        row = x[i, :] - xp.matmul(a[i, done], x[done, :])
        x[i, :] = row if unit else row / a[i, i]
    return (xp.matrix_transpose(x) if right else x,)


_VECTORS = ((1,), (1,))

OPERATIONS: Mapping[str, Spelling] = {
    "axpy": Spelling(_axpy, Example(_VECTORS, ((1,),))),
    "dot": Spelling(_dot, Example(_VECTORS, ((),))),
    "dotc": Spelling(_dotc, Example(_VECTORS, ((),))),
    "nrm2": Spelling(_nrm2, Example(((1,),), ((),))),
    "gemv": Spelling(_gemv, Example(((1, 1), (1,), (1,)), ((1,),))),
    "syrk": Spelling(_syrk, Example(((1, 1), (1, 1)), ((1, 1),))),
    "trsm": Spelling(_trsm, Example(((1, 1), (1, 1)), ((1, 1),))),
}
