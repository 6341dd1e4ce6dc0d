"""The units of a product that has one vector unit for every dtype."""

from __future__ import annotations

from typing import Any

from harness.simulator.vector_unit import VectorUnit
from tests.simulator.launching import Array


class UnitsOf:
    """Steps of composed operations by one vector unit."""

    def __init__(self, unit: VectorUnit) -> None:
        self._unit = unit

    def step(self, operation: str, *operands: Array, result: str | None = None, **attributes: Any) -> Array:
        return self._unit.compute(operation, operands, attributes, result or operands[0].dtype.name)

    def product(self, operation: str, a: Array, b: Array, result: str) -> Array:
        return self._unit.compute("matmul", (a, b), {}, result)

    def working(self, dtype: str) -> str:
        return self._unit.accumulator(dtype, dtype)
