"""References of functions, held to mpmath at 300 bits and to definitions of their own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from harness.oracle.draw import Draw
from harness.oracle.families.function_points import spread
from harness.oracle.reference.activation import activation
from harness.oracle.reference.functions import FUNCTIONS, function
from tests.suites.asking import task

Number = Any

#: By the exponential and the logarithm alone, where a function has such a definition.
DEFINITIONS: Mapping[str, Callable[..., Number]] = {
    "exp": lambda x: mp.e**x,
    "expm1": lambda x: mp.e**x - 1,
    "log": mp.ln,
    "log1p": lambda x: mp.ln(1 + x),
    "log2": lambda x: mp.ln(x) / mp.ln(2),
    "log10": lambda x: mp.ln(x) / mp.ln(10),
    "sin": lambda x: mp.im(mp.expj(x)),
    "cos": lambda x: mp.re(mp.expj(x)),
    "tan": lambda x: mp.im(mp.expj(x)) / mp.re(mp.expj(x)),
    "asin": lambda x: mp.atan2(x, mp.sqrt((1 - x) * (1 + x))),
    "acos": lambda x: mp.atan2(mp.sqrt((1 - x) * (1 + x)), x),
    "atan": lambda x: mp.im(mp.ln(mp.mpc(1, x))),
    "sinh": lambda x: (mp.e**x - mp.e**-x) / 2,
    "cosh": lambda x: (mp.e**x + mp.e**-x) / 2,
    "tanh": lambda x: 1 - 2 / (mp.e ** (2 * x) + 1),
    "asinh": lambda x: mp.sign(x) * mp.ln(abs(x) + mp.sqrt(x * x + 1)),
    "acosh": lambda x: mp.ln(x + mp.sqrt(x * x - 1)),
    "atanh": lambda x: mp.ln((1 + x) / (1 - x)) / 2,
    "pow": lambda x, y: mp.e ** (y * mp.ln(x)),
    "atan2": lambda y, x: mp.im(mp.ln(mp.mpc(x, y))),
    "hypot": lambda x, y: mp.sqrt(x * x + y * y),
    "logaddexp": lambda x, y: mp.ln(mp.e**x + mp.e**y),
}


def exactly(name: str, points: list[Any]) -> list[Number]:
    """The definition at points of the dtype, in so many bits that whatever cancels is nothing."""
    with mp.workprec(2600):
        return [DEFINITIONS[name](*map(mp.mpf, column)) for column in zip(*(p.tolist() for p in points), strict=True)]


def test_every_function_has_a_definition() -> None:
    assert set(DEFINITIONS) == set(FUNCTIONS)


@pytest.mark.parametrize("name", sorted(DEFINITIONS))
def test_float64_is_right_to_a_thousandth_of_a_unit_of_float32(name: str) -> None:
    points = [p.astype(np.float64) for p in spread(task(name, "float32"), Draw("seed", "test", name), 60)]
    found = function(name, [p.astype(np.float32) for p in points])
    for got, right in zip(found.tolist(), exactly(name, points), strict=True):
        # The result of the one function that can be zero is held to the size of what was added.
        size = abs(right) if name != "logaddexp" else max(abs(right), mp.mpf(1) / 4)
        assert abs(mp.mpf(got) - right) <= mp.mpf(2) ** -34 * size


@pytest.mark.parametrize("name", sorted(DEFINITIONS))
def test_of_float64_half_a_unit_is_left(name: str) -> None:
    points = spread(task(name, "float64"), Draw("seed", "test", name), 40)
    for got, right in zip(function(name, points).tolist(), exactly(name, points), strict=True):
        assert abs(mp.mpf(got) - right) <= mp.mpf(math.ulp(got)) * (mp.mpf(1) / 2 + mp.mpf(2) ** -30)


def test_zeros_and_what_is_not_finite_are_as_the_tables_have_them() -> None:
    values = np.array([-0.0, math.inf, math.nan])
    found = function("expm1", [values])
    assert math.copysign(1, found[0]) == -1
    assert found[1] == math.inf
    assert math.isnan(found[2])
    assert function("hypot", [np.array([math.inf]), np.array([math.nan])])[0] == math.inf


ACTIVATIONS: Mapping[tuple[str, str], Callable[[Number], Number]] = {
    ("Erf", "none"): lambda x: 1 - mp.gammainc(mp.mpf(1) / 2, x * x) / mp.sqrt(mp.pi) if x > 0 else -mp.erf(-x),
    ("Sigmoid", "none"): lambda x: (1 + mp.tanh(x / 2)) / 2,
    ("Gelu", "none"): lambda x: x / 2 * (1 + mp.erf(x / mp.sqrt(2))),
    ("Gelu", "tanh"): lambda x: x / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3))),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "approximate"), sorted(ACTIVATIONS))
def test_activations_are_their_formulas(name: str, approximate: str, dtype: type[Any]) -> None:
    points = np.array([-9.5, -3.25, -1.0, -0.3, -1e-3, 1e-6, 0.7, 2.5, 6.0, 30.0], dtype)
    found = activation(name, points, approximate)
    for x, got in zip(points.tolist(), found.tolist(), strict=True):
        with mp.workprec(400):
            right = ACTIVATIONS[name, approximate](mp.mpf(x))
            assert abs(mp.mpf(got) - right) <= abs(right) * mp.mpf(2) ** (-53 if dtype is np.float64 else -44)
