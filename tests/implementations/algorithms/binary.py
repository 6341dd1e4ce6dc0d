"""Powers of e by way of powers of 2, as units have them that know no others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.simulator.conversion import convert
from tests.implementations.algorithms.machine import Algorithm, Array, Attributes, Machine, filled


class _Binary:
    """A machine whose powers of e are those of 2 of the operand times log2(e), which is rounded."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def step(self, operation: str, *operands: Array, result: str | None = None, **attributes: Any) -> Array:
        """A step of the machine, but for powers."""
        if operation != "exp":
            return self._machine.step(operation, *operands, result=result, **attributes)
        times = self._machine.step("multiply", operands[0], filled(math.log2(math.e), operands[0]))
        return convert(np.exp2(times.astype(np.float64)), times.dtype.name)

    def plain(self, operation: str, *operands: Array, result: str | None = None, **attributes: Any) -> Array:
        """A step of the machine."""
        return self._machine.plain(operation, *operands, result=result, **attributes)

    def product(self, operation: str, a: Array, b: Array, result: str) -> Array:
        """A product of the machine."""
        return self._machine.product(operation, a, b, result)

    def working(self, dtype: str) -> str:
        """The machine's own."""
        return self._machine.working(dtype)


def _compute(
    algorithm: Algorithm,
    machine: Machine,
    operands: Sequence[Array],
    attributes: Attributes,
    results: Sequence[str],
) -> Sequence[Array]:
    return algorithm(_Binary(machine), operands, attributes, results)


def by_powers_of_two(algorithms: Mapping[str, Algorithm]) -> Mapping[str, Algorithm]:
    """The same algorithms with powers of 2 in place of those of e."""
    return {name: partial(_compute, algorithm) for name, algorithm in algorithms.items()}
