"""Where a function can be asked: its domain in a dtype, and the points whose values that dtype can hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.interface.operation import Operation, Types
from harness.oracle import reference
from harness.oracle.formats import FORMATS

Array = NDArray[Any]


def domain_of(operation: Operation, dtype: str) -> tuple[float, float]:
    """The interval a function is judged on: the interface's, as far as the dtype reaches."""
    low, high = operation.domain[0]
    largest = FORMATS[dtype].largest
    return max(low, -largest), min(high, largest)


def representable(operation: Operation, types: Types, values: Array) -> Array:
    """Values in the operand's dtype; 1 in place of those outside the domain, or whose result is not a normal number.

    Rounding a point into a narrow dtype can carry it over the end of the domain, and a function that is finite in
    float32 can overflow, or have a subnormal value, in float16.
    """
    low, high = domain_of(operation, types.inputs[0])
    points = reference.into(np.asarray(values, dtype=np.float64), types.inputs[0])
    wide = points.astype(np.float64)
    found = np.abs(reference.function(operation, points))
    form = FORMATS[types.out]
    inside = (wide >= low) & (wide <= high) & (found >= form.smallest_normal) & (found <= form.largest)
    normal = np.abs(wide) >= FORMATS[types.inputs[0]].smallest_normal
    return np.where(inside & normal, points, 1).astype(points.dtype)
