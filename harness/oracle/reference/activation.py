"""Activations by forms of their formulas that do not cancel, in float64; in more bits for float64 itself."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from harness.oracle.reference.functions import Array, erf, erfc, precisely


def activation(name: str, operand: Array, approximate: str = "none") -> NDArray[np.float64]:
    """The values of an activation at points of any floating-point format, as float64."""
    x = operand.astype(np.float64)
    with np.errstate(all="ignore"):
        found = np.asarray(_FORMULAS[_key(name, approximate)](x), dtype=np.float64)
    ordinary = np.isfinite(x) & (x != 0)
    if operand.dtype == np.float64 and ordinary.any():
        # What a launch repeats is computed once.
        points, where = np.unique(x[ordinary], return_inverse=True)
        found[ordinary] = precisely(_key(name, approximate), points[None, :])[where.reshape(-1)]
    return found


def _key(name: str, approximate: str) -> str:
    return f"gelu-{approximate}" if name == "Gelu" else name.lower()


def _sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def _gelu(x: Array) -> Array:
    """Half of x (1 + erf(x / sqrt(2))), which is x erfc(-x / sqrt(2)) / 2."""
    return 0.5 * x * erfc(-x / math.sqrt(2.0))


def _gelu_tanh(x: Array) -> Array:
    """Half of x (1 + tanh z), which is x / (1 + exp(-2 z))."""
    return x / (1.0 + np.exp(-2.0 * math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)))


_FORMULAS = {"erf": erf, "sigmoid": _sigmoid, "gelu-none": _gelu, "gelu-tanh": _gelu_tanh}
