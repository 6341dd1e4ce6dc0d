"""Bounds of activations: what their defining formulas allow in the declared arithmetic, first order with a margin.

Errors of exp, erf and tanh are those of OpenCL C 3.0, Relative Error as ULPs (full profile), each unit at most 2 u of a
value; the other steps err by u each. ``to`` is the arithmetic inside: float32's for the 16-bit types.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.functions import ERF, EXP, TANH, rounded
from harness.oracle.formats import FORMATS

Array = NDArray[Any]


def sigmoid_bound(to: Arithmetic, reference: Array) -> Array:
    """The error of ``1 / (1 + exp(-x))``, or of ``exp(x) / (1 + exp(x))``: (2 * 6 + 3) u of the value.

    In either form each of the exponentials moves the quotient by no more than its own relative error; the sum and the
    division add u each, and one more is for an exponential taken by way of its reciprocal. Where exp(-x) overflows the
    result is zero in place of a value below the smallest normal number, which is the least error allowed.
    """
    error = (2 * EXP + 3) * to.u * np.abs(reference) + FORMATS[to.accumulator].smallest_normal
    return rounded(to, error, reference)


def gelu_bound(to: Arithmetic, x: Array, reference: Array) -> Array:
    """The error of ``x / 2 (1 + erf(x / sqrt(2)))`` or of ``x / 2 erfc(-x / sqrt(2))``, whichever is larger.

    The argument a is off by 2 u, which moves erf by 2 u |a| 2/sqrt(pi) exp(-a a); erf errs by 32 u of itself. Both are
    errors of 1 + erf, which cancels for negative x, and so they count times |x| / 2, not in units of the result. With
    erfc, which errs by 32 u of itself too, the argument's error moves the result by 2 u |x| / 2 times the same slope.
    The sum and the two products add 3 u of the result.
    """
    a = np.abs(x) / math.sqrt(2.0)
    slope = 2.0 / math.sqrt(math.pi)
    moved = 0.5 * np.abs(x) * 2.0 * a * slope * np.exp(-a * a)
    # |erf(a)| is at most 1 and at most slope * a.
    erring = np.maximum(0.5 * np.abs(x) * np.minimum(slope * a, 1.0), np.abs(reference))
    error = (moved + ERF * erring + 3.0 * np.abs(reference)) * to.u + (1.0 + np.abs(x)) * to.eta
    return rounded(to, error, reference)


def gelu_tanh_bound(to: Arithmetic, x: Array, reference: Array) -> Array:
    """The error of ``x / 2 (1 + tanh(z))`` or of ``x / (1 + exp(-2 z))``, whichever is larger.

    z is ``sqrt(2/pi) (x + 0.044715 x**3)``, off by at most 8 u: four roundings in the cubic term and its constant, the
    sum, two for the factor before it, one to spare. That moves tanh by 8 u |z| (1 - tanh(z)**2); tanh errs by 10 u of
    itself. Both count times |x| / 2, as in ``gelu_bound``; the sum and the two products add 3 u of the result. In the
    second form the exponential is off by 6 u and 16 u |z| of itself, which moves the result by no more than that times
    its share in the divisor; two steps add 2 u.
    """
    with np.errstate(over="ignore"):
        z = math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)
        t = np.tanh(np.abs(z))
        decay = np.where(np.abs(z) < 40.0, np.abs(z) / np.cosh(np.minimum(np.abs(z), 40.0)) ** 2, 0.0)
        share = np.where(z > -40.0, 1.0 / (1.0 + np.exp(2.0 * np.maximum(z, -40.0))), 1.0)
    size = np.abs(reference)
    first = 0.5 * np.abs(x) * (TANH * t + 8.0 * decay) + 3.0 * size
    # Of a large z either the share or the value is nothing, and it need not be followed further than 1e4.
    second = size * (EXP + 2.0) + np.where(size > 0, size * 16.0 * np.minimum(np.abs(z), 1e4) * share, 0.0)
    return rounded(to, np.maximum(first, second) * to.u + (1.0 + np.abs(x)) * to.eta, reference)
