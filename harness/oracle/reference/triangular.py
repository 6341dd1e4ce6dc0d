"""The solution of triangular systems by substitution, in pairs of float64 numbers or plainly.

A number is kept as the nearest float64 and what is missing, real and imaginary part apart; errors stay near 2**-100 of
the terms (Dekker, A floating-point technique for extending the available precision, Numer. Math. 18, 1971).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.reference.blas import two_product

Array = NDArray[Any]
#: A number as two that add up to it.
Pair = tuple[Array, Array]


def effective(a: Array, attributes: Mapping[str, Any]) -> Array:
    """The lower triangular matrix T of ``T X = B`` that flags make of A, on the left; what is not read stays out.

    A system with an upper triangle is turned round, first row last.
    """
    upper = attributes.get("uplo", "U") == "U"
    triangle = np.triu(np.ones(a.shape, np.bool_)) if upper else np.tril(np.ones(a.shape, np.bool_))
    t = np.where(triangle, a, 0)
    if attributes.get("diag", "N") == "U":
        np.fill_diagonal(t, 1)
    trans = attributes.get("trans", "N")
    if trans == "C":
        t = np.conj(t)
    # On the right, X op(A) = B is op(A)' X' = B'.
    if (trans != "N") != (attributes.get("side", "L") == "R"):
        t, upper = t.T, not upper
    return t[::-1, ::-1] if upper else t


def arranged(b: Array, a: Array, attributes: Mapping[str, Any]) -> Array:
    """B as the right-hand side of the system that ``effective`` gives, or its solution back as X."""
    upper = attributes.get("uplo", "U") == "U"
    right = attributes.get("side", "L") == "R"
    if (attributes.get("trans", "N") != "N") != right:
        upper = not upper
    turned = b.T if right else b
    return turned[::-1] if upper else turned


def back(x: Array, attributes: Mapping[str, Any]) -> Array:
    """The solution of the arranged system as X."""
    upper = attributes.get("uplo", "U") == "U"
    right = attributes.get("side", "L") == "R"
    if (attributes.get("trans", "N") != "N") != right:
        upper = not upper
    turned = x[::-1] if upper else x
    return turned.T if right else turned


def plainly(t: Array, b: Array) -> Array:
    """The solution for a lower triangular T in float64 or complex128, one rounding a step."""
    wide = np.complex128 if np.iscomplexobj(t) or np.iscomplexobj(b) else np.float64
    rest, found = b.astype(wide), np.empty(b.shape, wide)
    t = t.astype(wide)
    for i in range(len(t)):
        found[i] = rest[i] / t[i, i]
        rest[i + 1 :] -= t[i + 1 :, i, None] * found[i]
    return found


def closely(t: Array, alpha: complex, b: Array) -> Array:
    """The solution of ``T X = alpha B`` for a lower triangular T of finite numbers, to some 2**-90, then rounded."""
    complex_ = np.iscomplexobj(t) or np.iscomplexobj(b)
    real, imaginary = np.asarray(t.real, np.float64), np.asarray(t.imag, np.float64)
    rest = _times(_parts(b), alpha.real * np.ones((1, 1)), alpha.imag * np.ones((1, 1)))
    shape = b.shape
    found = np.empty(shape, np.complex128)
    for i in range(len(t)):
        row = tuple((high[i : i + 1], low[i : i + 1]) for high, low in rest)
        x = _over(row, real[i, i], imaginary[i, i])  # type: ignore[arg-type]
        found.real[i], found.imag[i] = x[0][0][0], x[1][0][0]
        taken = _times(x, real[i + 1 :, i, None], imaginary[i + 1 :, i, None])
        for (high, low), part in zip(rest, taken, strict=True):
            kept = _plus((high[i + 1 :], low[i + 1 :]), (-part[0], -part[1]))
            high[i + 1 :], low[i + 1 :] = kept
    return found if complex_ else found.real.copy()


def _parts(values: Array) -> tuple[Pair, Pair]:
    real, imaginary = np.asarray(values.real, np.float64), np.asarray(values.imag, np.float64)
    return (real, np.zeros(real.shape)), (imaginary, np.zeros(real.shape))


def _sum(x: Array, y: Array) -> Pair:
    """A sum and what is missing (Knuth)."""
    total = x + y
    part = total - x
    return total, (x - (total - part)) + (y - part)


def _plus(x: Pair, y: Pair) -> Pair:
    high, low = _sum(x[0], y[0])
    rest, more = _sum(x[1], y[1])
    high, low = _sum(high, low + rest)
    return _sum(high, low + more)


def _by(x: Pair, factor: Array) -> Pair:
    high, low = two_product(factor, x[0])
    return _sum(high, low + factor * x[1])


def _minus(x: Pair, y: Pair) -> Pair:
    return _plus(x, (-y[0], -y[1]))


def _times(x: tuple[Pair, Pair], real: Array, imaginary: Array) -> tuple[Pair, Pair]:
    """A complex number times a factor."""
    return (
        _minus(_by(x[0], real), _by(x[1], imaginary)),
        _plus(_by(x[0], imaginary), _by(x[1], real)),
    )


def _over(x: tuple[Pair, Pair], real: Array, imaginary: Array) -> tuple[Pair, Pair]:
    """A complex number divided by another: times its conjugate, over the square of its modulus."""
    one = np.ones((1, 1))
    real, imaginary = real * one, imaginary * one
    square = _plus(two_product(real, real), two_product(imaginary, imaginary))
    top = _times(x, real, -imaginary)
    return _quotient(top[0], square), _quotient(top[1], square)


def _quotient(x: Pair, y: Pair) -> Pair:
    first = x[0] / y[0]
    rest = _minus(x, _by(y, first))
    second = rest[0] / y[0]
    third = _minus(rest, _by(y, second))[0] / y[0]
    return _plus(_sum(first, second), (third, np.zeros(np.shape(third))))
