"""The right values of BLAS, held against sums, roots and substitution in fractions."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np
import pytest

from harness.oracle.draw import Draw
from harness.oracle.inputs import parts
from harness.oracle.reference import blas, triangular

Number = tuple[Fraction, Fraction]


def exactly(value: Any) -> Number:
    return Fraction(float(np.real(value))), Fraction(float(np.imag(value)))


def plus(x: Number, y: Number) -> Number:
    return x[0] + y[0], x[1] + y[1]


def times(x: Number, y: Number) -> Number:
    return x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]


def over(x: Number, y: Number) -> Number:
    square = y[0] * y[0] + y[1] * y[1]
    real, imaginary = times(x, (y[0], -y[1]))
    return real / square, imaginary / square


def rounded(value: Number) -> complex:
    return complex(float(value[0]), float(value[1]))


def drawn(dtype: str, *shapes: tuple[int, ...]) -> list[Any]:
    source = Draw("1", "blas", dtype)
    return [parts.dense(source, dtype, shape, "centred") for shape in shapes]


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_a_product_with_its_factors_is_exact_and_rounded_once(dtype: str) -> None:
    a, b, c = drawn(dtype, (3, 5), (5, 2), (3, 2))
    alpha, beta = (0.7 - 1.3j, 1.9 + 0.3j) if parts.is_complex(dtype) else (0.7, 1.9)
    value = blas.sums(alpha, a, b, beta, c).value
    for i, j in np.ndindex(3, 2):
        total: Number = (Fraction(0), Fraction(0))
        for k in range(5):
            total = plus(total, times(exactly(a[i, k]), exactly(b[k, j])))
        total = plus(times(exactly(alpha), total), times(exactly(beta), exactly(c[i, j])))
        assert complex(value[i, j]) == rounded(total)


def test_magnitudes_are_those_of_every_term() -> None:
    a, b, c = drawn("complex128", (2, 3), (3, 1), (2, 1))
    found = blas.sums(2.0, a, b, 0.5, c).magnitude
    for i in range(2):
        real = sum(abs(a[i, k].real * b[k, 0].real) + abs(a[i, k].imag * b[k, 0].imag) for k in range(3))
        assert found[i, 0] == pytest.approx(2 * real + abs(c[i, 0].real) / 2)


def test_operands_of_a_factor_of_zero_are_not_read() -> None:
    nothing, c = np.full((2, 2), np.nan), np.array([[1.0, 2.0], [3.0, 4.0]])
    assert (blas.plainly(0.0, nothing, nothing, 2.0, c) == 2 * c).all()
    assert (blas.plainly(1.0, c, np.eye(2), 0.0, nothing) == c).all()
    assert (blas.sums(1.0, c, np.eye(2), 0.0, nothing).value == c).all()


@pytest.mark.parametrize("power", [-1060, -600, 0, 600, 1015])
def test_a_norm_is_the_root_of_the_exact_sum_of_squares_at_any_scale(power: int) -> None:
    x = np.ldexp(np.array([3.0, 5.0, -7.0, 11.0]), power)
    square = sum(Fraction(int(value)) ** 2 for value in (3, 5, 7, 11))
    root = Fraction(isqrt(int(square) << 200), 1 << 100) * Fraction(2) ** power
    least = Fraction(2) ** -1074
    assert abs(Fraction(blas.norm(x)) - root) <= max(2 * root / 2**53, least)


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("side", ["L", "R"])
@pytest.mark.parametrize("uplo", ["U", "L"])
@pytest.mark.parametrize("trans", ["N", "T", "C"])
@pytest.mark.parametrize("diag", ["N", "U"])
def test_a_solution_put_into_its_system_gives_the_right_hand_side(
    dtype: str, side: str, uplo: str, trans: str, diag: str
) -> None:
    a, b = drawn(dtype, (4, 4), (4, 3) if side == "L" else (3, 4))
    np.fill_diagonal(a, 2 + a.diagonal())
    flags = {"side": side, "uplo": uplo, "trans": trans, "diag": diag}
    t, right = triangular.effective(a, flags), triangular.arranged(b, a, flags)
    for x in (triangular.closely(t, 2.0, right), triangular.plainly(t, 2 * right)):
        found = triangular.back(x, flags)
        op = np.triu(a) if uplo == "U" else np.tril(a)
        if diag == "U":
            np.fill_diagonal(op, 1)
        op = {"N": op, "T": op.T, "C": np.conj(op.T)}[trans]
        again = op @ found if side == "L" else found @ op
        assert np.abs(again - 2 * b).max() < 1e-13


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_a_close_solution_is_that_of_fractions_rounded(dtype: str) -> None:
    a, b = drawn(dtype, (5, 5), (5, 1))
    np.fill_diagonal(a, 2 + a.diagonal())
    t = np.tril(a)
    found, known = triangular.closely(t, 1.0, b), list[Number]()
    for i in range(5):
        rest = exactly(b[i, 0])
        for j, x in enumerate(known):
            real, imaginary = times(exactly(t[i, j]), x)
            rest = plus(rest, (-real, -imaginary))
        known.append(over(rest, exactly(t[i, i])))
        assert complex(found[i, 0]) == rounded(known[i])
