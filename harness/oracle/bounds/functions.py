"""Bounds of elementwise functions: units in the last place, and what a formula of several functions allows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.interface.operation import Types
from harness.oracle.bounds.arithmetic import Arithmetic

Array = NDArray[Any]

#: Relative errors in units of u, the unit roundoff: a unit in the last place is at most 2 u of a value. OpenCL C 3.0,
#: Relative Error as ULPs: exp 3, log1p 2, tanh 5, erf 16.
EXP, LOG1P, TANH, ERF = 6, 4, 10, 32

#: A factor for the products of errors that first-order analysis leaves out: (1 + 64 u)**2 and less in float32.
SECOND_ORDER = 1.01

#: The error of a float64 reference in units in the last place of float32 or a narrower type.
OF_THE_REFERENCE = 2.0**-10


def ulp_bound(types: Types) -> float:
    """The units in the last place a result may be off, counted from the reference.

    What the chapter gives (OpenCL C 3.0, Relative Error as ULPs), and what the reference itself may be off: half a unit
    where it is in the result's own type, ``OF_THE_REFERENCE`` where it is of more bits.
    """
    return (types.ulp or 0.0) + (0.5 if types.out == "float64" else OF_THE_REFERENCE)


def rounded(to: Arithmetic, error: Array, reference: Array) -> Array:
    """The error of a formula after its result is rounded to the output, and of the reference itself.

    ``1.01 e + u_out (|ref| + 1.01 e) + eta_out``, with 4 * 2**-53 of the value for the reference.
    """
    first = SECOND_ORDER * error
    return np.asarray(first + to.u_out * (np.abs(reference) + first) + to.eta_out + 2.0**-51 * np.abs(reference))


def logaddexp_bound(to: Arithmetic, a: Array, b: Array, reference: Array) -> Array:
    """The error of ``max(a, b) + log1p(exp(-|a - b|))``.

    With d = |a - b| and t the logarithm: the difference is off by u d, and so is its exponential, relatively; with the
    errors of exp and log1p, t is off by at most t (u d + 6 u + 4 u), since the derivative of log1p at e, times e, is no
    more than log1p(e). The sum adds u of its result. A naive sum of exponentials overflows where this does not.
    """
    distance = np.abs(a - b)
    tail = np.log1p(np.exp(-distance))
    drift = np.where(np.isfinite(distance), distance, 0.0)
    error = tail * (drift + EXP + LOG1P) * to.u + to.u * np.abs(reference) + to.eta
    return rounded(to, error, reference)
