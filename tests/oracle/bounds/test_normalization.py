"""The bounds of variance and normalisations hold for every legal way to compute them, and no wrong one stays within."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.oracle.bounds.normalization import (
    alike_bound,
    layer_normalization_bound,
    rms_normalization_bound,
    variance_bound,
)
from harness.oracle.draw import Draw
from harness.oracle.numbers import full_mantissa
from harness.oracle.reference.normalization import layer_normalized, mean_square, moments_of, rms_normalized, variance
from tests.oracle.bounds.stepwise import WAYS, Round, nearest, total

Array = NDArray[Any]

_DEPTHS = (1, 2, 3, 17, 200)
KINDS = ("centred", "rising", "large-mean", "one-large", "constant", "tiny")
EPSILON = 1e-5


def rows(kind: str, depth: int) -> Array:
    """Rows of float32 that strain one thing each."""
    draw = Draw("0", kind, str(depth))
    values = full_mantissa(draw, "float32", (4, depth), (-3, 1)).astype(np.float64)
    if kind == "rising":
        values = np.sort(np.abs(values), axis=-1)
    elif kind == "large-mean":
        values = values + 3000.0
    elif kind == "one-large":
        values[:, 0] *= 512
    elif kind == "constant":
        values = np.repeat(values[:, :1], depth, axis=-1)
    elif kind == "tiny":
        values = values * 2.0**-70
    return values.astype(np.float32)


Moments = tuple[Array, Array]


def in_two_passes(x: Array, rounded: Round, order: str, *, inverse: bool) -> Moments:
    """The mean, and the sum of squared differences from it."""
    count = x.shape[-1]
    summed = total(x, rounded, order)
    mean = rounded(summed * rounded(1 / count)) if inverse else rounded(summed / count)
    return mean, total(rounded(np.square(rounded(x - mean[..., None]))), rounded, order)


def updated(x: Array, rounded: Round) -> Moments:
    """Mean and sum updated with every element, after Welford."""
    mean, squares = np.zeros(x.shape[:-1]), np.zeros(x.shape[:-1])
    for number, term in enumerate(np.moveaxis(x, -1, 0), start=1):
        difference = rounded(term - mean)
        mean = rounded(mean + rounded(difference / number))
        squares = rounded(squares + rounded(difference * rounded(term - mean)))
    return mean, squares


def put_together(x: Array, rounded: Round, block: int) -> Moments:
    """Means and sums of blocks, put together one after another, after Chan, Golub and LeVeque."""
    mean, squares, count = np.zeros(x.shape[:-1]), np.zeros(x.shape[:-1]), 0
    for start in range(0, x.shape[-1], block):
        part = x[..., start : start + block]
        own_mean, own_squares = updated(part, rounded)
        size = part.shape[-1]
        difference = rounded(own_mean - mean)
        share = rounded(size / (count + size))
        mean = rounded(mean + rounded(difference * share))
        between = rounded(rounded(np.square(difference)) * rounded(count * share))
        squares = rounded(rounded(squares + own_squares) + between)
        count += size
    return mean, squares


LEGAL: dict[str, Callable[[Array, Round], Moments]] = {
    **{
        f"two passes, {order}, {inverse}": lambda x, r, o=order, i=inverse: in_two_passes(x, r, o, inverse=i)  # type: ignore[misc]
        for order in ("forward", "backward", "halves")
        for inverse in (False, True)
    },
    "updated": updated,
    "updated backward": lambda x, r: updated(x[..., ::-1], r),
    **{f"blocks of {block}": lambda x, r, b=block: put_together(x, r, b) for block in (1, 4, 32)},  # type: ignore[misc]
}


def one_pass(x: Array, rounded: Round) -> Moments:
    """The mean of squares less the square of the mean, which is no legal way."""
    count = x.shape[-1]
    mean = rounded(total(x, rounded, "halves") / count)
    squares = rounded(total(rounded(np.square(x)), rounded, "halves") / count)
    return mean, np.maximum(rounded(squares - rounded(np.square(mean))), 0) * count


def of_variance(x: Array, got: Array, way: str, correction: float, *, root: bool) -> float:
    right = variance(x, correction)
    bound = variance_bound(WAYS[way][1], moments_of(x), correction, root=root)[..., 0]
    return float((np.abs(got - (np.sqrt(right) if root else right)) / bound).max())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_variance_in_any_order_in_two_passes_or_updated_stays_within_its_bound(kind: str, way: str) -> None:
    rounded = WAYS[way][0]
    for depth in _DEPTHS:
        x = rows(kind, depth)
        for name, compute in LEGAL.items():
            for correction in (0.0, 0.7):
                got = rounded(compute(x.astype(np.float64), rounded)[1] / rounded(depth - correction))
                assert of_variance(x, got, way, correction, root=False) <= 1, (depth, name)
                assert of_variance(x, rounded(np.sqrt(got)), way, correction, root=True) <= 1, (depth, name)


def test_a_mean_of_squares_less_a_square_does_not_pass_where_the_mean_is_large() -> None:
    for depth in (17, 128):
        x = rows("large-mean", depth)
        got = one_pass(x.astype(np.float64), nearest)[1] / depth
        assert of_variance(x, got, "nearest", 0.0, root=False) > 5
        assert of_variance(x, np.sqrt(got), "nearest", 0.0, root=True) > 5


def test_a_variance_by_another_count_or_without_an_element_does_not_pass() -> None:
    x = rows("centred", 128)
    right = variance(x, 0.0)
    assert of_variance(x, right * 128 / 127, "nearest", 0.0, root=False) > 10
    assert of_variance(x, variance(x[:, 1:], 0.0), "nearest", 0.0, root=False) > 3


def operands(depth: int) -> tuple[Array, Array]:
    draw = Draw("0", "operands", str(depth))
    scale, bias = (full_mantissa(draw, "float32", (depth,), (-2, 1)).astype(np.float64) for _ in range(2))
    return scale, bias


def of_layer(x: Array, got: Array, way: str, epsilon: float = EPSILON) -> float:
    scale, bias = operands(x.shape[-1])
    normalised = layer_normalized(x, epsilon)
    bound = layer_normalization_bound(WAYS[way][1], moments_of(x), normalised, scale, bias, epsilon)
    return float((np.abs(got - (normalised * scale + bias)) / bound).max())


def over_root(mean_square_: Array, rounded: Round, epsilon: float, lean: float) -> Array:
    """The reciprocal root, off by up to two units in the last place."""
    exact = 1 / np.sqrt(rounded(mean_square_ + nearest(epsilon)))
    unit = np.ldexp(1.0, np.frexp(exact)[1] - 24)
    return rounded(np.trunc(exact / unit + lean) * unit)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_layer_normalization_stays_within_its_bound(kind: str, way: str) -> None:
    rounded = WAYS[way][0]
    for depth in _DEPTHS:
        x = rows(kind, depth)
        wide, (scale, bias) = x.astype(np.float64), operands(depth)
        for name, compute in LEGAL.items():
            mean, squares = (found[..., None] for found in compute(wide, rounded))
            for lean in (1.9, -1.9):
                root = over_root(rounded(squares / depth), rounded, EPSILON, lean)
                plain = rounded(rounded(rounded(wide - mean) * root) * scale)
                folded = rounded(rounded(rounded(wide * root) - rounded(mean * root)) * scale)
                ahead = rounded(root * scale)
                fused = rounded(wide * ahead + rounded(bias - mean * ahead))
                for got in (rounded(plain + bias), rounded(folded + bias), fused):
                    assert of_layer(x, got, way) <= 1, (depth, name, lean)


def test_layer_normalization_by_one_pass_does_not_pass_where_the_mean_is_large() -> None:
    for depth in (17, 128):
        x = rows("large-mean", depth)
        scale, bias = operands(depth)
        mean, squares = (found[..., None] for found in one_pass(x.astype(np.float64), nearest))
        got = (x - mean) / np.sqrt(squares / depth + EPSILON) * scale + bias
        assert of_layer(x, got, "nearest") > 10


@pytest.mark.parametrize("wrong", ["other epsilon", "epsilon beside the root", "n - 1", "short operands", "no bias"])
def test_a_wrong_layer_normalization_does_not_pass(wrong: str) -> None:
    x = rows("centred", 128)
    wide, (scale, bias) = x.astype(np.float64), operands(128)
    centred = wide - wide.mean(axis=-1, keepdims=True)
    squares = np.square(centred).mean(axis=-1, keepdims=True)
    if wrong == "short operands":
        got = layer_normalized(np.rint(wide * 2**8) / 2**8, EPSILON) * scale + bias
    elif wrong == "no bias":
        got = centred / np.sqrt(squares + EPSILON) * scale
    elif wrong == "n - 1":
        got = centred / np.sqrt(squares * 128 / 127 + EPSILON) * scale + bias
    elif wrong == "other epsilon":
        got = centred / np.sqrt(squares + 1e-3) * scale + bias
    else:
        got = centred / (np.sqrt(squares) + 1e-3) * scale + bias
    assert of_layer(x, got, "nearest") > 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_root_mean_square_normalization_stays_within_its_bound(kind: str, way: str) -> None:
    rounded, to = WAYS[way]
    for depth in _DEPTHS:
        x = rows(kind, depth)
        wide, (scale, _) = x.astype(np.float64), operands(depth)
        normalised = rms_normalized(x, EPSILON)
        bound = rms_normalization_bound(to, mean_square(x), depth, normalised, scale, EPSILON)
        for order in ("forward", "backward", "halves"):
            squares = rounded(total(rounded(np.square(wide)), rounded, order) / depth)[..., None]
            for lean in (1.9, -1.9):
                root = over_root(squares, rounded, EPSILON, lean)
                for got in (rounded(rounded(wide * root) * scale), rounded(wide * rounded(root * scale))):
                    assert (np.abs(got - normalised * scale) / bound).max() <= 1, (depth, order)


def test_a_root_mean_square_without_an_element_or_of_short_operands_does_not_pass() -> None:
    x = rows("centred", 128)
    wide, (scale, _) = x.astype(np.float64), operands(128)
    normalised = rms_normalized(x, EPSILON)
    bound = rms_normalization_bound(WAYS["nearest"][1], mean_square(x), 128, normalised, scale, EPSILON)
    for squares, values in (
        (np.square(wide[:, 1:]).sum(axis=-1, keepdims=True) / 128, wide),
        (np.square(wide).mean(axis=-1, keepdims=True), np.rint(wide * 2**8) / 2**8),
    ):
        got = values / np.sqrt(squares + EPSILON) * scale
        assert (np.abs(got - normalised * scale) / bound).max() > 3


def test_zero_over_a_root_mean_square_must_be_exactly_zero() -> None:
    x = np.array([[0.0, 1.0, -0.0]], np.float32)
    bound = rms_normalization_bound(
        WAYS["nearest"][1], mean_square(x), 3, rms_normalized(x, EPSILON), np.ones(3), EPSILON
    )
    assert bound[0, 0] == bound[0, 2] == 0 < bound[0, 1]


@pytest.mark.parametrize("way", WAYS)
def test_rows_that_are_alike_leave_the_bias_also_where_it_is_put_together_with_the_mean(way: str) -> None:
    rounded, to = WAYS[way]
    scale, bias = operands(16)
    x = np.repeat(np.arange(-15, 16, dtype=np.float64)[:, None] * 0.25, 16, axis=1)
    bound = alike_bound(to, x, scale, bias, EPSILON)
    factor = rounded(rounded(1 / rounded(np.sqrt(np.full(x.shape, EPSILON)))) * scale)
    got = rounded(rounded(x * factor) + rounded(bias - rounded(x * factor)))
    assert (np.abs(got - bias) / bound).max() <= 1
    unequal = rounded(x * factor + rounded(bias - rounded(x * factor * (1 + 2.0**-16))))
    assert (np.abs(unequal - bias) / bound).max() > 3
