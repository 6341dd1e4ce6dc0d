"""Bounds of variance and of what is made of it: whatever the order, in two passes or by an updated mean.

They follow the operands of each row, whose moments are ``Moments``, and rest on two errors, of first order.

That of the mean is ``dm = (n + 4 ln n + 8) (u a + eta)``, a the mean of the absolute values. A sum in any order and its
division stay within ``(n + 1) u a`` (Rump, BIT 52, 2012). Updating the mean with every element (Welford, Technometrics
4(3), 1962) adds at step i ``u |m_i|`` and ``2 u (|x_i| + |m_i|) / i``, of which the i/n th part is left at the end: ``i
|m_i|`` is at most ``n a``, so these add up to ``n u a`` and ``2 (ln n + 2) u a``. Means of parts that are put together
(Chan, Golub and LeVeque, The American Statistician 37(3), 1983) lie between the two, at four roundings each.

That of the variance V is ``dv = (n + 6) u V + 3 sqrt(V) dm + 2 dm^2``. Two passes have the first and the last term, as
differences from a mean that is off by d are off by d^2 in the mean of their squares. Updating has the second: what
step i adds is off by twice its difference times the error of the mean so far, and the squares of all differences
add up to 2 n V at most. A mean of squares less the square of the mean is off by ``n u (V + m^2)``, which is beyond that
where the mean is large.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.formats import FORMATS
from harness.oracle.reference.normalization import Moments

Array = NDArray[Any]

#: Roundings of a normalised element: the difference, epsilon and its addition, a reciprocal root that is off by 2 units
#: in the last place (OpenCL C 3.0, rsqrt), a product.
_NORMALISED = 8
#: Roundings of the product with the scale and of the addition of the bias, and as much to spare.
_SCALED = 4
#: For the reference, which has at least 11 bits more than what it judges; without them it may be off as far again.
_REFERENCE, _REFERENCE_ALIKE = 1.01, 2.01


def of_mean(to: Arithmetic, rows: Moments) -> Array:
    """The error of a mean inside a normalisation or a variance: see the top of this module."""
    steps = rows.count + 4 * np.log(max(rows.count, 1)) + 8
    return np.asarray(steps * (to.u * rows.size + to.eta))


def of_variance(to: Arithmetic, rows: Moments) -> Array:
    """The error of a mean square of differences from the mean: see the top of this module.

    Underflow takes eta from a difference, ``2 sqrt(V) eta`` from its square, and eta from each square and sum.
    """
    spread, of_means = np.sqrt(rows.variance), of_mean(to, rows)
    terms = (rows.count + 6) * to.u * rows.variance + of_means * (3 * spread + 2 * of_means)
    return np.asarray(terms + (4 * spread + 2 * (rows.count + 6)) * to.eta)


def variance_bound(to: Arithmetic, rows: Moments, correction: float, *, root: bool) -> Array:
    """The error of ``n V / (n - correction)``, or of its root; where there is no such number it is infinite.

    Multiplying out costs three roundings more; the root of W with an error b is off by ``sqrt(W) - sqrt(W - b)``, or
    ``sqrt(b)`` where W is the smaller, and is rounded once.
    """
    with np.errstate(all="ignore"):
        factor = np.float64(rows.count) / (rows.count - correction)
        found = rows.variance * factor
        error = of_variance(to, rows) * factor
        error = error + 3 * to.u * (found + error) + to.eta
        if root:
            spread = np.sqrt(found)
            error = np.maximum(np.sqrt(found + error) - spread, spread - np.sqrt(np.maximum(found - error, 0.0)))
            found, error = spread, error + to.u * (spread + error) + to.eta
        return _rounded(to, found, error)


def layer_normalization_bound(
    to: Arithmetic, rows: Moments, normalised: Array, scale: Array, bias: Array, epsilon: float
) -> Array:
    """The error of ``scale z + bias``, z the difference from the mean over ``s = sqrt(V + epsilon)``.

    ``|scale| (dm / s + |z| (w + 8 u)) + 4 u (|scale z| + |bias|)``, with ``1 + w = 1 / sqrt(1 - v)`` for the relative
    error v of ``V + epsilon``: about v / 2. The first term also covers z taken as ``x / s - m / s``, which is rounded
    at the size of both.
    """
    with np.errstate(all="ignore"):
        below = np.sqrt(rows.variance + epsilon)
        grown = _of_root(of_variance(to, rows) / np.square(below))
        differences = (of_mean(to, rows) + 2 * to.eta) / below * (1 + grown) * (1 + _NORMALISED * to.u)
        return _scaled(to, differences, grown, normalised, scale, bias)


def alike_bound(to: Arithmetic, values: Array, scale: Array, bias: Array, epsilon: float) -> Array:
    """The error of rows whose elements are all alike and whose sums are exact: what should be left is the bias.

    ``4 u (|scale x| / sqrt(epsilon) + |bias|)``: z may be taken as ``x / s - m / s``, or the bias and what belongs to
    the mean be put together first, as ``x f + (bias - m f)`` with f the scale over s, where both products, the
    difference and the sum are rounded at their own size. Where x is subtracted from the mean first, z is zero.
    """
    with np.errstate(all="ignore"):
        size = np.abs(scale * values) / np.sqrt(epsilon) + np.abs(bias)
        return _rounded(to, np.broadcast_to(bias, size.shape), 4 * to.u * size + 4 * to.eta)


def rms_normalization_bound(
    to: Arithmetic, mean_square: Array, count: int, normalised: Array, scale: Array, epsilon: float
) -> Array:
    """The error of ``scale z``, z an element over the root of the mean square and epsilon; zero has exactly zero.

    As of a layer normalisation whose mean is known to be zero: a sum of squares is off by ``(n + 3) u`` in any order
    (Jeannerod and Rump, SIAM J. Matrix Anal. Appl. 34(2), 2013), and nothing is subtracted.
    """
    with np.errstate(all="ignore"):
        below = np.square(np.sqrt(mean_square + epsilon))
        grown = _of_root(((count + 3) * to.u * mean_square + 4 * to.eta) / below)
        bound = _scaled(to, to.eta / np.sqrt(below), grown, normalised, scale, np.zeros(()))
        return np.where(normalised == 0, 0.0, bound)


def _of_root(relative: Array) -> Array:
    """The relative error of a reciprocal root, of what is off by ``relative``."""
    return np.where(relative < 1, 1 / np.sqrt(1 - relative) - 1, np.inf)


def _scaled(to: Arithmetic, differences: Array, grown: Array, normalised: Array, scale: Array, bias: Array) -> Array:
    magnitude = np.abs(normalised)
    error = differences + magnitude * (grown + _NORMALISED * to.u * (1 + grown)) + 2 * to.eta
    product = np.abs(scale) * (magnitude + error) + np.abs(bias)
    error = np.abs(scale) * error + _SCALED * to.u * product + 4 * to.eta * (1 + magnitude)
    return _rounded(to, scale * normalised + bias, error)


def _rounded(to: Arithmetic, found: Array, error: Array) -> Array:
    """The error after rounding to the output, and of the reference itself; infinite where none can be given."""
    bound = _reference(to) * (error + to.u_out * (np.abs(found) + error) + to.eta_out)
    return np.where(np.isnan(bound), np.inf, bound)


def _reference(to: Arithmetic) -> float:
    if to.accumulator == "float64" and np.finfo(np.longdouble).nmant < FORMATS["float64"].p + 10:
        return _REFERENCE_ALIKE
    return _REFERENCE
