"""Implementations by number: a product's arithmetic, and the algorithms it carries operations out with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from random import Random

from harness.profile.model import Profile
from harness.simulator.runtime import SimulatedDevice
from tests.implementations.algorithms import (
    activations,
    attention,
    blas,
    moments,
    ordering,
    products,
    softmax,
    sums,
    transforms,
)
from tests.implementations.algorithms.binary import by_powers_of_two
from tests.implementations.algorithms.machine import Algorithm, Fold
from tests.implementations.algorithms.products import Cut
from tests.implementations.arithmetic import Rewritten
from tests.implementations.profiles import product

#: Algorithms for a group of operations, in words and by operation.
Choice = tuple[str, Mapping[str, Algorithm]]
_OWN: Choice = ("", {})


@dataclass(frozen=True)
class Implementation:
    """One correct implementation: its number, what it is in words, what it declares, and the device.

    ``slow`` operations take one step for each element of a row, and all sums do where it ``steps``: those are not
    asked for the longest rows.
    """

    number: int
    words: tuple[str, ...]
    profile: Profile
    device: SimulatedDevice
    slow: frozenset[str]
    steps: bool


def implementation(seed: int, number: int) -> Implementation:
    """The implementation of a number; always the same for the same seed."""
    draw = Random(f"{seed}/{number}")
    made = product(draw)
    cut_words, cut = _cut(draw)
    chosen = [choose(draw) for choose in CHOICES]
    algorithms: dict[str, Algorithm] = {}
    for _, some in chosen:
        algorithms.update(some)
    words = (*made.words, cut_words, *(words for words, _ in chosen))
    device = SimulatedDevice(made.declared, Rewritten(made.units, made.sums, algorithms, cut), seed=number)
    slow = frozenset(name for words, some in chosen if words.startswith("SLOW ") for name in some)
    shown = tuple(word.removeprefix("SLOW ") for word in words if word)
    return Implementation(number, shown, made.declared, device, slow, made.steps)


def _cut(draw: Random) -> tuple[str, Cut]:
    length, parts = draw.choice([1, 3, 8, 32, 64]), draw.choice([2, 3, 4, 7])
    cuts: list[tuple[str, Cut]] = [
        ("", products.uncut),
        ("products from the end", products.backwards),
        (f"products in blocks of {max(length, 8)}", partial(products.blocks, max(length, 8))),
        (f"products split in {parts}", partial(products.split, parts)),
    ]
    return draw.choice(cuts)


def _sums(draw: Random) -> Choice:
    length = draw.choice([8, 32, 128, 256])
    ways: list[tuple[str, Fold] | None] = [
        None,
        ("sums of halves", partial(sums.halves, "add")),
        ("sums of neighbours", partial(sums.neighbours, "add")),
        (f"sums of blocks of {length}", partial(sums.blocks, length)),
    ]
    way = draw.choice(ways)
    return _OWN if way is None else (way[0], sums.sums(way[1]))


def _extrema(draw: Random) -> Choice:
    fold = draw.choice(["", "halves", "neighbours"])
    return (f"extrema of {fold}", sums.extrema(fold)) if fold else _OWN


def _softmax(draw: Random) -> Choice:
    way, size, reciprocal = draw.choice(["", "whole", "chained", "chained", "split"]), 0, draw.random() < 0.4
    if not way:
        return _OWN
    size = draw.choice({"chained": [1, 4, 32, 128], "split": [2, 3, 8]}.get(way, [0]))
    slow = "SLOW " if way == "chained" and size < 32 else ""
    ending = " and a reciprocal" if reciprocal else ""
    found = softmax.softmaxes(way, size, reciprocal=reciprocal)
    if draw.random() < 0.3:
        ending, found = f"{ending}, powers of 2", by_powers_of_two(found)
    return f"{slow}softmax {way} {size or ''}{ending}", found


def _moments(draw: Random) -> Choice:
    how, form = draw.choice(["", *moments.HOWS]), draw.choice(["plain", "scaled", "affine"])
    if not how:
        return _OWN
    slow = "SLOW " if "one by one" in how or how.endswith(("parts of 1", "parts of 8")) else ""
    return f"{slow}moments {how}, normalised {form}", moments.moments(how, form)


def _attention(draw: Random) -> Choice:
    if draw.random() < 0.2:
        return _OWN
    blocks = attention.Blocks(
        operation="Attention",
        keys=draw.choice([1, 2, 5, 16, 64]),
        parts=draw.choice([1, 1, 2, 3]),
        scaled=draw.choice(["scores", "queries", "both"]),
        short=draw.random() < 0.5,
    )
    binary = draw.random() < 0.4
    words = f"attention by {blocks.keys} keys in {blocks.parts} parts, scale on {blocks.scaled}"
    words += (", powers of 2" if binary else "") + (", short weights" if blocks.short else "")
    found = attention.attentions(blocks)
    return words, by_powers_of_two(found) if binary else found


def _convolution(draw: Random) -> Choice:
    channels = draw.choice([0, 1, 2, 4, 16])
    return (f"direct convolution by {channels} channels", products.convolutions(channels)) if channels else _OWN


def _gemm(draw: Random) -> Choice:
    way = draw.choice(["", "product", "a"])
    if not way:
        return _OWN
    return f"gemm with alpha on the {'product' if way == 'product' else 'first operand'}", products.gemms(
        scales_a=way == "a"
    )


def _transforms(draw: Random) -> Choice:
    forward = draw.choice(["", *transforms.FORWARDS])
    if not forward:
        return _OWN
    halved, multiplies = draw.random() < 0.5, draw.random() < 0.5
    words = f"transforms {forward}" + (", real ones halved" if halved else "") + (", scaled by a factor" * multiplies)
    return words, transforms.transforms(forward, halved=halved, multiplies=multiplies)


def _norms(draw: Random) -> Choice:
    way = draw.choice(["", *blas.NORMS])
    return (f"{'SLOW ' if 'running' in way else ''}nrm2 by {way}", blas.norms(way)) if way else _OWN


def _solvers(draw: Random) -> Choice:
    length = draw.choice([0, 1, 2, 4, 8])
    return (f"trsm by blocks of {length}", blas.solvers(length)) if length else _OWN


def _orders(draw: Random) -> Choice:
    way = draw.choice(["", *ordering.WAYS])
    return (f"SLOW sorting by {way}", ordering.orders(way)) if way else _OWN


def _scans(draw: Random) -> Choice:
    way = draw.choice(["", *ordering.SCANS])
    return (f"{'SLOW ' if 'blocks' in way else ''}scans {way}", ordering.scans(way)) if way else _OWN


def _activations(draw: Random) -> Choice:
    return ("other formulas of activations", activations.ACTIVATIONS) if draw.random() < 0.5 else _OWN


#: What is drawn for each group of operations, in this order.
CHOICES: tuple[Callable[[Random], Choice], ...] = (
    _sums,
    _extrema,
    _softmax,
    _moments,
    _attention,
    _convolution,
    _gemm,
    _transforms,
    _norms,
    _solvers,
    _orders,
    _scans,
    _activations,
)
