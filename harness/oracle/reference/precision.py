"""Operands in a format of more precision than their own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def wider(values: Array) -> Array:
    """Values in float64; those of float64 in the widest format there is, which on some machines is float64 itself."""
    with np.errstate(invalid="ignore"):  # of signalling NaN
        return values.astype(np.longdouble if values.dtype == np.float64 else np.float64)


def as_rounded(values: Array, rounded: Array) -> Array:
    """Values, with the infinity of their sign in place of those that are infinite once they are rounded."""
    return np.where(np.isinf(rounded), rounded, values)
