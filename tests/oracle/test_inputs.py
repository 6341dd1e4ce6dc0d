"""What problems are made of: numbers drawn for a dtype, dense operands and their exact answer, domains of functions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.interface.operation import Operation, Types
from harness.oracle.dense import cancelling, dense
from harness.oracle.draw import Draw
from harness.oracle.numbers import all_patterns, any_bits, full_mantissa, subnormals, whole
from harness.oracle.problem import Problem, exact_problem
from harness.oracle.range import domain_of, representable
from harness.profile.store import load_profile
from tests.interface.numeric import numeric_interface
from tests.oracle.exact import BINARY

Array = NDArray[Any]
OPERATIONS = numeric_interface().operations
PROFILE = load_profile("reference/ieee")
FLOATS = ("float16", "bfloat16", "float32", "float64")
ROUGH = [
    (operation, types)
    for operation in OPERATIONS.values()
    if operation.family in ("inner-product", "sum")
    for types in operation.types
    if types.out in BINARY
]
NAMES = [f"{operation.name}-{types.label}" for operation, types in ROUGH]


def draw(word: str = "") -> Draw:
    """A source of draws."""
    return Draw("seed", "test", word)


def test_the_same_seed_test_and_case_give_the_same_draws_and_others_do_not() -> None:
    first, again = draw("a").integers(-9, 9, 50), draw("a").integers(-9, 9, 50)
    assert (first == again).all()
    for other in (draw("b"), Draw("seed", "other", "a"), Draw("other", "test", "a")):
        assert (first != other.integers(-9, 9, 50)).any()


def test_draws_stand_for_ever() -> None:
    # Philox4x64-10 of Salmon et al., SC 2011, keyed by BLAKE2b: a change here would change every bundle's inputs.
    import hashlib

    key = int.from_bytes(hashlib.blake2b(b"seed\0test\0", digest_size=16).digest(), "little")
    assert draw().raw(4).tolist() == philox(key, 1)


def philox(key: int, counter: int) -> list[int]:
    """One block of Philox4x64 with ten rounds, by its definition."""
    mask = (1 << 64) - 1
    x = [counter, 0, 0, 0]
    k = [key & mask, key >> 64]
    for _ in range(10):
        one, two = 0xD2E7470EE14C6C93 * x[0], 0xCA5A826395121157 * x[2]
        x = [(two >> 64) ^ x[1] ^ k[0], two & mask, (one >> 64) ^ x[3] ^ k[1], one & mask]
        k = [(k[0] + 0x9E3779B97F4A7C15) & mask, (k[1] + 0xBB67AE8584CAA73B) & mask]
    return x


@given(size=st.integers(0, 300), word=st.text(max_size=5))
def test_a_permutation_holds_every_number_once(size: int, word: str) -> None:
    assert sorted(Draw("seed", word, "").permutation(size)) == list(range(size))


@pytest.mark.parametrize("dtype", FLOATS)
def test_full_mantissas_have_their_last_bit_set_and_keep_to_their_exponents(dtype: str) -> None:
    values = full_mantissa(draw(), dtype, (500,), (-4, 5)).astype(np.float64)
    precision = BINARY[dtype].precision
    for value in values:
        mantissa, exponent = math.frexp(abs(value))
        assert int(math.ldexp(mantissa, precision)) % 2 == 1
        assert -4 <= exponent - 1 <= 5
    assert set(np.sign(values)) == {-1.0, 1.0}
    assert len(set(np.frexp(np.abs(values))[1])) == 10


@pytest.mark.parametrize("dtype", FLOATS)
def test_subnormals_are_below_every_normal_number_and_reach_both_ends(dtype: str) -> None:
    values = np.abs(subnormals(draw(), dtype, (200,)).astype(np.float64))
    form = BINARY[dtype]
    smallest, normal = Fraction(2) ** (form.emin - form.precision + 1), Fraction(2) ** form.emin
    assert Fraction(float(values.min())) == smallest
    assert Fraction(float(values.max())) == normal - smallest


def test_every_pattern_of_sixteen_bits_comes_once() -> None:
    for dtype in ("float16", "bfloat16"):
        assert len(set(all_patterns(dtype).view(np.uint16).tolist())) == 1 << 16


@pytest.mark.parametrize("dtype", ["bool", "int8", "int32", "int64", *FLOATS])
def test_whole_numbers_are_whole_and_no_larger_than_asked(dtype: str) -> None:
    values = whole(draw(), dtype, (400,), 37).astype(np.float64)
    assert (values == np.rint(values)).all()
    assert np.abs(values).max() == (1 if dtype == "bool" else 37)
    assert any_bits(draw(), "int8", (4000,)).min() == -128


def exact_of(problem: Problem) -> tuple[list[Fraction], list[Fraction]]:
    """The exact result of each element of a rough problem and the sum of its terms' magnitudes, in fractions."""
    operation, operands = problem.operation, [o.astype(np.float64) for o in problem.operands]
    results, magnitudes = [], []
    for index in np.ndindex(problem.expected.shape):
        if operation.family == "sum":
            terms = [Fraction(float(v)) for v in operands[0][index[0]]]
            divisor = len(terms) if operation.name == "mean" else 1
        else:
            row = operands[0][index[0]]
            column = operands[1][index[0]] if operation.name == "vecdot" else operands[1][:, index[1]]
            alpha = Fraction(problem.attributes.get("alpha", 1.0))
            terms = [alpha * Fraction(float(a)) * Fraction(float(b)) for a, b in zip(row, column, strict=True)]
            if operation.name == "gemm":
                terms.append(Fraction(problem.attributes["beta"]) * Fraction(float(operands[2][index])))
            divisor = 1
        results.append(sum(terms, Fraction(0)) / divisor)
        magnitudes.append(sum(map(abs, terms), Fraction(0)) / divisor)
    return results, magnitudes


@pytest.mark.parametrize("kind", ["centred", "one-to-two"])
@pytest.mark.parametrize(("operation", "types"), ROUGH, ids=NAMES)
def test_dense_problems_know_their_exact_answer(operation: Operation, types: Types, kind: str) -> None:
    how = {"alpha": 0.7, "beta": 1.3} if operation.name == "gemm" else {}
    problem = dense(operation, types, PROFILE, draw(kind), (3, 33, 2), kind, **how)
    hold_to_exact(problem)


@pytest.mark.parametrize(("operation", "types"), ROUGH, ids=NAMES)
def test_cancelling_problems_know_theirs_too_and_do_cancel(operation: Operation, types: Types) -> None:
    problem = cancelling(operation, types, PROFILE, draw(), 16)
    hold_to_exact(problem)
    results, magnitudes = exact_of(problem)
    assert all(abs(result) < magnitude / 2 for result, magnitude in zip(results, magnitudes, strict=True))
    assert all(results)


def hold_to_exact(problem: Problem) -> None:
    """The reference is within the roundings of float64, and the bound follows the element's own magnitudes."""
    assert problem.bound is not None
    results, magnitudes = exact_of(problem)
    depth = problem.operands[0].shape[-1]
    u = {"float32": 2.0**-24, "float64": 2.0**-53}[problem.types.accumulate or problem.types.out]
    u_out = 2.0 ** -BINARY[problem.types.out].precision
    for found, bound, exact, magnitude in zip(
        problem.expected.flat, problem.bound.flat, results, magnitudes, strict=True
    ):
        assert abs(Fraction(float(found)) - exact) <= 4 * Fraction(2) ** -53 * magnitude
        assert (
            bound
            <= 1.01 * ((depth + 8) * u * float(magnitude) + u_out * abs(found))
            + 4 * 2.0**-53 * float(magnitude)
            + 2.0**-24
        )
        assert bound >= u_out * abs(found)


@pytest.mark.parametrize(("operation", "types"), ROUGH, ids=NAMES)
def test_exact_problems_stay_exact_in_any_order(operation: Operation, types: Types) -> None:
    problem = exact_problem(operation, types, draw(), (3, 32, 2) if operation.family != "sum" else (3, 32))
    _, magnitudes = exact_of(problem)
    bits = {"float32": 24, "float64": 53}[types.accumulate or types.out]
    assert max(magnitudes) <= 1 << bits
    assert (np.abs(problem.expected.astype(np.float64)) > 0).any()


FUNCTIONS = [o for o in OPERATIONS.values() if o.family == "elementwise-function"]


@pytest.mark.parametrize("operation", FUNCTIONS, ids=lambda operation: operation.name)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_points_of_a_domain_are_in_it_in_the_dtype_and_their_values_are_normal(
    operation: Operation, dtype: str
) -> None:
    types = next(types for types in operation.types if types.label == dtype)
    low, high = domain_of(operation, dtype)
    asked = np.concatenate([np.linspace(max(low, -1e6), min(high, 1e6), 999), [low, high, 0.0, 1e-300, 1.5 * high]])
    points = representable(operation, types, asked)
    assert points.dtype == numpy_dtype(dtype)
    wide = points.astype(np.float64)
    assert ((wide >= low) & (wide <= high)).all()
    assert len(set(wide.tolist())) > 50
