"""Tensors made of arguments alone by one node of ONNX, which has no linspace.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

import numpy as np

from harness.adapters.onnxruntime_models.node import Launch, Node, Spelled, Tensor
from harness.adapters.onnxruntime_models.values import element_type


def _filled(value: Callable[[Mapping[str, Any]], Any]) -> Spelled:
    def node(launch: Launch) -> Node:
        dtype = launch.results[0]
        constant = Tensor(dtype, np.array([value(launch.attributes)]).astype(dtype).tobytes())
        return Node("ConstantOfShape", [np.array(launch.attributes["shape"], np.int64)], {"value": constant})

    return node


def _eye(launch: Launch) -> Node:
    """The operand only lends its shape."""
    rows = launch.attributes["n_rows"]
    columns = launch.attributes.get("n_cols")
    like = np.zeros((rows, rows if columns is None else columns), np.float32)
    return Node("EyeLike", [like], {"dtype": element_type(launch.results[0]), "k": launch.attributes.get("k", 0)})


def _arange(launch: Launch) -> Node:
    given, dtype = launch.attributes, launch.results[0]
    bounds = (given.get("start", 0), given["stop"], given.get("step", 1))
    return Node("Range", [np.array(bound).astype(dtype) for bound in bounds])


TABLE: Mapping[str, Spelled] = {
    "full": _filled(lambda given: given["fill_value"]),
    "zeros": _filled(lambda given: 0),
    "ones": _filled(lambda given: 1),
    "eye": _eye,
    "arange": _arange,
}
