"""Elements moved by one node of ONNX, which has no stack, roll or repeat of its own.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.adapters.onnxruntime_models.node import Launch, Node, Spelled

#: Further than any axis is long: where a slice that runs backwards ends.
_BEFORE_THE_FIRST = -(2**63) + 1


def _int64(values: Any) -> Any:
    return np.array(values, np.int64)


def _concat(launch: Launch) -> Node:
    axis = launch.attributes.get("axis", 0)
    operands = launch.inputs
    if axis is None:  # of the elements as they lie
        axis, operands = 0, [operand.reshape(-1) for operand in operands]
    return Node("Concat", operands, {"axis": axis})


def _transpose(launch: Launch) -> Node:
    return Node("Transpose", launch.inputs, {"perm": launch.attributes["axes"]})


def _flip(launch: Launch) -> Node:
    """A slice that runs backwards."""
    x, axis = launch.inputs[0], launch.attributes.get("axis")
    axes = _int64(range(x.ndim) if axis is None else np.atleast_1d(axis))
    back = np.full_like(axes, -1)
    return Node("Slice", [x, back, np.full_like(axes, _BEFORE_THE_FIRST), axes, back])


def _tile(launch: Launch) -> Node:
    """Repetitions and axes are matched from the last one on; there, both must be as many."""
    x, times = launch.inputs[0], list(launch.attributes["repetitions"])
    rank = max(x.ndim, len(times))
    shape = (1,) * (rank - x.ndim) + x.shape
    return Node("Tile", [x.reshape(shape), _int64([1] * (rank - len(times)) + times)])


def _reshape(launch: Launch) -> Node:
    return Node("Reshape", [launch.inputs[0], _int64(launch.attributes["shape"])], {"allowzero": 1})


def _expand(launch: Launch) -> Node:
    return Node("Expand", [launch.inputs[0], _int64(launch.attributes["shape"])])


def _triangle(upper: int) -> Spelled:
    def node(launch: Launch) -> Node:
        return Node("Trilu", [launch.inputs[0], _int64(launch.attributes.get("k", 0))], {"upper": upper})

    return node


TABLE: Mapping[str, Spelled] = {
    "concat": _concat,
    "permute_dims": _transpose,
    "flip": _flip,
    "tile": _tile,
    "reshape": _reshape,
    "broadcast_to": _expand,
    "tril": _triangle(0),
    "triu": _triangle(1),
}
