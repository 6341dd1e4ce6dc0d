"""The arithmetic of a correct implementation: a profile's units, with operations carried out by other algorithms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.profile.model import Profile
from harness.simulator.arithmetic import ProfileArithmetic
from harness.simulator.composed.operations import OPERATIONS
from harness.simulator.conversion import Array, is_float
from harness.simulator.signatures import Signature
from tests.implementations.algorithms.machine import Algorithm
from tests.implementations.algorithms.products import Cut, uncut

#: Steps that add up many terms, whose order and rounding no standard fixes.
_SUMS = frozenset({"sum", "prod", "mean"})
_PRODUCTS = frozenset({"matmul", "vecdot", "gemm"})


class Rewritten:
    """Units that round elementwise results to nearest, sums as those of another profile, with other algorithms.

    ``algorithms`` stand in for operations by name, also where those are steps of others; ``cut`` says how every
    product of matrices is put together from smaller ones.
    """

    def __init__(
        self, units: Profile, sums: Profile, algorithms: Mapping[str, Algorithm] | None = None, cut: Cut = uncut
    ) -> None:
        self._units, self._sums = ProfileArithmetic(units), ProfileArithmetic(sums)
        self._algorithms, self._cut = algorithms or {}, cut

    @property
    def assumptions(self) -> Mapping[str, str]:
        """What the units take for granted."""
        return self._units.assumptions

    def make_ready(self) -> None:
        """Compile what is compiled."""
        self._sums.make_ready()

    def signature(self, operation: str) -> Signature:
        """An operation's signature, whatever algorithm carries it out."""
        return self._units.signature(operation)

    def prepare(self, operation: str, dtypes: Sequence[str]) -> None:
        """Refuse what the units cannot compute."""
        self._units.prepare(operation, dtypes)

    def compute(
        self, operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
    ) -> Sequence[Array]:
        """The results of an operation, by its algorithm where it has one."""
        with np.errstate(all="ignore"):
            algorithm = self._algorithms.get(operation)
            if algorithm is None and operation in OPERATIONS:
                algorithm = OPERATIONS[operation].compute
            if algorithm is not None:
                return algorithm(self, inputs, attributes, results)
            return (self.plain(operation, *inputs, result=results[0], **attributes),)

    def step(self, operation: str, *operands: Array, result: str | None = None, **attributes: Any) -> Array:
        """One step, by its algorithm where it has one."""
        algorithm = self._algorithms.get(operation)
        if algorithm is None:
            return self.plain(operation, *operands, result=result, **attributes)
        (found,) = algorithm(self, operands, attributes, (result or operands[0].dtype.name,))
        return found

    def plain(self, operation: str, *operands: Array, result: str | None = None, **attributes: Any) -> Array:
        """One step by the units: sums in their own rounding up to the accumulator, and from there to nearest."""
        result = result or operands[0].dtype.name
        if operation not in _SUMS | _PRODUCTS or not is_float(operands[0].dtype):
            return self._units.step(operation, *operands, result=result, **attributes)
        kept = self._kept(operands[0].dtype.name, result)
        if operation == "mean":
            found = self._sums.step("sum", *operands, result=kept, **attributes)
            count = operands[0].size / found.size if found.size else float(_length(operands[0], attributes))
            found = self._units.step("divide", found, np.full(found.shape, count).astype(found.dtype))
        else:
            found = self._sums.step(operation, *operands, result=kept, **attributes)
            if _at_the_end(found):
                found = _beyond(found, self._units.step(operation, *operands, result=kept, **attributes))
        return self._units.step("cast", found, result=result)

    def product(self, operation: str, a: Array, b: Array, result: str) -> Array:
        """Matrix products, cut as this implementation cuts them."""
        return self._cut(self, partial(self._multiplied, operation), a, b, result)

    def _multiplied(self, operation: str, a: Array, b: Array, result: str) -> Array:
        if not is_float(a.dtype):
            return self._sums.product(operation, a, b, result)
        kept = self._kept(a.dtype.name, result)
        found = self._sums.product(operation, a, b, kept)
        if _at_the_end(found):
            found = _beyond(found, self._units.product(operation, a, b, kept))
        return self._units.step("cast", found, result=result)

    def working(self, dtype: str) -> str:
        """The dtype in which composed operations on operands of a dtype are carried out."""
        return self._units.working(dtype)

    def _kept(self, dtype: str, result: str) -> str:
        """The format in which a sum is kept before it is rounded to the result."""
        return "float64" if result == "float64" else self._sums.working(dtype)


def _at_the_end(found: Array) -> bool:
    """Whether a sum is the largest finite number, as which one that is rounded toward zero leaves its format."""
    return bool((np.abs(found) == np.finfo(found.dtype).max).any())


def _beyond(found: Array, nearest: Array) -> Array:
    """Sums beyond the largest finite number are infinite, however they are rounded: the interface demands it."""
    return np.where(np.isinf(nearest) & np.isfinite(found), nearest, found)


def _length(values: Array, attributes: Mapping[str, Any]) -> int:
    axis = attributes.get("axis")
    return values.size if axis is None else values.shape[axis]
