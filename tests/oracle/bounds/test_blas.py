"""Bounds of BLAS hold for every way to compute that is legal, and tell narrower arithmetic from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.oracle.bounds.blas import norm_bound, of_both_parts, product_bound, triangular_bound
from harness.oracle.draw import Draw
from harness.oracle.inputs import parts
from harness.oracle.reference import blas, triangular
from tests.suites.asking import task

Array = Any


def truncated(values: Array) -> Array:
    """float64 numbers cut to float32."""
    near = values.astype(np.float32)
    over = np.abs(near.astype(np.float64)) > np.abs(values)
    return np.where(over, np.nextafter(near, np.float32(0)), near).astype(np.float32)


def one_after_another(products: Array) -> Array:
    total = np.float32(0)
    for product in products.astype(np.float32):
        total = np.float32(total + product)
    return total


def cut_off(products: Array) -> Array:
    total = np.zeros((), np.float32)
    for product in truncated(products):
        total = truncated(np.asarray(total.astype(np.float64) + product.astype(np.float64)))
    return total


def by_halves(products: Array) -> Array:
    terms = products.astype(np.float32)
    while len(terms) > 1:
        half = len(terms) // 2
        terms = np.concatenate([terms[:half] + terms[half : 2 * half], terms[2 * half :]])
    return terms[0]


@pytest.mark.parametrize("way", [one_after_another, by_halves, cut_off])
@pytest.mark.parametrize("kind", ["centred", "one-to-two"])
@pytest.mark.parametrize("depth", [1, 2, 33, 257])
def test_inner_products_stay_within_it_in_any_order(way: Any, kind: str, depth: int) -> None:
    to = task("dot", "float32").held_to
    twice = 2.0 if way is cut_off else 1.0
    for seed in range(5):
        source = Draw(str(seed), kind, str(depth))
        x, y = (parts.dense(source, "float32", (depth,), kind) for _ in range(2))
        found = way(x.astype(np.float64) * y.astype(np.float64))
        sums = blas.sums(1.0, x[None], y[:, None], 0.0, np.zeros((1, 1)))
        bound = product_bound(to, sums.magnitude, sums.counted, sums.value, scaled=False)
        assert abs(float(found) - sums.value[0, 0]) <= twice * bound[0, 0]


@pytest.mark.parametrize("depth", [1, 7, 65])
def test_complex_products_stay_within_it_and_those_of_eleven_bits_do_not(depth: int) -> None:
    to = task("dot", "complex64").held_to
    source = Draw("0", "complex", str(depth))
    x, y = (parts.dense(source, "complex64", (depth,), "one-to-two") for _ in range(2))
    sums = blas.sums(1.0, x[None], y[:, None], 0.0, np.zeros((1, 1), x.dtype))
    of_parts = np.concatenate([sums.value.real, sums.value.imag])
    bound = of_both_parts(product_bound(to, sums.magnitude, sums.counted, of_parts, scaled=False), True)[0, 0]
    total = np.complex64(0)
    for left, right in zip(x, y, strict=True):
        total = np.complex64(total + np.complex64(left * right))
    assert abs(complex(total) - sums.value[0, 0]) <= bound
    short = [np.float16(part).astype(np.float64) for part in (x.real, x.imag)]
    narrow = ((short[0] + 1j * short[1]) * y.astype(np.complex128)).sum()
    assert depth > 7 or abs(narrow - sums.value[0, 0]) > 10 * bound


def test_norms_stay_within_it_though_they_are_scaled_as_they_go_along() -> None:
    to = task("nrm2", "float32").held_to
    for seed in range(5):
        x = np.sort(np.abs(parts.dense(Draw(str(seed), "norm", "0"), "float32", (65,), "centred")))
        scale, square = np.float32(0), np.float32(1)
        for value in x[x != 0]:
            if scale < value:
                square = np.float32(1 + square * np.float32(np.float32(scale / value) ** 2))
                scale = value
            else:
                square = np.float32(square + np.float32(value / scale) ** 2)
        right = blas.norm(x)
        assert abs(float(scale * np.sqrt(square)) - right) <= norm_bound(to, int((x != 0).sum()), right)


@pytest.mark.parametrize("order", [2, 7, 33])
@pytest.mark.parametrize("block", [1, 4, 33])
def test_solutions_stay_within_it_also_by_way_of_inverted_blocks(order: int, block: int) -> None:
    to = task("trsm", "float32").held_to
    source = Draw("0", "solve", f"{order}/{block}")
    t = np.tril(parts.dense(source, "float32", (order, order), "centred")) / np.float32(2)
    np.fill_diagonal(t, parts.dense(source, "float32", (order,), "one-to-two"))
    b = parts.dense(source, "float32", (order, 3), "centred")
    found = np.zeros((order, 3), np.float32)
    for start in range(0, order, block):
        part = slice(start, start + block)
        inverse = triangular.plainly(t[part, part], np.eye(len(t[part]))).astype(np.float32)
        found[part] = inverse @ (b[part] - t[part, :start] @ found[:start])
    x = triangular.closely(t, 1.0, b)
    inverse = triangular.plainly(t, np.eye(order))
    bound = triangular_bound(to, t, inverse, np.abs(b), x, complex_=False)
    assert (np.abs(found - x) <= bound).all()
