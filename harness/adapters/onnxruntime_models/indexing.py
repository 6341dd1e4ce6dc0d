"""Elements found by index and put in order by one node of ONNX.

ONNX has no sort, but the first K of an order, which are all of it where K is the length of the axis; of equal elements
the one of the lower index comes first. It has no search. This file travels to the far side of a place: Python 3.8 or
later.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.adapters.onnxruntime_models.node import Launch, Node, Spelled

_INDEX = np.dtype(np.int64)


def _take(launch: Launch) -> Node:
    axis = launch.attributes.get("axis")
    return Node("Gather", launch.inputs, {"axis": 0 if axis is None else axis})


def _take_along(launch: Launch) -> Node:
    return Node("GatherElements", launch.inputs, {"axis": launch.attributes.get("axis", -1)})


def _ordered(output: int) -> Spelled:
    """The values (output 0) or the indices (1) of the whole order."""

    def node(launch: Launch) -> Node:
        x, axis = launch.inputs[0], launch.attributes.get("axis", -1)
        attributes = {"axis": axis, "largest": int(launch.attributes.get("descending", False)), "sorted": 1}
        return Node(
            "TopK",
            [x, np.array([x.shape[axis]], np.int64)],
            attributes,
            outputs=(x.dtype, _INDEX),
            arranged=lambda found: [found[output]],
        )

    return node


TABLE: Mapping[str, Spelled] = {
    "take": _take,
    "take_along_axis": _take_along,
    "sort": _ordered(0),
    "argsort": _ordered(1),
}
