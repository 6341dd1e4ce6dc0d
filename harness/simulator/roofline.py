"""How long work takes on the modelled clock: as long as its arithmetic or its traffic, whichever is longer.

Time is max(operations / peak rate, bytes / bandwidth) + launch cost (the roofline of Williams, Waterman and Patterson,
2009), from what a profile claims. Every operand is read once and every result written once. A peak rate or bandwidth
that the profile does not claim leaves the time of what needs it unknown, ``None``; the scheduler then takes the launch
cost alone. A launch cost that is not assumed adds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from math import prod
from typing import Literal, Protocol

from harness.device.dtypes import numpy_dtype
from harness.profile.declaration import Declaration
from harness.simulator import elementwise
from harness.simulator.instructions import PREFIX

_SUMS = frozenset({"sum", "prod", "mean"})


class Shaped(Protocol):
    """A tensor, as far as its cost goes."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its lengths."""

    @property
    def dtype(self) -> str:
        """Its element type."""


class Figures(Protocol):
    """What the time of work is made of, as profiles have it."""

    @property
    def declared(self) -> Declaration:
        """Everything that is claimed."""

    @property
    def launch_cost_ms(self) -> float | None:
        """What a launch is taken to cost, in milliseconds."""


class Roofline:
    """The times of one product's work, in milliseconds; ``None`` where its profile lacks the figure that is needed."""

    def __init__(self, profile: Figures) -> None:
        self._profile = profile
        self._launch_ms = profile.launch_cost_ms or 0.0
        per_second = bandwidth(profile)
        self._byte_ms = None if per_second is None else float(1000 / per_second)
        self._operation_ms: dict[tuple[str, str], float | None] = {}

    def launch_ms(self, operation: str, inputs: Sequence[Shaped], output: Shaped) -> float | None:
        """What a launch takes."""
        if self._byte_ms is None:
            return None
        moving = self._byte_ms * (sum(map(_bytes, inputs)) + _bytes(output))
        count = operations_of(operation, inputs, output)
        if not count:
            return moving + self._launch_ms
        each = self._each_ms(operation, inputs[0].dtype)
        return None if each is None else max(count * each, moving) + self._launch_ms

    def copy_ms(self, nbytes: int) -> float | None:
        """What a copy within device memory takes, which reads and writes each byte."""
        return None if self._byte_ms is None else self._byte_ms * 2 * nbytes + self._launch_ms

    def write_ms(self, nbytes: int) -> float | None:
        """What filling device memory from the host takes, at its own bandwidth."""
        return None if self._byte_ms is None else self._byte_ms * nbytes + self._launch_ms

    def _each_ms(self, operation: str, dtype: str) -> float | None:
        """What one operation on operands of a dtype takes at the peak rate."""
        if (operation, dtype) not in self._operation_ms:
            per_second = rate(self._profile, dtype, operation)
            self._operation_ms[operation, dtype] = None if per_second is None else float(1000 / per_second)
        return self._operation_ms[operation, dtype]


def bandwidth(profile: Figures) -> Fraction | None:
    """The claimed bandwidth of device memory, in bytes a second."""
    claim = profile.declared.memory.device.bandwidth
    return claim.value.amount if claim is not None and claim.value is not None else None


def rate(profile: Figures, dtype: str, operation: str = "") -> Fraction | None:
    """The claimed peak rate for operands of a dtype, in operations a second.

    It is that of the unit that serves the operation: ``matrix/FORMAT`` for an instruction, by the format that its
    operands are brought to, else ``vector/DTYPE``; a rate without a unit counts for either.
    """
    arithmetic = profile.declared.arithmetic
    unit_name = arithmetic.serves.get(f"{operation}/{dtype}", operation.removeprefix(PREFIX))
    served = arithmetic.matrix.instructions.get(unit_name)
    unit: Literal["matrix", "vector"] = "vector" if served is None else "matrix"
    claims = profile.declared.rates.model_extra or {}
    format_ = dtype if served is None else served.a
    for name in (f"{unit}/{format_}", format_):
        claim = claims.get(name)
        if claim is not None and claim.value is not None:
            amount: Fraction = claim.value.amount
            return amount
    return None


def operations_of(operation: str, inputs: Sequence[Shaped], output: Shaped) -> int:
    """How many additions, multiplications and the like a launch counts as, a multiply-add being two.

    Functions count one for each element, sums one for each term, and what rounds nothing counts nothing.
    """
    results = prod(output.shape)
    if operation in elementwise.ROUNDING:
        return results
    if operation in _SUMS:
        return prod(inputs[0].shape)
    if operation in ("matmul", "vecdot") or operation.startswith(PREFIX):
        return 2 * results * inputs[0].shape[-1]
    if operation == "gemm":  # A may be transposed; its elements over those of C's rows are the depth either way
        depth = prod(inputs[0].shape) // output.shape[0] if results else 0
        return 2 * results * depth + 3 * results
    return 0


def _bytes(tensor: Shaped) -> int:
    return prod(tensor.shape) * _width(tensor.dtype)


@cache
def _width(dtype: str) -> int:
    return numpy_dtype(dtype).itemsize
