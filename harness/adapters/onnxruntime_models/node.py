"""One node of ONNX that carries out a launch, and how the tables of this package become an adapter's operations.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

from harness.adapters.numpy_operations import OPERATIONS as OF_NUMPY
from harness.adapters.spelling import Spelling


@dataclass(frozen=True)
class Launch:
    """What the interface asks: operands as arrays, attributes by the interface's names, dtypes of the results."""

    inputs: Sequence[Any]
    attributes: Mapping[str, Any]
    results: Sequence[Any]


@dataclass(frozen=True)
class Tensor:
    """An attribute of a node that is a tensor of one element, by its bits."""

    dtype: Any
    data: bytes


@dataclass(frozen=True)
class Node:
    """What ONNX is asked: an operator, its operands and its attributes by its own names.

    ``outputs`` are the dtypes of its outputs where they are not those of the launch; ``arranged`` picks the results
    of the launch from the outputs and gives them their shape, which moves no element.
    """

    operator: str
    operands: Sequence[Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    outputs: Optional[Sequence[Any]] = None
    arranged: Callable[[Sequence[Any]], Sequence[Any]] = tuple


#: How a launch of one operation becomes a node.
Spelled = Callable[[Launch], Node]


def same(operator: str, **fixed: Any) -> Spelled:
    """The operator with the operands and attributes of the launch as they are, and attributes that never change."""

    def node(launch: Launch) -> Node:
        return Node(operator, launch.inputs, {**launch.attributes, **fixed})

    return node


def spelled(table: Mapping[str, Spelled]) -> Mapping[str, Spelling]:
    """A table as an adapter's operations; the launches to try them on are those that numpy is tried on."""
    return {name: _spelling(OF_NUMPY[name], node) for name, node in table.items()}


def _spelling(known: Spelling, node: Spelled) -> Spelling:
    def compute(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        made = node(Launch(inputs, attributes, results))
        return made.arranged(xp.run(made, results if made.outputs is None else made.outputs))

    return Spelling(compute, known.example, known.least, stretches=known.stretches)
