"""Inputs that tell models of a matrix unit apart: random words of several kinds, and the project's directed vectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.simulator.formats import FORMATS
from harness.simulator.matrix_unit import MatrixUnit
from tests.simulator.definition import Parameters
from tests.simulator.directed import directed
from tests.simulator.dot_vectors import Vector

Array = NDArray[Any]


def words(form_name: str, shape: tuple[int, ...], kind: str, random: np.random.Generator) -> Array:
    """Random words of a format: of a kind that numbers, or their edges, are made of."""
    form = FORMATS[form_name]
    width = form.width
    raw = random.integers(0, 1 << width, shape, dtype=np.uint64)
    if form.dropped and kind != "raw":
        raw &= np.uint64(0xFFFFFFFF << form.dropped)
    fraction = form.fraction_bits + form.dropped
    sign = raw & np.uint64(1 << (width - 1))
    mantissa = raw & np.uint64((1 << fraction) - 1)
    top = np.uint64(form.greatest - form.least + 1)
    bias = np.uint64(1 - form.least)
    if kind == "normal":
        spread = random.integers(-4, 5, shape).astype(np.int64) + int(bias)
        field = np.clip(spread, 0, int(top)).astype(np.uint64)
        found = sign | (field << np.uint64(fraction)) | mantissa
        return np.asarray(found, dtype=form.word)
    if kind == "subnormal":
        field = np.where(random.random(shape) < 0.7, 0, random.integers(0, 3, shape)).astype(np.uint64)
        found = sign | (field << np.uint64(fraction)) | mantissa
        return np.asarray(found, dtype=form.word)
    if kind == "edge":
        field = random.choice(np.array([0, 1, 2, int(bias), int(top) - 1, int(top)], dtype=np.uint64), shape)
        edges = np.array([0, 1, (1 << fraction) - 1, 1 << max(fraction - 1, 0)], dtype=np.uint64)
        mantissa = random.choice(edges, shape) & np.uint64((1 << fraction) - 1)
        found = sign | (field << np.uint64(fraction)) | mantissa
        return np.asarray(found, dtype=form.word)
    if kind == "special" and form.special == "ieee":
        nan_or_infinity = (np.uint64((1 << (width - 1)) - 1) ^ np.uint64((1 << fraction) - 1)) | sign
        nan = random.random(shape) < 0.2
        hit = random.random(shape) < 2 / shape[-1]
        chosen = np.where(hit, np.where(nan, nan_or_infinity | np.uint64(1 << (fraction - 1)), nan_or_infinity), raw)
        return np.asarray(chosen, dtype=form.word)
    return raw.astype(form.word)


#: The kinds of input.
KINDS = ("raw", "normal", "subnormal", "edge", "special", "cancellation")


@dataclass(frozen=True)
class Operands:
    """Words of a, b and c for many dot products, and of scales where there are any."""

    a: Array
    b: Array
    c: Array
    scales: tuple[Array, ...] = ()

    @property
    def length(self) -> int:
        """Elements of each dot product."""
        found: int = self.a.shape[1]
        return found


def drawn(unit: MatrixUnit, count: int, length: int, kind: str, random: np.random.Generator) -> Operands:
    """So many dot products of one kind; operands with scales are filled up with zeros to whole blocks."""
    arithmetic = unit.arithmetic
    plain = "normal" if kind == "cancellation" else kind
    a, b = (words(name, (count, length), plain, random) for name in (arithmetic.a, arithmetic.b))
    c = words(arithmetic.c, (count, 1), plain, random)[:, 0]
    if kind == "cancellation" and length > 1:
        half = length // 2
        sign = FORMATS[arithmetic.a].word.type(1 << (FORMATS[arithmetic.a].width - 1))
        a[:, half : 2 * half], b[:, half : 2 * half] = a[:, :half] ^ sign, b[:, :half]
        order = random.permutation(length)
        a, b = a[:, order], b[:, order]
        c[random.random(count) < 0.5] = 0
    if "scale_format" not in arithmetic.said:
        return Operands(a, b, c)
    step = arithmetic.get("block")
    a, b = (np.pad(operand, ((0, 0), (0, -length % step))) for operand in (a, b))
    return Operands(a, b, c, scales(unit, (count, a.shape[1] // arithmetic.get("scale_block")), random))


def scales(unit: MatrixUnit, shape: tuple[int, int], random: np.random.Generator) -> tuple[Array, Array]:
    """Scales of A and B, most of them near one."""
    name = unit.arithmetic.get("scale_format")
    found = [words(name, shape, "raw", random) for _ in range(2)]
    if name == "float8_e8m0fnu":
        near = random.random(shape) < 0.8
        found = [np.where(near, 123 + each % 8, each).astype(np.uint8) for each in found]
    return found[0], found[1]


def directed_at(unit: MatrixUnit, parameters: Parameters) -> Iterator[Operands]:
    """The project's own directed vectors, those of one length together."""
    arithmetic = unit.arithmetic
    by_length: dict[int, list[Vector]] = {}
    for vector in _directed(parameters if parameters.by_instruction else replace(parameters, depth=parameters.width)):
        by_length.setdefault(len(vector.a), []).append(vector)
    for group in by_length.values():
        yield Operands(
            np.array([vector.a for vector in group], np.uint64).astype(FORMATS[arithmetic.a].word),
            np.array([vector.b for vector in group], np.uint64).astype(FORMATS[arithmetic.b].word),
            np.array([vector.c for vector in group], np.uint64).astype(FORMATS[arithmetic.c].word),
            _scales_of(group) if "scale_format" in arithmetic.said else (),
        )


@cache
def _directed(parameters: Parameters) -> list[Vector]:
    """A good part of the directed vectors; many instructions have the same."""
    return directed(parameters, every=4)


def _scales_of(group: list[Vector]) -> tuple[Array, Array]:
    """The scales of vectors of one length."""
    return np.array([each.scales_a for each in group], np.uint8), np.array([each.scales_b for each in group], np.uint8)
