"""Every composed operation by its name."""

from __future__ import annotations

from collections.abc import Mapping

from harness.simulator.composed import (
    activation,
    attention,
    blas,
    convolution,
    creation,
    indexing,
    matrix_products,
    movement,
    normalization,
    pooling,
    quantization,
    rotation,
    scans,
    softmax,
    sorting,
    transform,
    variance,
)
from harness.simulator.composed.units import Composed

#: All of them, family by family.
OPERATIONS: Mapping[str, Composed] = {
    **activation.OPERATIONS,
    **blas.OPERATIONS,
    **transform.OPERATIONS,
    **softmax.OPERATIONS,
    **normalization.OPERATIONS,
    **variance.OPERATIONS,
    **convolution.OPERATIONS,
    **pooling.OPERATIONS,
    **attention.OPERATIONS,
    **rotation.OPERATIONS,
    **creation.OPERATIONS,
    **movement.OPERATIONS,
    **indexing.OPERATIONS,
    **sorting.OPERATIONS,
    **scans.OPERATIONS,
    **matrix_products.OPERATIONS,
    **quantization.OPERATIONS,
}
