"""What BLAS says of its operations, exact: products with their factors, norms, triangular systems.

Complex numbers are taken apart, so that everything is a sum of products of real numbers: of ``A B`` the real part is
``[Ar -Ai] [Br; Bi]`` and the imaginary part ``[Ai Ar] [Br; Bi]``. A number alone stands for a matrix of one element.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.reference.exact_products import exact_product

Array = NDArray[Any]

#: Splits a number of 53 bits into halves (Veltkamp; Dekker, 1971).
_SPLIT = float(2**27 + 1)


@dataclass(frozen=True)
class Sums:
    """``alpha A B + beta C`` as sums of products of real numbers: of ``left`` (rows, terms) and ``right``.

    ``complex_`` says that the second half of the rows are imaginary parts. ``counted`` counts, for every element, the
    products of A and B and the elements of C that are not zero.
    """

    left: Array
    right: Array
    counted: Array
    complex_: bool

    @property
    def value(self) -> Array:
        """The sums, exact and rounded once to float64; of a complex result in complex128."""
        return self.together(exact_product(self.left, self.right))

    @property
    def magnitude(self) -> Array:
        """For each part, the sums of the terms' absolute values."""
        return np.asarray((np.abs(self.left)[:, :, None] * np.abs(self.right)[None]).sum(axis=1))

    def together(self, parts: Array) -> Array:
        """Numbers from their parts."""
        if not self.complex_:
            return parts
        half = len(parts) // 2
        found = np.empty((half, *parts.shape[1:]), np.complex128)
        found.real, found.imag = parts[:half], parts[half:]
        return found


def sums(alpha: complex, a: Array, b: Array, beta: complex, c: Array) -> Sums:
    """``alpha A B + beta C``; where a factor is zero, what it belongs to is not read."""
    complex_ = any(np.iscomplexobj(operand) for operand in (a, b, c))
    left, right = (_left(a, complex_), _right(b, complex_)) if alpha != 0 else (np.zeros((0, 0)), np.zeros((0, 0)))
    below = _right(c, complex_)
    rows = below.shape[0]
    if alpha == 0:
        left, right = np.zeros((rows, 0)), np.zeros((0, c.shape[1]))
    counted = ((left != 0)[:, :, None] & (right != 0)[None]).sum(axis=1)
    if alpha not in (0, 1):
        left, right = _times(complex(alpha), a, complex_), np.concatenate([right] * (4 if complex_ else 2))
    if beta != 0:
        left = np.concatenate([left, _factor(complex(beta), len(c), complex_)], axis=1)
        right = np.concatenate([right, below])
        counted = counted + (2 if complex_ else 1) * np.concatenate([(c != 0)] * (2 if complex_ else 1))
    return Sums(left, right, counted, complex_)


def plainly(alpha: complex, a: Array, b: Array, beta: complex, c: Array) -> Array:
    """``alpha A B + beta C`` in float64 by the rules of IEEE 754, NaN and infinity among them.

    It is exact where every order is. A factor of zero means that what it belongs to is not read.
    """
    complex_ = any(np.iscomplexobj(operand) for operand in (a, b, c))
    rows = len(c) * (2 if complex_ else 1)
    total = np.zeros((rows, c.shape[1]))
    with np.errstate(all="ignore"):
        if alpha != 0:
            found = (_left(a, complex_)[:, :, None] * _right(b, complex_)[None]).sum(axis=1)
            total = total + _scaled(complex(alpha), found, complex_)
        if beta != 0:
            total = total + _scaled(complex(beta), _right(c, complex_), complex_)
    return Sums(total, total, total, complex_).together(total)


def norm(x: Array) -> float:
    """The two-norm of a vector of finite numbers, to within two units of float64 and without overflow."""
    values = np.concatenate([x.real, x.imag]) if np.iscomplexobj(x) else x
    values = values.astype(np.float64)
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0:
        return 0.0
    exponent = int(np.frexp(largest)[1])
    scaled = np.ldexp(values, -exponent)
    square = float(exact_product(scaled[None], scaled[:, None])[0, 0])
    with np.errstate(over="ignore"):
        return float(np.ldexp(np.sqrt(square), exponent))


def _scaled(factor: complex, parts: Array, complex_: bool) -> Array:
    """The parts of numbers times a factor; a part of the factor that is zero adds nothing."""
    if not complex_:
        return np.asarray(factor.real * parts)
    if factor.imag == 0:
        return np.asarray(parts if factor.real == 1 else factor.real * parts)
    half = len(parts) // 2
    real, imaginary = parts[:half], parts[half:]
    return np.concatenate([factor.real * real - factor.imag * imaginary, factor.real * imaginary + factor.imag * real])


def _left(a: Array, complex_: bool) -> Array:
    real = np.asarray(a.real, np.float64)
    if not complex_:
        return real
    imaginary = np.asarray(a.imag, np.float64)
    return np.concatenate(
        [np.concatenate([real, -imaginary], axis=1), np.concatenate([imaginary, real], axis=1)], axis=0
    )


def _right(b: Array, complex_: bool) -> Array:
    real = np.asarray(b.real, np.float64)
    return np.concatenate([real, np.asarray(b.imag, np.float64)]) if complex_ else real


def _times(alpha: complex, a: Array, complex_: bool) -> Array:
    """``alpha A`` without rounding: every product as two numbers that add up to it."""
    if not complex_:
        return np.concatenate(two_product(alpha.real, _left(a, False)), axis=1)
    straight = two_product(alpha.real, _left(a, True))
    turned = two_product(alpha.imag, _left(1j * np.asarray(a, np.complex128), True))
    return np.concatenate([*straight, *turned], axis=1)


def _factor(beta: complex, rows: int, complex_: bool) -> Array:
    return _left(beta * np.eye(rows) if complex_ else beta.real * np.eye(rows), complex_)


def two_product(x: Array | float, y: Array) -> tuple[Array, Array]:
    """A product as the nearest float64 and what is missing, exact within the normal range (Dekker, 1971)."""
    product = np.asarray(x * y)
    x_high, y_high = _high(np.asarray(x, np.float64)), _high(y)
    x_low, y_low = x - x_high, y - y_high
    low = x_low * y_low - (((product - x_high * y_high) - x_low * y_high) - x_high * y_low)
    return product, np.asarray(low)


def _high(x: Array) -> Array:
    turned = _SPLIT * x
    return np.asarray(turned - (turned - x))
