"""What a product of matrices is, for any operands: alpha A B + beta C, in float64 or in whole numbers.

16-bit operands and float32 are multiplied and added in float64, whose own error its bound takes in; float64 operands
exactly. Where operands are not finite every product stands for itself (IEEE 754-2019, 6.1 and 6.2): NaN, infinity times
zero and infinities of both signs give NaN, other infinities stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.reference.exact_products import exact_product

Array = NDArray[Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Product:
    """alpha A B + beta C of stacks of matrices in float64; without C the product alone.

    A factor of zero means that its operands are not read (as BLAS has it).
    """

    a: Array
    b: Array
    c: Array | None = None
    alpha: float = 1.0
    beta: float = 1.0

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the result."""
        stack = np.broadcast_shapes(self.a.shape[:-2], self.b.shape[:-2])
        return (*stack, self.a.shape[-2], self.b.shape[-1])


@dataclass(frozen=True)
class Known:
    """What is known of a product's elements.

    ``value`` is the exact one rounded to float64 (of inexact sums of narrower operands, within n 2**-53 of the
    magnitude), ``magnitude`` is |alpha| |A||B| + |beta| |C|, ``terms`` the number of non-zero products, C's among them.
    ``open_sign`` says where a zero may have either sign: where every term is -0, or none is known.
    """

    value: Array
    magnitude: Array
    terms: Array
    open_sign: Mask


def evaluate(product: Product, *, exactly: bool) -> Known:
    """The elements of a product; ``exactly`` where float64 would not be exact enough."""
    with np.errstate(all="ignore"):
        return _evaluate(product, exactly=exactly)


def _evaluate(product: Product, *, exactly: bool) -> Known:
    shape = product.shape
    value, magnitude, terms = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    multiplies = product.alpha != 0 and product.a.shape[-1] > 0
    if multiplies:
        value, magnitude, terms = _finite(product.a, product.b, exactly=exactly)
        value = product.alpha * value + product.alpha * _of_infinities(product.a, product.b)
        magnitude = abs(product.alpha) * magnitude
    added = None
    if product.c is not None and product.beta != 0:
        added = product.beta * np.broadcast_to(product.c, shape)
        value, magnitude = value + added, magnitude + np.abs(np.where(np.isfinite(added), added, 0))
        terms = terms + (added != 0)
    open_sign = value == 0
    if open_sign.any():
        known = (terms > 0) if product.alpha >= 0 else np.zeros(shape, dtype=bool)
        if multiplies and product.alpha > 0:
            known = known | (_positive_zeros(product.a, product.b) > 0)
        if added is not None:
            known = known | ((added == 0) & ~np.signbit(added))
        # A sum of no terms is the zero that it starts from.
        open_sign = open_sign & ~known & (multiplies or product.c is not None)
    return Known(value, magnitude, terms, open_sign)


def _finite(a: Array, b: Array, *, exactly: bool) -> tuple[Array, Array, Array]:
    """Sum, magnitude and number of the products of finite operands; others count as zero."""
    left, right = _zero_unless_finite(a), _zero_unless_finite(b)
    multiply = exact_product if exactly else np.matmul
    value = np.asarray(multiply(left, right)) + 0.0
    some_zero = not (left.all() and right.all())
    terms = _count(left != 0, right != 0) if some_zero else np.full(value.shape, float(a.shape[-1]))
    return value, np.matmul(np.abs(left), np.abs(right)), terms


def _zero_unless_finite(values: Array) -> Array:
    finite = np.isfinite(values)
    return values if finite.all() else np.where(finite, values, 0.0)


def _of_infinities(a: Array, b: Array) -> Array:
    """What products with NaN and infinity add: zero where there are none."""
    if np.isfinite(a).all() and np.isfinite(b).all():
        return np.zeros(1)
    undefined = (
        _count(np.isnan(a), np.ones(b.shape, dtype=bool))
        + _count(np.ones(a.shape, dtype=bool), np.isnan(b))
        + _count(np.isinf(a), b == 0)
        + _count(a == 0, np.isinf(b))
    )
    sign_a, sign_b = (np.where(np.isnan(x), 0.0, np.sign(x)) for x in (a, b))
    sign_inf_a, sign_inf_b = np.where(np.isinf(a), sign_a, 0.0), np.where(np.isinf(b), sign_b, 0.0)
    finite_a = np.where(np.isinf(a), 0.0, sign_a)
    signed = np.matmul(sign_inf_a, sign_b) + np.matmul(finite_a, sign_inf_b)
    every = np.matmul(np.abs(sign_inf_a), np.abs(sign_b)) + np.matmul(np.abs(finite_a), np.abs(sign_inf_b))
    found = np.where(every > 0, np.where(np.abs(signed) == every, np.copysign(np.inf, signed), np.nan), 0.0)
    return np.asarray(np.where(undefined > 0, np.nan, found))


def _positive_zeros(a: Array, b: Array) -> Array:
    """How many products are a zero of positive sign."""
    if a.all() and b.all():
        return np.zeros(1)
    zero_a, zero_b, minus_a, minus_b = a == 0, b == 0, np.signbit(a), np.signbit(b)
    return (
        _count(zero_a & minus_a, minus_b)
        + _count(zero_a & ~minus_a, ~minus_b)
        + _count(~zero_a & minus_a, zero_b & minus_b)
        + _count(~zero_a & ~minus_a, zero_b & ~minus_b)
    )


def _count(left: Mask, right: Mask) -> Array:
    return np.asarray(np.matmul(left.astype(np.float64), right.astype(np.float64)))


def whole_product(a: Array, b: Array) -> NDArray[np.int64]:
    """The product of stacks of matrices of whole numbers whose sums stay below 2**53: float64 adds them exactly."""
    return np.asarray(np.matmul(a.astype(np.float64), b.astype(np.float64))).astype(np.int64)
