"""The right values of Fourier transforms, held against roots in whole numbers and against numpy's transforms."""

from __future__ import annotations

from math import isqrt
from typing import Any

import numpy as np
import pytest

from harness.oracle.draw import Draw
from harness.oracle.inputs import parts
from harness.oracle.reference import transform


def root(length: int, j: int, k: int) -> tuple[int, int]:
    """A root of unity over 2**66, put together from its slices."""
    slices = transform.roots(length)
    at = [(int(cosine[j, k]), int(sine[j, k])) for cosine, sine in slices]
    return sum(c << shift for (c, _), shift in zip(at, (44, 22, 0), strict=True)), sum(
        s << shift for (_, s), shift in zip(at, (44, 22, 0), strict=True)
    )


@pytest.mark.parametrize(
    ("length", "place", "square_of_cosine"),
    [(4, 1, (0, 1)), (8, 1, (1, 2)), (12, 1, (3, 4)), (6, 1, (1, 4)), (1, 0, (1, 1))],
)
def test_roots_of_unity_are_right_to_their_last_bit(length: int, place: int, square_of_cosine: tuple[int, int]) -> None:
    top, below = square_of_cosine
    cosine, sine = root(length, 1 % length, place)
    assert abs(cosine - isqrt((top << 132) // below)) <= 1
    assert abs(sine - isqrt(((below - top) << 132) // below)) <= 1


@pytest.mark.parametrize("length", [1, 2, 3, 7, 12, 31, 64, 100, 257])
@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft"])
@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
def test_transforms_are_numpys_to_within_its_error(name: str, length: int, norm: str) -> None:
    count = length // 2 + 1 if name == "irfft" else length
    x = parts.dense(Draw("1", name, str(length)), "float64" if name == "rfft" else "complex128", (3, count), "centred")
    found = transform.transform(name, x, {"n": length, "norm": norm})
    with np.errstate(all="ignore"):
        known = getattr(np.fft, name)(x, n=length, norm=norm)
    assert found.shape == known.shape
    assert np.linalg.norm(found - known) <= 1e-15 * (8 + length) * np.linalg.norm(known)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("length", [3, 6, 9])
def test_operands_are_cut_or_filled_up_along_the_axis(axis: int, length: int) -> None:
    x: Any = parts.dense(Draw("1", "axis", str(axis)), "complex128", (6, 6), "centred")
    found = transform.transform("fft", x, {"n": length, "axis": axis})
    assert np.allclose(found, np.fft.fft(x, n=length, axis=axis), rtol=0, atol=1e-14)


def test_rows_that_are_not_finite_are_nan_and_leave_others_alone() -> None:
    x = np.array([[1, np.nan, 0, 0], [1, 0, 0, 0]], np.complex128)
    found = transform.transform("fft", x, {})
    assert np.isnan(found[0].real).all()
    assert np.isnan(found[0].imag).all()
    assert (found[1] == 1).all()


def test_numbers_of_any_size_are_transformed_alike() -> None:
    x = parts.dense(Draw("1", "size", "0"), "complex128", (1, 12), "centred")
    for power in (-900, 900):
        scaled = transform.transform("fft", x * 2.0**power, {})
        assert (scaled == transform.transform("fft", x, {}) * 2.0**power).all()
