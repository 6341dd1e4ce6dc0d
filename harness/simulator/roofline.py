"""How long work takes on the modelled clock: as long as its arithmetic or its traffic, whichever is longer.

Time is max(operations / peak rate, bytes / bandwidth) + launch cost (the roofline of Williams, Waterman and Patterson,
2009), from what a profile claims. Every operand is read once and every result written once. A peak rate or bandwidth
that the profile does not claim leaves the time of what needs it unknown, ``None``; the scheduler then takes the launch
cost alone. A launch cost that is not assumed adds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod
from typing import Literal, Protocol

from harness.device.dtypes import numpy_dtype
from harness.profile.declaration import Declaration
from harness.simulator import elementwise

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


def cost_ms(operation: str, inputs: Sequence[Shaped], output: Shaped, profile: Figures) -> float | None:
    """What a launch takes in milliseconds; ``None`` where the profile lacks the rate or bandwidth it needs."""
    moving = _moving(sum(map(_bytes, (*inputs, output))), profile)
    count = operations_of(operation, inputs, output)
    per_second = rate(profile, inputs[0].dtype, operation) if count else Fraction(1)
    if moving is None or per_second is None:
        return None
    return _with_launch(max(count / per_second, moving), profile)


def copy_cost_ms(nbytes: int, profile: Figures) -> float | None:
    """What a copy within device memory takes, which reads and writes each byte; ``None`` without a bandwidth."""
    moving = _moving(2 * nbytes, profile)
    return None if moving is None else _with_launch(moving, profile)


def write_cost_ms(nbytes: int, profile: Figures) -> float | None:
    """What filling device memory from the host takes, at its own bandwidth; ``None`` without one."""
    moving = _moving(nbytes, profile)
    return None if moving is None else _with_launch(moving, profile)


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
    served = arithmetic.matrix.instructions.get(arithmetic.serves.get(f"{operation}/{dtype}", "vector"))
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
    if operation in ("matmul", "vecdot"):
        return 2 * results * inputs[0].shape[-1]
    if operation == "gemm":  # A may be transposed; its elements over those of C's rows are the depth either way
        depth = prod(inputs[0].shape) // output.shape[0] if results else 0
        return 2 * results * depth + 3 * results
    return 0


def _bytes(tensor: Shaped) -> int:
    return prod(tensor.shape) * numpy_dtype(tensor.dtype).itemsize


def _moving(nbytes: int, profile: Figures) -> Fraction | None:
    """Seconds that bytes take to and from device memory."""
    per_second = bandwidth(profile)
    return None if per_second is None else Fraction(nbytes) / per_second


def _with_launch(seconds: Fraction, profile: Figures) -> float:
    return float(seconds * 1000) + (profile.launch_cost_ms or 0.0)
