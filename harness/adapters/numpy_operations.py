"""Every operation of the interface that numpy can be asked for, by its name.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.adapters import array_operations
from harness.adapters.compositions import (
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
    scans,
    softmax,
    sorting,
    transform,
    variance,
)
from harness.adapters.spelling import Spelling

#: Those of the array API first; a table further down replaces what stands above it.
OPERATIONS: Mapping[str, Spelling] = {
    **array_operations.OPERATIONS,
    **creation.OPERATIONS,
    **movement.OPERATIONS,
    **indexing.OPERATIONS,
    **sorting.OPERATIONS,
    **scans.OPERATIONS,
    **activation.OPERATIONS,
    **blas.OPERATIONS,
    **transform.OPERATIONS,
    **convolution.OPERATIONS,
    **pooling.OPERATIONS,
    **variance.OPERATIONS,
    **normalization.OPERATIONS,
    **softmax.OPERATIONS,
    **attention.OPERATIONS,
    **matrix_products.OPERATIONS,
    **quantization.OPERATIONS,
}
