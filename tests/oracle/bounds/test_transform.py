"""Bounds of transforms hold for the usual algorithms in float32, and tell weak roots of unity from right ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.oracle.bounds.transform import norm_bound, steps
from harness.oracle.draw import Draw
from harness.oracle.inputs import parts
from harness.oracle.reference import transform
from tests.suites.asking import task

Array = Any


def roots(length: int) -> Array:
    return np.exp(-2j * np.pi * np.arange(length) / length).astype(np.complex64)


def by_halves(x: Array, roots_of: Any = roots) -> Array:
    length = x.shape[-1]
    if length == 1:
        return x
    even, odd = by_halves(x[..., ::2], roots_of), by_halves(x[..., 1::2], roots_of)
    turned = (odd * roots_of(length)[: length // 2]).astype(np.complex64)
    return np.concatenate([even + turned, even - turned], axis=-1)


def by_convolution(x: Array) -> Array:
    """Bluestein's way, with float32 throughout."""
    length = x.shape[-1]
    size = 1 << (2 * length - 2).bit_length()
    chirp = np.exp(-1j * np.pi * (np.arange(length) ** 2 % (2 * length)) / length)
    kernel = np.zeros(size, np.complex128)
    kernel[:length] = np.conj(chirp)
    kernel[size - length + 1 :] = np.conj(chirp[1:][::-1])
    padded = np.zeros((*x.shape[:-1], size), np.complex64)
    padded[..., :length] = x * chirp.astype(np.complex64)
    product = (by_halves(padded) * np.fft.fft(kernel).astype(np.complex64)).astype(np.complex64)
    back = np.conj(by_halves(np.conj(product))) / np.float32(size)
    return back[..., :length] * chirp.astype(np.complex64)


def of_sixteen_bits(length: int) -> Array:
    exact = roots(length)
    return exact.real.astype(np.float16) + 1j * exact.imag.astype(np.float16).astype(np.complex64)


def excess(found: Array, x: Array) -> float:
    """The largest error over its bound."""
    right = transform.transform("fft", x, {})
    norms = np.linalg.norm(right, axis=-1)
    bound = norm_bound(task("fft", "complex64").held_to, norms, x.shape[-1], 0 * norms, real=False)
    return float((np.linalg.norm(found - right, axis=-1) / bound).max())


def operand(length: int, kind: str) -> Array:
    return parts.dense(Draw("0", kind, str(length)), "complex64", (8, length), kind)


@pytest.mark.parametrize("kind", ["centred", "one-to-two"])
@pytest.mark.parametrize("length", [2, 8, 64, 512])
def test_halving_stays_below_a_quarter_of_it_and_weak_roots_exceed_it(length: int, kind: str) -> None:
    x = operand(length, kind)
    assert excess(by_halves(x), x) < 0.25
    if length > 2:
        assert excess(by_halves(x, of_sixteen_bits), x) > 5


@pytest.mark.parametrize("length", [11, 31, 127, 509])
def test_convolution_with_a_chirp_stays_below_it(length: int) -> None:
    x = operand(length, "centred")
    assert excess(by_convolution(x), x) < 0.25
    assert excess(np.asarray(np.fft.fft(x.astype(np.complex128)).astype(np.complex64)), x) < 0.25


@pytest.mark.parametrize("length", [3, 7, 31, 257])
def test_sums_by_the_definition_stay_below_it(length: int) -> None:
    x = operand(length, "one-to-two")
    table = roots(length)[np.outer(np.arange(length), np.arange(length)) % length]
    total = np.zeros(x.shape, np.complex64)
    for place in range(length):
        total = total + x[:, place, None] * table[place]
    assert excess(total, x) < 1


def test_powers_of_two_have_five_units_a_level() -> None:
    assert [steps(length, real=False) for length in (1, 2, 8, 1024)] == [3, 8, 18, 53]
