"""Softmax and its logarithm by their definition, along the last axis, in more precision than is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.reference.precision import wider

Array = NDArray[Any]


@dataclass(frozen=True)
class Rows:
    """Right values of softmax along the last axis, in float64.

    ``below`` is how far each operand lies below the largest of its row (d), ``shares`` is softmax itself (p), and
    ``logarithm`` is the logarithm of the sum of powers of each row.
    """

    below: Array
    shares: Array
    logarithm: Array


def rows_of(values: Array) -> Rows:
    """What softmax along the last axis comes to; NaN and infinities as IEEE 754 has it of ``exp(x - max) / sum``."""
    with np.errstate(all="ignore"):
        wide = wider(values)
        below = wide.max(axis=-1, keepdims=True) - wide
        powers = np.exp(-below)
        total = powers.sum(axis=-1, keepdims=True)
        logarithm = np.log(total)[..., 0]
        return Rows(
            below.astype(np.float64),
            (powers / total).astype(np.float64),
            logarithm.astype(np.float64),
        )


def softmax(values: Array) -> Array:
    """Softmax along the last axis, in float64."""
    return rows_of(values).shares


def log_softmax(values: Array) -> Array:
    """The logarithm of softmax along the last axis, in float64: never that of an underflown share."""
    with np.errstate(all="ignore"):
        wide = wider(values)
        shifted = wide - wide.max(axis=-1, keepdims=True)
        return np.asarray((shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))).astype(np.float64))
