"""What ONNX's MaxPool and AveragePool are, for any operands: the largest and the mean element of each window."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.reference.matrix_products import Known, Product, evaluate
from harness.oracle.reference.windows import Windows, windows_of

Array = NDArray[Any]


@dataclass(frozen=True)
class Mean:
    """Sums of windows with what is known of them, and the numbers they are divided by."""

    sums: Known
    divisors: Array


def largest(x: Array, attributes: Mapping[str, Any]) -> Array:
    """The largest element of each window, in the operand's own dtype; pads are no elements."""
    windows, held, inside = _held(x, attributes)
    first = inside.argmax(axis=1)
    # A place without an element stands for the first that there is.
    chosen = np.where(inside, np.arange(inside.shape[1]), first[:, None])
    found = np.take_along_axis(held, np.broadcast_to(chosen, held.shape), axis=-1).max(axis=-1)
    return np.asarray(found.reshape(*x.shape[:2], *windows.counts))


def mean(x: Array, attributes: Mapping[str, Any], *, exactly: bool) -> Mean:
    """The sum of each window's elements in float64, and their number, pads counted where count_include_pad says so."""
    windows, held, inside = _held(x, attributes)
    shape = (*x.shape[:2], *windows.counts)
    terms = np.where(inside, held, 0.0).reshape(-1, held.shape[-1])
    known = evaluate(Product(terms, np.ones((held.shape[-1], 1))), exactly=exactly)
    counted = windows.padded if attributes.get("count_include_pad", 0) else inside
    sums = Known(*(part.reshape(shape) for part in (known.value, known.magnitude, known.terms, known.open_sign)))
    return Mean(sums, np.broadcast_to(counted.sum(axis=1).reshape(windows.counts), shape))


def _held(x: Array, attributes: Mapping[str, Any]) -> tuple[Windows, Array, NDArray[np.bool_]]:
    lengths = x.shape[2:]
    windows = windows_of(lengths, attributes["kernel_shape"], attributes)
    return windows, x.reshape(*x.shape[:2], math.prod(lengths))[..., windows.index], windows.inside
