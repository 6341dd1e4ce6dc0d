"""How a simulated device computes: plainly in IEEE 754, with the accumulator and the flushing its profile declares.

``Arithmetic`` is the seam behind which a bit-exact vector or matrix unit can stand; ``PlainArithmetic`` rounds to
nearest even always and says so in ``assumptions``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from harness.device.protocol import UNSUPPORTED, DeviceError
from harness.simulator import accumulation, elementwise
from harness.simulator.conversion import Array, convert, flush

#: The format in which sums of these formats are kept where nothing is declared.
_USUAL = dict.fromkeys(
    ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"], "float32"
)
_ACCUMULATORS = frozenset(["float16", "bfloat16", "float32", "float64", "int32", "int64"])


class Declared(Protocol):
    """What a profile declares of how one operation computes; ``None`` is undeclared."""

    @property
    def accumulator(self) -> str | None:
        """The format sums are kept in."""

    @property
    def flush_inputs(self) -> bool | None:
        """Whether subnormal operands become zero."""

    @property
    def flush_outputs(self) -> bool | None:
        """Whether subnormal results become zero."""


class Claims(Protocol):
    """What arithmetic needs of a profile."""

    def arithmetic_of(self, operation: str, dtype: str) -> Declared:
        """What is declared of an operation on operands of a dtype."""


class Arithmetic(Protocol):
    """The computing part of a simulated device."""

    @property
    def assumptions(self) -> Mapping[str, str]:
        """What it takes for granted that no profile says, in words."""

    def prepare(self, operation: str, dtypes: Sequence[str]) -> None:
        """Raise ``DeviceError`` (unsupported) if a launch with these dtypes cannot be computed as declared."""

    def compute(self, operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], result: str) -> Array:
        """The result of an operation, in the dtype ``result``, for operands in their own dtypes."""


class PlainArithmetic:
    """IEEE 754 arithmetic, rounded to nearest even, with a profile's accumulators and flushing."""

    def __init__(self, claims: Claims) -> None:
        self._claims = claims
        self._declared: dict[tuple[str, str], Declared] = {}

    @property
    def assumptions(self) -> Mapping[str, str]:
        """What no profile says, or what is said and not yet followed."""
        return {
            "rounding": "nearest-even, whatever is declared",
            "accumulator": "where undeclared, float32 for 8-bit and 16-bit floats, else the format of the result",
            "flush": "none where undeclared",
            "functions": "computed in float64 and rounded once",
        }

    def prepare(self, operation: str, dtypes: Sequence[str]) -> None:
        """Raise ``DeviceError`` (unsupported) for an accumulator that cannot be computed with."""
        accumulator = self._accumulator(operation, dtypes[0], dtypes[-1])
        if operation in accumulation.NAMES and accumulator not in (*_ACCUMULATORS, dtypes[-1]):
            raise DeviceError(UNSUPPORTED, f"no accumulator {accumulator} for {operation} of {dtypes[0]}")

    def compute(self, operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], result: str) -> Array:
        """The result of an operation, in the dtype ``result``."""
        name = inputs[0].dtype.name
        declared = self._of(operation, name)
        flushed = operation not in elementwise.UNFLUSHED
        with np.errstate(all="ignore"):
            if declared.flush_inputs and flushed:
                inputs = [flush(values, values.dtype.name) for values in inputs]
            if operation in elementwise.NAMES:
                found = elementwise.compute(operation, inputs, result)
            else:
                accumulator = self._accumulator(operation, name, result)
                found = accumulation.compute(operation, inputs, attributes, accumulator, result)
            return flush(found, result) if declared.flush_outputs and flushed else convert(found, result)

    def _of(self, operation: str, dtype: str) -> Declared:
        if (operation, dtype) not in self._declared:
            self._declared[operation, dtype] = self._claims.arithmetic_of(operation, dtype)
        return self._declared[operation, dtype]

    def _accumulator(self, operation: str, dtype: str, result: str) -> str:
        """The declared accumulator; undeclared, the usual one."""
        return self._of(operation, dtype).accumulator or _USUAL.get(dtype, result)
