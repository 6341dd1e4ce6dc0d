"""Variance, layer and root mean square normalisation by their definitions, along the last axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.reference.precision import wider

Array = NDArray[Any]


@dataclass(frozen=True)
class Moments:
    """Of each row, with its axis kept: the number of elements, the mean of their absolute values, and the variance."""

    count: int
    size: Array
    variance: Array


def moments_of(values: Array) -> Moments:
    """What the bounds of each row follow: the mean first, then differences from it."""
    with np.errstate(all="ignore"):
        wide = wider(values)
        count = wide.shape[-1]
        size = np.abs(wide).sum(axis=-1, keepdims=True) / count
        differences = wide - wide.sum(axis=-1, keepdims=True) / count
        spread = np.square(differences).sum(axis=-1, keepdims=True) / count
        return Moments(count, size.astype(np.float64), spread.astype(np.float64))


def variance(values: Array, correction: float) -> Array:
    """The sum of squared differences from the mean over n - correction; NaN where that is not above zero."""
    with np.errstate(all="ignore"):
        wide = wider(values)
        count = wide.shape[-1]
        left = count - correction
        if left <= 0:
            return np.full(values.shape[:-1], np.nan)
        differences = wide - wide.sum(axis=-1, keepdims=True) / count
        return np.asarray((np.square(differences).sum(axis=-1) / left).astype(np.float64))


def layer_normalized(values: Array, epsilon: float) -> Array:
    """Each element less the mean of its row, over the root of variance and epsilon."""
    with np.errstate(all="ignore"):
        wide = wider(values)
        differences = wide - wide.sum(axis=-1, keepdims=True) / wide.shape[-1]
        return _over_root(differences, epsilon)


def rms_normalized(values: Array, epsilon: float) -> Array:
    """Each element over the root of the mean square of its row and epsilon."""
    with np.errstate(all="ignore"):
        return _over_root(wider(values), epsilon)


def _over_root(values: Array, epsilon: float) -> Array:
    mean_square = np.square(values).sum(axis=-1, keepdims=True) / values.shape[-1]
    return np.asarray((values / np.sqrt(mean_square + epsilon)).astype(np.float64))


def mean_square(values: Array) -> Array:
    """The mean square along the last axis, which is kept, in float64."""
    with np.errstate(all="ignore"):
        wide = wider(values)
        return np.asarray((np.square(wide).sum(axis=-1, keepdims=True) / wide.shape[-1]).astype(np.float64))
