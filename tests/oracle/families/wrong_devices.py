"""Devices that compute as the ideal one does, but for one fault in what goes in or what comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.profile.store import load_profile
from harness.simulator.arithmetic import ProfileArithmetic
from harness.simulator.conversion import Array
from harness.simulator.runtime import SimulatedDevice
from tests.suites.asking import ask, task

PROFILE = "reference/ieee"

#: What a faulty device makes of a launch: from an honest way to compute, the operands, attributes and result dtypes.
Honest = Callable[..., Sequence[Array]]
Fault = Callable[[Honest, Sequence[Array], Mapping[str, Any], Sequence[str]], Sequence[Array]]


class _Faulty(ProfileArithmetic):
    def __init__(self, fault: Fault) -> None:
        super().__init__(load_profile(PROFILE))
        self._fault = fault

    def compute(
        self, operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
    ) -> Sequence[Array]:
        def honest(operands: Sequence[Array] = inputs, **changed: Any) -> Sequence[Array]:
            given = {name: value for name, value in {**attributes, **changed}.items() if value is not None}
            return super(_Faulty, self).compute(operation, operands, given, results)

        return self._fault(honest, inputs, attributes, results)


def device(fault: Fault) -> SimulatedDevice:
    """A device with a fault."""
    return SimulatedDevice(load_profile(PROFILE), _Faulty(fault))


def ideal() -> SimulatedDevice:
    """The device without any."""
    return SimulatedDevice(load_profile(PROFILE))


def failed(fault: Fault, operation: str, label: str, word: str) -> int:
    """How many questions of an input class a device with a fault fails."""
    return sum(finding.outcome == "fail" for _, finding in ask(device(fault), task(operation, label), word))


def zeros(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """Nothing but zeros."""
    return [np.zeros_like(found) for found in honest()]


def last_output() -> Fault:
    """The output before, wherever it has the right shape."""
    before: dict[Any, Sequence[Array]] = {}

    def fault(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
        found = honest()
        key = tuple((one.shape, one.dtype.name) for one in found)
        given = before.get(key, found)
        before[key] = found
        return given

    return fault


def cut(values: Array, bits: int) -> Array:
    """Numbers of fewer bits of precision, rounded, real and imaginary part alike."""
    if values.dtype.kind == "c":
        found = np.empty_like(values)
        found.real, found.imag = cut(values.real, bits), cut(values.imag, bits)
        return found
    fraction, exponent = np.frexp(values)
    return np.asarray(np.ldexp(np.rint(np.ldexp(fraction, bits)), exponent - bits)).astype(values.dtype)


def short_operands(honest: Honest, operands: Sequence[Array], attributes: Any, results: Any) -> Sequence[Array]:
    """Operands cut to the eleven bits of a narrower unit, of float64 to those of float32."""
    with np.errstate(all="ignore"):
        bits = 24 if operands[0].dtype.name in ("float64", "complex128") else 11
        return honest([cut(operand, bits) for operand in operands])
