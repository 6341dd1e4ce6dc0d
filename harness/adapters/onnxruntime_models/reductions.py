"""Reductions and running sums that are one node of ONNX, where axes are an operand.

ONNX has no variance and counts nothing, its running sums begin with the first element, and its sums of integers keep
the operand's type. This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.adapters.onnxruntime_models.node import Launch, Node, Spelled
from harness.device.protocol import UNSUPPORTED, DeviceError

#: The interface's name, and that of ONNX. Of truth values the greatest says whether any is true.
_REDUCTIONS: Mapping[str, str] = {
    "sum": "ReduceSum",
    "mean": "ReduceMean",
    "prod": "ReduceProd",
    "max": "ReduceMax",
    "min": "ReduceMin",
    "any": "ReduceMax",
    "all": "ReduceMin",
}


def _reduction(operator: str) -> Spelled:
    def node(launch: Launch) -> Node:
        x, axis = launch.inputs[0], launch.attributes.get("axis")
        axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
        return Node(operator, [x, np.array(axes, np.int64)], {"keepdims": _kept(launch)})

    return node


def _position(operator: str) -> Spelled:
    """The first place of an extremum; without an axis that in the elements as they lie."""

    def node(launch: Launch) -> Node:
        x, axis = launch.inputs[0], launch.attributes.get("axis")
        if axis is not None:
            return Node(operator, [x], {"axis": axis, "keepdims": _kept(launch)})
        shape = (1,) * x.ndim if _kept(launch) else ()
        return Node(operator, [x.reshape(-1)], {"keepdims": 0}, arranged=lambda found: [found[0].reshape(shape)])

    return node


def _kept(launch: Launch) -> int:
    return int(launch.attributes.get("keepdims", False))


def _cumulative_sum(launch: Launch) -> Node:
    x, axis = launch.inputs[0], launch.attributes.get("axis")
    if launch.attributes.get("include_initial", False):
        raise DeviceError(UNSUPPORTED, "CumSum has no sum of nothing before the first")
    if axis is None and x.ndim != 1:
        raise DeviceError(UNSUPPORTED, "CumSum needs an axis")
    return Node("CumSum", [x, _scalar(0 if axis is None else axis)])


def _scalar(value: int) -> Any:
    return np.array(value, np.int64)


TABLE: Mapping[str, Spelled] = {
    **{name: _reduction(operator) for name, operator in _REDUCTIONS.items()},
    "argmax": _position("ArgMax"),
    "argmin": _position("ArgMin"),
    "cumulative_sum": _cumulative_sum,
}
