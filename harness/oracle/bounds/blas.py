"""Bounds of products with their factors, of norms and of triangular systems, real and complex."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.sums import rounded

Array = NDArray[Any]


def gamma(count: Any, u: float) -> Any:
    """The largest relative error of ``count`` roundings in a row (Higham, Accuracy and Stability, 2nd ed., 3.1)."""
    return count * u / (1 - count * u)


def product_bound(to: Arithmetic, magnitude: Array, counted: Array, reference: Array, *, scaled: bool) -> Array:
    """The error of each part of ``alpha A B + beta C``, in any order, fused or not.

    Every part is a sum of s products of real numbers, so that a term goes through at most s roundings; where there are
    factors, through three more (one product with a factor, and the addition that a complex product has, before and
    after): ``gamma_(s + 3) G + (s + 3) eta``. Without factors ``s u G`` holds (Jeannerod and Rump, Improved error
    bounds for inner products, SIAM J. Matrix Anal. Appl. 34(2), 2013). A single complex product may so be off by
    ``sqrt(8) u``, which is more than the ``sqrt(5) u`` of Brent, Percival and Zimmermann (Math. Comp. 76, 2007).
    """
    steps = counted + (3 if scaled else 0)
    error = gamma(steps, to.u) * magnitude + steps * to.eta
    return rounded(to, error, magnitude, counted, reference)


def of_both_parts(bound: Array, complex_: bool) -> Array:
    """How far a complex number may be off whose parts, the first and the second half, may be off by ``bound``."""
    if not complex_:
        return bound
    half = len(bound) // 2
    return np.asarray(np.hypot(bound[:half], bound[half:]))


def norm_bound(to: Arithmetic, terms: int, reference: float) -> float:
    """The error of a two-norm of s terms that are not zero: ``gamma_(3 s + 8) ref``, and of underflow.

    Summing squares costs s u, halved by the root. Scaling as it goes along (Hammarling's algorithm, Reference BLAS to
    3.9) divides, squares, multiplies and adds for each term, which is 5 u, halved; Blue's algorithm (ACM TOMS 4, 1978;
    Anderson, ACM TOMS 44, 2017) less.
    """
    if terms == 0:
        return 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        error = gamma(3 * terms + 8, to.u) * reference
        return float(error + to.u_out * (reference + error) + 2 * to.eta_out)


def triangular_bound(to: Arithmetic, t: Array, inverse: Array, b: Array, x: Array, *, complex_: bool) -> Array:
    """The error of the solution of ``T X = B`` by substitution, in blocks whose inverses may be taken beforehand.

    Substitution leaves ``(T + dT) x = b`` with ``|dT| <= gamma_n |T|`` (Higham, Accuracy and Stability, 2nd ed.,
    Theorem 8.5), hence an error within ``gamma_n |T^-1| |T| |x|``. Where blocks D on the diagonal are inverted first,
    each as stably (Du Croz and Higham, Stability of methods for matrix inversion, IMA J. Numer. Anal. 12, 1992), the
    residual of a block is within ``3 gamma (|D| |D^-1|)^2 (|b| + |T| |x|)``. Both lie within
    ``3 gamma |T^-1| (|T| |T^-1|)^2 (|b| + |T| |x|)``. A complex product counts for up to four roundings, a division for
    twelve (Higham, Lemma 3.5, with twice its constants for the scaled division of Smith).
    """
    size = len(t)
    steps = 4 * size + 16 if complex_ else size + 4
    size_t, size_w = np.abs(t), np.abs(inverse)
    spread = _times(size_t, size_w)
    inner = _times(spread, _times(spread, np.abs(b) + _times(size_t, np.abs(x))))
    error = 3 * gamma(steps, to.u) * _times(size_w, inner) * (1 + 2.0**-10)
    underflow = steps * to.eta * _times(size_w, np.ones(b.shape))
    return np.asarray(error + underflow + to.u_out * np.abs(x) + to.eta_out)


def _times(a: Array, b: Array) -> Array:
    """A product of matrices, added in one order on every machine."""
    total = np.zeros((a.shape[0], b.shape[1]))
    for k in range(a.shape[1]):
        total = total + a[:, k, None] * b[None, k]
    return total
