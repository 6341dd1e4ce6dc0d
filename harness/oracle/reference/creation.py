"""What stands at each place of a tensor that is made of arguments alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def contents(name: str, attributes: Mapping[str, Any]) -> Array:
    """The elements of ``full``, ``zeros``, ``ones`` and ``eye``, each the argument itself or a whole number."""
    if name == "eye":
        rows, columns = attributes["n_rows"], attributes.get("n_cols")
        shape = (rows, rows if columns is None else columns)
        row, column = np.indices(shape)
        return np.asarray(column - row == attributes.get("k", 0)).astype(np.int64)
    value = {"full": attributes.get("fill_value"), "zeros": 0, "ones": 1}[name]
    found = np.empty(tuple(attributes["shape"]), np.asarray(value).dtype)
    found[...] = value
    return found


def steps(name: str, attributes: Mapping[str, Any]) -> tuple[Fraction, Fraction, int]:
    """The first element of ``arange`` or ``linspace``, the exact step, and how many elements there are."""
    start, stop = Fraction(attributes.get("start", 0)), Fraction(attributes["stop"])
    if name == "arange":
        step = Fraction(attributes.get("step", 1))
        return start, step, max(math.ceil((stop - start) / step), 0)
    count = attributes["num"]
    gaps = count - 1 if attributes.get("endpoint", True) else count
    return start, (stop - start) / gaps if gaps > 0 else Fraction(0), count


def exact_values(name: str, attributes: Mapping[str, Any]) -> list[Fraction]:
    """The elements of ``arange`` or ``linspace`` as they are before any rounding."""
    start, step, count = steps(name, attributes)
    return [start + place * step for place in range(count)]
