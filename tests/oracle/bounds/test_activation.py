"""Bounds of activations hold for formulas whose every step errs as far as is legal, and for no coarser one."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.oracle.bounds.activation import gelu_bound, gelu_tanh_bound, sigmoid_bound
from harness.oracle.bounds.arithmetic import Arithmetic
from harness.oracle.reference.activation import activation
from harness.oracle.reference.functions import erf, erfc

Array = NDArray[np.float64]
U = 2.0**-24
FLOAT32 = Arithmetic("float32", U, 2.0**-149, U, 2.0**-149)
HALF = Arithmetic("float32", U, 2.0**-149, 2.0**-11, 2.0**-24)
X = np.concatenate([s * np.ldexp(np.linspace(1, 2, 33), e) for e in range(-12, 7) for s in (1, -1)])
X = X.astype(np.float32).astype(np.float64)
SIGNS = list(itertools.product((-1, 1), repeat=3))


def figures(got: Array, bound: Array, name: str, approximate: str = "none") -> float:
    return float((np.abs(got - activation(name, X.astype(np.float32), approximate)) / bound).max())


def right(name: str, approximate: str = "none") -> Array:
    return activation(name, X.astype(np.float32), approximate)


@pytest.mark.parametrize("signs", SIGNS)
def test_sigmoid_by_either_form(signs: tuple[int, int, int]) -> None:
    with np.errstate(all="ignore"):
        power, other = np.exp(-X) * (1 + 6 * U * signs[0]), np.exp(X) * (1 + 6 * U * signs[0])
        below = (1 + power) * (1 + U * signs[1])
        one = 1 / below * (1 + U * signs[2])
        other_below = (1 + np.exp(X) * (1 + 6 * U * signs[1])) * (1 + U * signs[1])
        two = np.where(X < 60, other / other_below * (1 + U * signs[2]), one)
    bound = sigmoid_bound(FLOAT32, right("Sigmoid"))
    assert figures(one, bound, "Sigmoid") <= 1
    assert figures(two, bound, "Sigmoid") <= 1


@pytest.mark.parametrize("signs", SIGNS)
def test_gelu_by_erf_and_by_erfc(signs: tuple[int, int, int]) -> None:
    a = X / math.sqrt(2) * (1 + 2 * U * signs[0])
    by_erf = 0.5 * X * (1 + erf(a) * (1 + 32 * U * signs[1])) * (1 + 3 * U * signs[2])
    by_erfc = 0.5 * X * erfc(-a) * (1 + 32 * U * signs[1]) * (1 + 2 * U * signs[2])
    bound = gelu_bound(FLOAT32, X, right("Gelu"))
    assert figures(by_erf, bound, "Gelu") <= 1
    assert figures(by_erfc, bound, "Gelu") <= 1


@pytest.mark.parametrize("signs", SIGNS)
def test_gelu_by_tanh_and_by_exp(signs: tuple[int, int, int]) -> None:
    z = math.sqrt(2 / math.pi) * (X + 0.044715 * X**3) * (1 + 8 * U * signs[0])
    by_tanh = 0.5 * X * (1 + np.tanh(z) * (1 + 10 * U * signs[1])) * (1 + 3 * U * signs[2])
    with np.errstate(all="ignore"):
        by_exp = X / (1 + np.exp(-2 * z) * (1 + 6 * U * signs[1])) * (1 + 2 * U * signs[2])
    bound = gelu_tanh_bound(FLOAT32, X, right("Gelu", "tanh"))
    assert figures(by_tanh, bound, "Gelu", "tanh") <= 1
    assert figures(by_exp, bound, "Gelu", "tanh") <= 1


def test_the_forms_of_gelu_are_told_apart_in_float16_too() -> None:
    exact, approximate = right("Gelu"), right("Gelu", "tanh")
    assert (np.abs(exact - approximate) / gelu_bound(FLOAT32, X, exact)).max() > 100
    assert (np.abs(exact - approximate) / gelu_tanh_bound(FLOAT32, X, approximate)).max() > 100


def test_formulas_carried_out_in_sixteen_bits_are_beyond_the_bound() -> None:
    x = X.astype(np.float16)
    with np.errstate(all="ignore"):
        one = np.float16(1)
        sigmoid = (one / (one + np.exp(-x))).astype(np.float64)
        bent = erf((x * np.float16(math.sqrt(0.5))).astype(np.float64)).astype(np.float16)
        gelu = (np.float16(0.5) * x * (one + bent)).astype(np.float64)
    same = x.astype(np.float64) == X
    assert same.sum() > 100
    assert (np.abs(sigmoid - right("Sigmoid")) / sigmoid_bound(HALF, right("Sigmoid")))[same].max() > 1.5
    assert (np.abs(gelu - right("Gelu")) / gelu_bound(HALF, X, right("Gelu")))[same].max() > 20
