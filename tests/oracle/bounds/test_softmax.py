"""The bound of softmax holds for every legal way to compute it, and no wrong one stays within it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.oracle.bounds.softmax import Functions, log_softmax_bound, softmax_bound
from harness.oracle.draw import Draw
from harness.oracle.numbers import full_mantissa
from harness.oracle.reference.softmax import rows_of
from tests.oracle.bounds.stepwise import WAYS, Round, nearest, total

Array = NDArray[Any]

UNITS = Functions(3.0, 3.0)
_DEPTHS = (1, 2, 3, 17, 200)


def exp(values: Array, rounded: Round, lean: float = 0.0) -> Array:
    """A power that is off by up to ``lean`` units in the last place, all of them to the same side; of 0 it is 1."""
    exact = np.exp(values)
    unit = np.ldexp(1.0, np.maximum(np.frexp(exact)[1] - 24, -149))
    return np.where((values == 0) | (exact == 0), exact, rounded(np.trunc(exact / unit + lean) * unit))


def rows(kind: str, depth: int) -> Array:
    """Rows of float32: of either sign, spread far, rising one by one so that every element is the largest so far."""
    draw = Draw("0", kind, str(depth))
    if kind == "rising":
        return np.cumsum(draw.integers(1, 1 << 20, (4, depth)) * 2.0**-23, axis=-1).astype(np.float32)
    if kind == "spread":
        return (draw.integers(-(110 << 16), 0, (4, depth)) * 2.0**-16).astype(np.float32)
    if kind == "far":
        return (4096 + draw.integers(0, 1 << 12, (4, depth)) * 2.0**-11).astype(np.float32)
    return full_mantissa(draw, "float32", (4, depth), (-6, 2))


KINDS = ("centred", "rising", "spread", "far")


def in_two_passes(x: Array, rounded: Round, order: str, leans: tuple[float, float], *, inverse: bool) -> Array:
    """exp(x - max) over its sum, exp off to one side above and to the other below."""
    shifted = rounded(x - x.max(axis=-1, keepdims=True))
    below = total(exp(shifted, rounded, leans[1]), rounded, order)[..., None]
    above = exp(shifted, rounded, leans[0])
    return rounded(above * rounded(1 / below)) if inverse else rounded(above / below)


def online(x: Array, rounded: Round, block: int, lean: float, *, rescale: bool) -> Array:
    """One pass over blocks with a running maximum; shares from the last maximum, or rescaled each time it grew."""
    largest, below = np.full(x.shape[:-1], -np.inf), np.zeros(x.shape[:-1])
    above = np.zeros(x.shape)
    for start in range(0, x.shape[-1], block):
        part = x[..., start : start + block]
        grown = np.maximum(largest, part.max(axis=-1))
        factor = exp(rounded(largest - grown), rounded, -lean)
        powers = exp(rounded(part - grown[..., None]), rounded, lean)
        below = rounded(rounded(below * factor) + total(powers, rounded, "forward"))
        above = rounded(above * factor[..., None])
        above[..., start : start + block] = powers
        largest = grown
    if not rescale:
        above = exp(rounded(x - largest[..., None]), rounded, -lean)
    return rounded(above / below[..., None])


LEGAL: dict[str, Callable[[Array, Round], Array]] = {
    **{
        f"two passes, {order}, {leans}, {inverse}": lambda x, r, o=order, n=leans, i=inverse: in_two_passes(  # type: ignore[misc]
            x, r, o, n, inverse=i
        )
        for order in ("forward", "backward", "halves")
        for leans in ((0.0, 0.0), (2.9, -2.9), (-2.9, 2.9))
        for inverse in (False, True)
    },
    **{
        f"online, {block}, {lean}, {rescale}": lambda x, r, b=block, n=lean, s=rescale: online(x, r, b, n, rescale=s)  # type: ignore[misc]
        for block in (1, 7, 64)
        for lean in (0.0, 2.9, -2.9)
        for rescale in (False, True)
    },
}


def figure(got: Array, x: Array, way: str) -> float:
    right = rows_of(x)
    return float((np.abs(got - right.shares) / softmax_bound(WAYS[way][1], UNITS, right)).max())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_every_order_blocking_and_legal_error_of_exp_stays_within_the_bound(kind: str, way: str) -> None:
    for depth in _DEPTHS:
        x = rows(kind, depth)
        with np.errstate(all="ignore"):
            figures = {
                name: figure(compute(x.astype(np.float64), WAYS[way][0]), x, way) for name, compute in LEGAL.items()
            }
        assert max(figures.values()) <= 1, (depth, figures)


def test_the_bound_is_near_what_legal_ways_reach() -> None:
    x = rows("centred", 128)
    with np.errstate(all="ignore"):
        reached = [figure(compute(x.astype(np.float64), nearest), x, "nearest") for compute in LEGAL.values()]
    assert max(reached) > 0.05


def test_operands_or_powers_of_fewer_bits_do_not_pass() -> None:
    x = rows("centred", 128).astype(np.float64)
    for bits in (8, 11):
        short = np.ldexp(np.rint(np.ldexp(np.frexp(x)[0], bits)), np.frexp(x)[1] - bits)
        powers = np.exp(x - x.max(axis=-1, keepdims=True))
        cut = np.ldexp(np.rint(np.ldexp(np.frexp(powers)[0], bits)), np.frexp(powers)[1] - bits)
        shifted = np.exp(short - short.max(axis=-1, keepdims=True))
        assert figure(shifted / shifted.sum(axis=-1, keepdims=True), rows("centred", 128), "nearest") > 10
        assert figure(cut / powers.sum(axis=-1, keepdims=True), rows("centred", 128), "nearest") > 3


def test_a_row_without_one_of_its_elements_does_not_pass() -> None:
    x = rows("centred", 128)
    powers = np.exp(x.astype(np.float64))
    for place in (0, 64, 127):
        missing = powers.sum(axis=-1, keepdims=True) - powers[..., place : place + 1]
        assert figure(powers / missing, x, "nearest") > 3


def test_minus_infinity_must_be_exactly_zero() -> None:
    right = rows_of(np.array([[0.0, -np.inf, 1.0]], np.float32))
    assert right.shares[0, 1] == 0
    assert softmax_bound(WAYS["nearest"][1], UNITS, right)[0, 1] == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_the_logarithm_stays_within_its_bound(kind: str, way: str) -> None:
    rounded, to = WAYS[way]
    for depth in _DEPTHS:
        x = rows(kind, depth)
        wide = x.astype(np.float64)
        right = rows_of(x)
        exact = -right.below - right.logarithm[..., None]
        for order in ("forward", "backward", "halves"):
            for lean in (2.9, -2.9):
                with np.errstate(all="ignore"):
                    shifted = rounded(wide - wide.max(axis=-1, keepdims=True))
                    below = total(exp(shifted, rounded, lean), rounded, order)[..., None]
                    unit = np.ldexp(1.0, np.maximum(np.frexp(np.log(below))[1] - 24, -149))
                    logarithm = rounded(np.log(below) + np.where(below == 1, 0.0, lean * unit))
                    got = rounded(shifted - logarithm)
                figures = np.abs(got - exact) / log_softmax_bound(to, UNITS, right)
                assert figures.max() <= 1, (depth, order, lean)


def test_a_logarithm_rounded_at_the_size_of_the_operands_does_not_pass() -> None:
    x = rows("far", 128)
    wide, right = x.astype(np.float64), rows_of(x)
    largest = wide.max(axis=-1, keepdims=True)
    got = nearest(wide - nearest(largest + nearest(right.logarithm[..., None])))
    exact = -right.below - right.logarithm[..., None]
    assert (np.abs(got - exact) / log_softmax_bound(WAYS["nearest"][1], UNITS, right)).max() > 3
