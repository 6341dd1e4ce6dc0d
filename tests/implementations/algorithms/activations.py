"""Other formulas for activations, rotations and evenly spaced values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from harness.simulator.conversion import convert, is_float
from tests.implementations.algorithms.machine import Algorithm, Array, Attributes, Machine, filled, narrow, wide


def _sigmoid(
    machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    """With the power of what is not above zero: 1 / (1 + e) or e / (1 + e)."""
    x = wide(machine, operands[0])
    power = machine.step("exp", machine.step("negative", machine.step("abs", x)))
    top = np.where(x < 0, power, filled(1, power))
    return narrow(machine, machine.step("divide", top, machine.step("add", filled(1, power), power)), results)


def _complement(values: Array) -> Array:
    exact = np.vectorize(math.erfc, otypes=[np.float64])(values.astype(np.float64))
    return convert(exact, values.dtype.name)


def _gelu(
    machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    """Half of x times the complement of the error function; the approximation by way of one power."""
    step, x = machine.step, wide(machine, operands[0])
    if attributes.get("approximate", "none") == "tanh":
        cube = step("multiply", step("multiply", x, x), x)
        inner = step("add", x, step("multiply", filled(0.044715, x), cube))
        z = step("multiply", filled(-2 * math.sqrt(2 / math.pi), x), inner)
        below = step("add", filled(1, x), step("exp", z))
        found = np.where(np.isneginf(x), step("multiply", x, filled(0, x)), step("divide", x, below))
        return narrow(machine, found, results)
    argument = step("multiply", filled(-math.sqrt(0.5), x), x)
    half = step("multiply", filled(0.5, x), x)
    return narrow(machine, step("multiply", half, _complement(argument)), results)


def _relu(
    machine: Machine, operands: Sequence[Array], attributes: Attributes, results: Sequence[str]
) -> Sequence[Array]:
    """What is below zero is replaced; NaN is not."""
    x = operands[0]
    if is_float(x.dtype):
        return (np.where(x < 0, filled(0, x), machine.step("cast", x, result=results[0])),)
    return (np.where(x < 0, filled(0, x), x),)


ACTIVATIONS: Mapping[str, Algorithm] = {"Sigmoid": _sigmoid, "Gelu": _gelu, "Relu": _relu}
