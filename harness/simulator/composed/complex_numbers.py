"""Complex numbers on units that compute with real ones: taken apart into their parts, and put together again."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.simulator.conversion import Array

_PARTS = {"complex64": "float32", "complex128": "float64"}


def part_of(dtype: str) -> str:
    """The dtype of a part; of a real dtype itself."""
    return _PARTS.get(dtype, dtype)


def is_complex(dtype: str) -> bool:
    """Whether numbers of a dtype have two parts."""
    return dtype in _PARTS


def apart(values: Array) -> tuple[Array, Array]:
    """The real and the imaginary part, each dense; of real numbers, the second is zero."""
    if values.dtype.kind != "c":
        return values, np.zeros_like(values)
    return np.ascontiguousarray(values.real), np.ascontiguousarray(values.imag)


def together(real: Array, imaginary: Array, dtype: str) -> Array:
    """Numbers of a complex dtype from their parts."""
    found = np.empty(real.shape, dtype)
    found.real, found.imag = real, imaginary
    return found


def number_of(value: Any) -> complex:
    """A factor among the attributes: a number, or the pair of its parts."""
    return complex(float(value[0]), float(value[1])) if isinstance(value, list | tuple) else complex(float(value))
