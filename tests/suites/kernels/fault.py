"""One faulty kernel: an honest device, of which one operation goes wrong in one way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.oracle.definition import Size
from harness.profile.store import load_profile
from harness.simulator.arithmetic import ProfileArithmetic
from harness.simulator.conversion import Array, convert
from harness.simulator.runtime import SimulatedDevice
from tests.suites.faulty_operations import PROFILE

Operands = Sequence[Array]


@dataclass(frozen=True)
class Launch:
    """One launch as a fault sees it: what came in, and the right result in the output's dtype."""

    operation: str
    operands: Operands
    attributes: Mapping[str, Any]
    right: Array
    honest: ProfileArithmetic

    @property
    def dtype(self) -> str:
        """The dtype of the result."""
        return self.right.dtype.name

    @property
    def wide(self) -> Array:
        """The first operand in float64."""
        return self.operands[0].astype(np.float64)

    def of(self, operation: str, *operands: Array, result: str | None = None, **attributes: Any) -> Array:
        """An honest result of another operation."""
        found = self.honest.compute(operation, operands, attributes, [result or self.dtype])
        return np.asarray(found[0])

    def again(self, *operands: Array, **attributes: Any) -> Array:
        """An honest result of this operation for other operands or attributes."""
        return self.of(self.operation, *(operands or self.operands), **{**self.attributes, **attributes})

    def narrow(self, values: Array) -> Array:
        """Values in the dtype of the result."""
        return convert(np.asarray(values), self.dtype)


@dataclass(frozen=True)
class Kernel:
    """A fault of one operation on one row of dtypes.

    ``words`` are the input classes that must fail. ``sizes`` are those at which others would try it, where the usual
    ones do not fit; ``long`` says that it shows only in launches so large that a quick run leaves them out.
    """

    name: str
    operation: str
    label: str
    wrong: Callable[[Launch], Array]
    words: tuple[str, ...]
    sizes: tuple[Size, ...] = ()
    long: bool = False

    def device(self) -> SimulatedDevice:
        """A device that is honest but for this."""
        return SimulatedDevice(load_profile(PROFILE), _Faulty(self))


class _Faulty(ProfileArithmetic):
    def __init__(self, kernel: Kernel) -> None:
        super().__init__(load_profile(PROFILE))
        self._kernel, self._honest = kernel, ProfileArithmetic(load_profile(PROFILE))

    def compute(
        self, operation: str, inputs: Operands, attributes: Mapping[str, Any], results: Sequence[str]
    ) -> Sequence[Array]:
        found = super().compute(operation, inputs, attributes, results)
        if operation != self._kernel.operation:
            return found
        first, *others = found
        with np.errstate(all="ignore"):
            wrong = self._kernel.wrong(Launch(operation, inputs, attributes, np.asarray(first), self._honest))
        return [np.asarray(wrong).astype(np.asarray(first).dtype), *others]


def cut(values: Array, bits: int) -> Array:
    """Floating-point numbers with only so many leading bits."""
    mantissa, exponent = np.frexp(values.astype(np.float64))
    kept = np.ldexp(np.trunc(np.ldexp(mantissa, bits)), exponent - bits)
    return np.where(np.isfinite(mantissa), kept, mantissa).astype(values.dtype)


def rounded(values: Array, dtype: str) -> Array:
    """Values rounded to another dtype, and back."""
    return convert(convert(values, dtype), values.dtype.name)
