"""Subnormal numbers replaced by zeros, as units do that declare it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.formats import FORMATS

Array = NDArray[Any]


def flush(array: Array) -> Array:
    """Subnormal numbers of the array's format replaced by zeros of their sign; other dtypes stay as they are."""
    name = array.dtype.name
    if name not in FORMATS:
        return array
    with np.errstate(invalid="ignore"):  # of signalling NaN
        values = array.astype(np.float64)
    return np.where(np.abs(values) < FORMATS[name].smallest_normal, np.copysign(0.0, values), values).astype(
        array.dtype
    )
