"""Every operation of the interface that is one node of ONNX, by its name.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.adapters.onnxruntime_models import (
    creation,
    elementwise,
    indexing,
    movement,
    onnx_operators,
    products,
    reductions,
    transform,
)
from harness.adapters.onnxruntime_models.node import spelled
from harness.adapters.spelling import Spelling

OPERATIONS: Mapping[str, Spelling] = spelled(
    {
        **elementwise.TABLE,
        **reductions.TABLE,
        **creation.TABLE,
        **movement.TABLE,
        **indexing.TABLE,
        **products.TABLE,
        **transform.TABLE,
        **onnx_operators.TABLE,
    }
)
