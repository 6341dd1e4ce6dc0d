"""A matrix unit beside its definition: every shipped unit, dot products drawn at random, and what differs."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.simulator.matrix_unit import MatrixUnit
from tests.simulator.definition import NAN, Parameters, dot, shipped
from tests.simulator.dot_vectors import Vector
from tests.simulator.number_formats import FORMS, INTEGERS, decoded

Array = NDArray[Any]


def array(rows: Sequence[Any], form: str) -> Array:
    """Words as an array a unit takes: raw bits, and integers as they are."""
    if form in INTEGERS:
        signed, width = INTEGERS[form]
        whole = np.array(rows, dtype=np.uint64).astype(np.int64)
        whole -= ((whole >> (width - 1)) & signed) << width
        return whole.astype(f"{'' if signed else 'u'}int{max(8, width)}")
    return np.array(rows, dtype=f"uint{max(8, FORMS[form].width)}")


def compared(unit: MatrixUnit, parameters: Parameters, vectors: Iterable[Vector]) -> list[str]:
    """What a unit computes otherwise than the definition."""
    by_length: defaultdict[int, list[Vector]] = defaultdict(list)
    for vector in vectors:
        by_length[len(vector.a)].append(vector)
    wrong = []
    for length, alike in by_length.items():
        a, b = array([v.a for v in alike], parameters.a), array([v.b for v in alike], parameters.b)
        a, b = a.reshape(len(alike), length), b.reshape(len(alike), length)
        c = array([v.c for v in alike], parameters.c)
        found = raw(unit.dot(a, b, c, *scales_of(alike, parameters)))
        for vector, bits in zip(alike, found.tolist(), strict=True):
            expected = dot(parameters, vector.a, vector.b, vector.c, vector.scales_a, vector.scales_b)
            if not same(bits, expected, parameters.d):
                wrong.append(
                    f"{vector}: {bits:#x}, by definition {expected if expected == NAN else hex(int(expected))}"
                )
    return wrong


def scales_of(vectors: Sequence[Vector], parameters: Parameters) -> tuple[Array, ...]:
    """The scales of vectors of one length, where there are any."""
    if parameters.scale_format is None:
        return ()
    return tuple(np.array([getattr(v, name) for v in vectors], np.uint8) for name in ("scales_a", "scales_b"))


def raw(found: Array) -> Array:
    """Results as raw bits."""
    return found.view(f"uint{8 * found.dtype.itemsize}")


def same(bits: int, expected: int | str, form: str) -> bool:
    """Whether a unit's word is the defined one; which NaN it is does not matter here."""
    return decoded(bits, form).kind == "nan" if expected == NAN else bits == expected


def anyhow(parameters: Parameters, draw: random.Random, length: int, kind: str) -> Vector:
    """A dot product of words drawn at random: of any bits, of numbers near one another, of numbers near zero."""
    a, b = ([any_word(form, draw, kind) for _ in range(length)] for form in (parameters.a, parameters.b))
    c = any_word(parameters.c, draw, kind)
    if kind == "cancelling" and length > 1 and parameters.b not in INTEGERS:
        for at in range(length // 2):  # every other product is the negative of one before, in another place
            a[length - 1 - at], b[length - 1 - at] = a[at], b[at] ^ (1 << (FORMS[parameters.b].width - 1))
        at = draw.randrange(length)
        a[at] = any_word(parameters.a, draw, "near")
    if parameters.scale_format is None:
        return Vector(kind, tuple(a), tuple(b), c)
    assert parameters.scale_block is not None
    count, one = -(-length // parameters.scale_block), 127 if parameters.scale_format == "float8_e8m0fnu" else 0x38
    spread = 120 if kind == "any bits" else 8
    scales = [tuple(min(254, max(0, one + draw.randint(-spread, spread))) for _ in range(count)) for _ in "ab"]
    return Vector(kind, tuple(a), tuple(b), c, scales[0], scales[1])


def any_word(form: str, draw: random.Random, kind: str) -> int:
    """A word drawn at random: of any bits, of a number near one, or of one near zero."""
    if form in INTEGERS:
        return draw.getrandbits(INTEGERS[form][1])
    found = FORMS[form]
    if kind == "any bits":
        return draw.getrandbits(found.width)
    middle = found.bias if kind in ("near", "cancelling") else 0
    field = min(max(middle + draw.randint(-5, 5), 0), (1 << found.exponent_bits) - 2)
    sign = draw.getrandbits(1) << (found.exponent_bits + found.fraction)
    bits = (sign | field << found.fraction | draw.getrandbits(found.fraction)) << found.unread
    return 0 if decoded(bits, form).kind != "finite" else bits


KINDS = ("any bits", "near", "near zero", "cancelling")
UNITS = [pytest.param(unit, *names, id=" ".join(names)) for unit, names in shipped().items()]
FLOATING = [
    pytest.param(unit, *names, id=" ".join(names)) for unit, names in shipped().items() if unit.d not in INTEGERS
]
#: Units of every kind, for what is the same in all of them.
SHORT = [unit for unit in UNITS if "m16n8k16.f32.f16" in str(unit.id) or "i8" in str(unit.id)]
SHORT += [unit for unit in UNITS if "k32.f32.e5m2.e5m2" in str(unit.id) or "mxf4nvf4" in str(unit.id)]
SHORT += [unit for unit in UNITS if "amd" in str(unit.id)]


def empty(parameters: Parameters, m: int, n: int, k: int) -> list[Array]:
    """Operands of zeros, and scales where there have to be scales."""
    a, b, c = (array([], form) for form in (parameters.a, parameters.b, parameters.c))
    found = [np.zeros((m, k), a.dtype), np.zeros((k, n), b.dtype), np.zeros((m, n), c.dtype)]
    if parameters.scale_format is not None:
        assert parameters.scale_block is not None
        count = -(-k // parameters.scale_block)
        found += [np.full((m, count), 0x38, np.uint8), np.full((count, n), 0x38, np.uint8)]
    return found
