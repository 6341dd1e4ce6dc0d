"""References of float64 against mpmath at 200 bits, where float64 itself or numpy would be too near to them to tell."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest

from harness.oracle.definition import definition_of, pose
from harness.oracle.draw import Draw
from harness.oracle.inputs import parts
from harness.oracle.problem import Problem
from harness.oracle.reference import transform
from tests.suites.asking import task

BITS = 200

Number = Any


def summed(row: list[complex], place: int, sign: int) -> Number:
    """One element of a discrete Fourier transform, by its definition, before it is scaled."""
    length = len(row)
    roots = [mp.expjpi(mp.mpf(sign * 2 * (place * j % length)) / length) for j in range(length)]
    return mp.fsum(mp.mpc(x) * root for x, root in zip(row, roots, strict=True))


@pytest.mark.parametrize("length", [1, 2, 3, 7, 12, 31, 64, 100, 257])
@pytest.mark.parametrize("name", ["fft", "ifft"])
def test_an_element_of_a_transform_is_as_near_as_its_error_says(name: str, length: int) -> None:
    x = parts.dense(Draw("1", name, str(length)), "complex128", (2, length), "centred")
    for norm in ("backward", "ortho", "forward"):
        found = transform.transform(name, x, {"n": length, "norm": norm})
        divided = transform.scale(name, length, {"norm": norm})
        for row, place in ((0, 0), (0, length // 3), (1, length // 2), (1, length - 1)):
            with mp.workprec(BITS):
                right = summed(x[row].tolist(), place, 1 if name == "ifft" else -1)
                right = right / (mp.sqrt(length) if norm == "ortho" else mp.mpf(divided))
                error = abs(mp.mpc(complex(found[row, place])) - right)
                size = float(np.abs(x[row]).max())
                assert error <= transform.ERROR * size * length / divided + transform.OWN_ERROR * abs(right)


def normalised(problem: Problem, row: int, place: int) -> Number:
    """One element of a normalisation over the last axis, by its definition."""
    x, scale, *bias = problem.operands
    values = [mp.mpf(value) for value in x[row].tolist()]
    mean = mp.fsum(values) / len(values) if problem.task.name == "LayerNormalization" else mp.mpf(0)
    squares = mp.fsum((value - mean) ** 2 for value in values) / len(values)
    found = (values[place] - mean) / mp.sqrt(squares + mp.mpf(problem.attributes["epsilon"]))
    return found * mp.mpf(float(scale[place])) + (mp.mpf(float(bias[0][place])) if bias else 0)


@pytest.mark.parametrize("word", ["dense", "cancellation", "sparse", "subnormals"])
@pytest.mark.parametrize("operation", ["LayerNormalization", "RMSNormalization"])
def test_a_normalised_element_of_float64_is_off_by_a_fraction_of_its_bound(operation: str, word: str) -> None:
    about = task(operation, "float64")
    for question in definition_of(about.operation).inputs[word](about):
        for problem in question.make(Draw("0", word, question.name)):
            (wanted,) = problem.wanted
            assert wanted.bound is not None
            rows, length = wanted.expected.shape
            for at in ((0, 0), (rows // 2, length // 3), (rows - 1, length - 1)):
                with mp.workprec(BITS):
                    error = abs(mp.mpf(float(wanted.expected[at])) - normalised(problem, *at))
                    assert error <= wanted.bound[at] / 4


def test_an_epsilon_that_is_left_out_may_be_that_of_float32() -> None:
    about = task("RMSNormalization", "float64")
    operands = [np.full((1, 4), 2.0**-9), np.ones(4)]
    (wanted,) = pose(about, operands, {}).wanted
    assert wanted.bound is not None
    for epsilon in (1e-5, float(np.float32(1e-5))):
        with mp.workprec(BITS):
            right = mp.mpf(2) ** -9 / mp.sqrt(mp.mpf(2) ** -18 + mp.mpf(epsilon))
            assert abs(right - mp.mpf(float(wanted.expected[0, 0]))) <= wanted.bound[0, 0]
