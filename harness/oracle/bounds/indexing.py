"""The bound of updates added to elements, each sum of which may be rounded to the type it lies in."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.bounds.storage import stored
from harness.oracle.bounds.sums import sum_bound

Array = NDArray[Any]


def scatter_bound(to: Arithmetic, dtype: str, magnitude: Array, terms: Array, reference: Array) -> Array:
    """The error of each element: ``(n - 1) u sum|x|`` of its n terms that are not zero, u of the tensor's own type.

    ONNX defines an update as an addition to what the output holds, in its type; a wider accumulator is not asked for
    (Rump, BIT 52, 2012, for any order).
    """
    return sum_bound(stored(to, dtype), magnitude, terms, reference, divided=False)
