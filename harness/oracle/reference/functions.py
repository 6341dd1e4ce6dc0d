"""Elementwise functions, so close to the exact value that the difference is nothing to the bound they are held to.

For results of float32 and narrower that is float64 by numpy: its functions err by a few units of 2**-53, less than a
thousandth of float32's unit in the last place. For float64 it is 160 bits by mpmath, rounded once. Functions of more
than one step are composed here so that no step cancels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Bits of the references of float64, beside those that cancel in a sine near a multiple of pi, which mpmath adds.
PRECISION = 160

#: In float64, by the operation's name. ``erf`` and the rest of activations are made of these.
FUNCTIONS: Mapping[str, Callable[..., Array]] = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "pow": np.power,
    "atan2": np.arctan2,
    "hypot": np.hypot,
    "logaddexp": np.logaddexp,
}


def function(name: str, operands: Sequence[Array]) -> NDArray[np.float64]:
    """The values of a function at points of any floating-point format, as float64."""
    wide = np.broadcast_arrays(*(operand.astype(np.float64) for operand in operands))
    with np.errstate(all="ignore"):
        found = np.asarray(FUNCTIONS[name](*wide), dtype=np.float64)
        return found if operands[0].dtype != np.float64 else _precise(name, wide, found)


def _precise(name: str, operands: Sequence[Array], near: Array) -> NDArray[np.float64]:
    """Float64 values rounded once from more bits; where something is zero or not finite, float64's own are exact."""
    ordinary = np.isfinite(near) & np.logical_and.reduce([np.isfinite(o) & (o != 0) for o in operands])
    found = near.copy()
    if ordinary.any():
        # What a launch repeats is computed once.
        points, where = np.unique(np.stack([o[ordinary] for o in operands]), axis=1, return_inverse=True)
        found[ordinary] = precisely(name, points)[where.reshape(-1)]
    return found


def precisely(name: str, points: Array) -> NDArray[np.float64]:
    """A function at finite float64 points, each a column of its operands, rounded once from ``PRECISION`` bits."""
    import mpmath  # loaded only where float64 is asked

    compute = _definitions()[name]
    with mpmath.workprec(PRECISION):
        return np.array([float(compute(*map(mpmath.mpf, column))) for column in points.T.tolist()])


@lru_cache(maxsize=1)
def _definitions() -> Mapping[str, Callable[..., Any]]:
    import mpmath as mp

    names = [
        "exp",
        "expm1",
        "log",
        "log1p",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "sinh",
        "cosh",
        "tanh",
        "asinh",
        "acosh",
        "atanh",
        "atan2",
        "hypot",
    ]
    return {
        **{name: getattr(mp, name) for name in names},
        "log2": lambda x: mp.log(x) / mp.log(2),
        "log10": mp.log10,
        "pow": mp.power,
        "logaddexp": lambda a, b: max(a, b) + mp.log1p(mp.exp(-abs(a - b))),
        "erf": mp.erf,
        "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
        "gelu-none": lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
        "gelu-tanh": _gelu_by_tanh,
    }


def _gelu_by_tanh(x: Any) -> Any:
    """Half of x (1 + tanh z) as x / (1 + exp(-2 z)), which does not cancel."""
    import mpmath as mp

    z = mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3)
    return x / (1 + mp.exp(-2 * z))


_erf = np.vectorize(math.erf, otypes=[np.float64])
_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def erf(x: Array) -> NDArray[np.float64]:
    """The error function in float64."""
    return np.asarray(_erf(x), dtype=np.float64)


def erfc(x: Array) -> NDArray[np.float64]:
    """One less the error function, in float64, without cancellation."""
    return np.asarray(_erfc(x), dtype=np.float64)
