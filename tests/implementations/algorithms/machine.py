"""What an algorithm is written in: steps of a product's units, and what it takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from harness.simulator.composed.units import Units

Array = NDArray[Any]
Attributes = Mapping[str, Any]


class Machine(Units, Protocol):
    """Units whose longer operations may be carried out by other algorithms."""

    def plain(self, operation: str, *operands: Array, result: str | None = None, **attributes: Any) -> Array:
        """One step as the units have it, with no algorithm in its place."""


#: Computes an operation: machine, operands, attributes, and the dtypes of the results.
Algorithm = Callable[[Machine, Sequence[Array], Attributes, Sequence[str]], Sequence[Array]]
#: Adds up: machine and terms, along the first axis.
Fold = Callable[[Machine, Array], Array]


def wide(machine: Machine, values: Array) -> Array:
    """Values in the format in which operations on them are carried out."""
    return machine.step("cast", values, result=machine.working(values.dtype.name))


def narrow(machine: Machine, values: Array, results: Sequence[str]) -> Sequence[Array]:
    """The one result, rounded to its dtype."""
    return (machine.step("cast", values, result=results[0]),)


def number(value: float, like: Array) -> Array:
    """A number in the dtype of an array."""
    return np.asarray(value, like.dtype)


def filled(value: float, like: Array) -> Array:
    """An array of one number."""
    return np.full(like.shape, value).astype(like.dtype)


def axis_of(attributes: Attributes, rank: int) -> int:
    """The axis of an operation along rows: the last where it is left out."""
    found: int = attributes.get("axis", -1) % rank
    return found
