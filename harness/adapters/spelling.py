"""How an operation of the interface is spelled in an array library: as the adapter's tables hold it.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Tuple

Shape = Tuple[int, ...]


@dataclass(frozen=True)
class Example:
    """The smallest launch of an operation, on ones: shapes of operands and results, and the attributes it needs."""

    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Spelling:
    """One operation: how it is computed by the library, and a launch to try whether it can.

    ``compute`` takes the library's array namespace, the operands, the attributes and the dtypes of the results, and
    returns the results; whatever the library raises goes through. ``least`` is how few operands it takes, as many as
    the example has where it is left out. ``converts`` says that results of another dtype than asked for are rounded
    as they are stored; where it is false, they are refused. ``stretches`` says that a result fills the output by
    repeating itself along axes of length one, as that of an elementwise operation does.
    """

    compute: Callable[[Any, Sequence[Any], Mapping[str, Any], Sequence[Any]], Sequence[Any]]
    example: Example
    least: int | None = None
    converts: bool = False
    stretches: bool = False

    @property
    def arity(self) -> tuple[int, int]:
        """How few and how many operands it takes."""
        most = len(self.example.inputs)
        return (most if self.least is None else self.least), most
