"""Every matrix instruction that the package mmasim models too computes the same bits, over inputs made to tell apart.

Payloads of NaN are compared where the vendor fixes them: in fused units with a float32 or float16 result. What public
sources dispute is left out where it shows: see docs/disputed.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from mmasim import amd, nv_ptx
from numpy.typing import NDArray

from harness.profile.store import load_profile
from harness.simulator.formats import FORMATS
from harness.simulator.matrix_unit import MatrixUnit, matrix_unit
from tests.simulator import definition

Array = NDArray[Any]

#: Dot products of each instruction, over all lengths and kinds of input.
DOTS = int(os.environ.get("ASSAY_PEER_DOTS", "20000"))

#: What the peer calls the architecture of each product.
ARCHITECTURES = {
    "nvidia/v100": "Volta",
    "nvidia/t4": "Turing",
    "nvidia/a100": "Ampere",
    "nvidia/l40s": "Ada Lovelace",
    "nvidia/h100": "Hopper",
    "nvidia/b200": "Blackwell",
    "nvidia/rtx-blackwell": "RTX Blackwell",
    "amd/mi100": "CDNA1",
    "amd/mi250": "CDNA2",
    "amd/mi300x": "CDNA3",
}
_CLASSES = {
    "tcgen05.mma.block_scale.": nv_ptx.TCGen05MMABlockScale,
    "mma.block_scale.": nv_ptx.MMABlockScale,
    "tcgen05.mma.": nv_ptx.TCGen05MMA,
    "wgmma.": nv_ptx.WGMMA,
    "mma.": nv_ptx.MMA,
    "v_mfma_": amd.MFMA,
}


def peer(product: str, instruction: str) -> Any:
    """The peer's model of an instruction, or ``None`` where it has none."""
    for prefix, kind in _CLASSES.items():
        if instruction.startswith(prefix):
            try:
                return kind(ARCHITECTURES[product], instruction.removeprefix(prefix))
            except AssertionError:
                return None
    return None


def covered() -> Iterator[tuple[str, str]]:
    """Every instruction that both model."""
    for product in ARCHITECTURES:
        for instruction in load_profile(product).matrix_instructions:
            if peer(product, instruction) is not None:
                yield product, instruction


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


KINDS = ("raw", "normal", "subnormal", "edge", "special", "cancellation")


def operands(unit: MatrixUnit, count: int, length: int, kind: str, random: np.random.Generator) -> tuple[Array, ...]:
    """Words of a, b and c for so many dot products."""
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
    return a, b, c


def to_torch(form_name: str, values: Array) -> torch.Tensor:
    """Words as the peer takes them."""
    if form_name.startswith(("float6_", "float4_")):
        return torch.from_numpy(values.copy())
    names = {"tf32": "float32", "xf32": "float32", "ue4m3": "float8_e4m3fn"}
    signed = values.view(np.dtype(f"int{8 * values.dtype.itemsize}")).copy()
    return torch.from_numpy(signed).view(getattr(torch, names.get(form_name, form_name)))


def to_peer(form_name: str, values: Array) -> torch.Tensor:
    """The same; four-bit numbers lie in bits 2 to 5 of the peer's bytes."""
    return to_torch(form_name, values << 2 if form_name == "float4_e2m1fn" else values)


def packed(values: Array) -> torch.Tensor:
    """Pairs of four-bit numbers in bytes, the first in the upper half."""
    return torch.from_numpy((values[:, ::2] << 4 | values[:, 1::2]).astype(np.uint8))


def differing(unit: MatrixUnit, got: Array, expected: torch.Tensor) -> Array:
    """Which results differ: in any bit, or, where payloads are nobody's word, in being NaN."""
    form = FORMATS[unit.arithmetic.d]
    theirs = expected.view(getattr(torch, f"int{form.width}")).numpy().view(form.word)
    ours = got.view(form.word)
    different = ours != theirs
    if unit.arithmetic.get("model") != "fused" or "v_mfma" in unit.instruction:
        different &= ~(np.isnan(got) & np.isnan(theirs.view(got.dtype)))
    return np.flatnonzero(different)


def disputed(unit: MatrixUnit, a: Array, b: Array, c: Array, got: Array) -> Array:
    """Which dot products public sources dispute.

    One is the sign of a sum of nothing but zeros. The other is whether C, infinite or NaN, can be too far below the
    products to count; in a chain of blocks every sum but the last is the next one's C.
    """
    arithmetic = unit.arithmetic
    found = np.zeros(c.shape, np.bool_)
    if arithmetic.get("addend") == "late" or arithmetic.get("model") == "exact":
        magnitude = [
            FORMATS[name].word.type((1 << (FORMATS[name].width - 1)) - 1) for name in (arithmetic.a, arithmetic.b)
        ]
        found |= ((a & magnitude[0] == 0) | (b & magnitude[1] == 0)).all(axis=1) & (got == 0)
    if "addend_reach" in arithmetic.said:
        chained = a.shape[1] > arithmetic.get("block")
        found |= ~np.isfinite(c.view(arithmetic.c)) | (chained & ~np.isfinite(got))
    return found


@pytest.mark.parametrize(("product", "instruction"), list(covered()))
def test_an_instruction_computes_the_bits_that_the_peer_computes(product: str, instruction: str) -> None:
    unit, other = matrix_unit(product, instruction), peer(product, instruction)
    arithmetic = unit.arithmetic
    block = arithmetic.get("block", 1)
    lengths = [block, 4 * block, 2 * block + 3 if block > 3 else 3]
    if arithmetic.get("model") == "pairwise" or "exact_group" in arithmetic.said:
        lengths[2] = 3 * block  # the peer takes whole blocks only
    random = np.random.default_rng(np.frombuffer(instruction.encode(), np.uint8))
    count = -(-DOTS // (len(lengths) * len(KINDS)))
    for length in lengths:
        for kind in KINDS:
            a, b, c = operands(unit, count, length, kind, random)
            scales: tuple[Array, ...] = ()
            if "scale_format" in arithmetic.said:
                got, expected = _scaled(unit, other, a, b, c, random)
            else:
                got = unit.dot(a, b, c, *scales)
                expected = other.dpa(to_peer(arithmetic.a, a), to_peer(arithmetic.b, b), to_torch(arithmetic.c, c))
            wrong = differing(unit, got, expected)
            wrong = wrong[~disputed(unit, a, b, c, got)[wrong]]
            if arithmetic.get("model") == "exact":
                wrong = wrong[[not _as_defined(unit, product, a[i], b[i], c[i], got[i]) for i in wrong]]
            assert not wrong.size, _told(unit, length, kind, a, b, c, got, expected, wrong[0], wrong.size)


def _as_defined(unit: MatrixUnit, product: str, a: Array, b: Array, c: Any, got: Any) -> bool:
    """Whether a result is the definition's: the peer decides whether an exact sum is infinite from a rounded one."""
    parameters = definition.parameters_of(load_profile(product).instructions[unit.instruction])
    expected = definition.dot(parameters, a.tolist(), b.tolist(), int(c))
    return bool(np.isfinite(got)) and expected == int(got.view(FORMATS[unit.arithmetic.d].word))


def _scaled(
    unit: MatrixUnit, other: Any, a: Array, b: Array, c: Array, random: np.random.Generator
) -> tuple[Array, torch.Tensor]:
    """Both results for operands with scales; the peer takes one instruction at a time."""
    arithmetic = unit.arithmetic
    block, step = arithmetic.get("scale_block"), arithmetic.get("block")
    length = -(-a.shape[1] // step) * step
    a, b = (np.pad(operand, ((0, 0), (0, length - a.shape[1]))) for operand in (a, b))
    shape = (a.shape[0], length // block)
    scale_a, scale_b = (words(arithmetic.get("scale_format"), shape, "raw", random) for _ in range(2))
    near = random.random(shape) < 0.8
    if arithmetic.get("scale_format") == "float8_e8m0fnu":
        scale_a = np.where(near, 127 + scale_a % 8, scale_a).astype(np.uint8)
        scale_b = np.where(near, 122 + scale_b % 8, scale_b).astype(np.uint8)
    expected = to_torch(arithmetic.c, c)
    name = arithmetic.get("scale_format")
    for begin in range(0, length, step):
        part = slice(begin, begin + step)
        of = slice(begin // block, (begin + step) // block)
        in_a, in_b = a[:, part], b[:, part]
        takes = packed if "exact_group" in arithmetic.said else None
        expected = other.dpa(
            takes(in_a) if takes else to_peer(arithmetic.a, in_a),
            takes(in_b) if takes else to_peer(arithmetic.b, in_b),
            expected,
            to_torch(name, scale_a[:, of]),
            to_torch(name, scale_b[:, of]),
        )
    return unit.dot(a, b, c, scale_a, scale_b), expected


def _told(
    unit: MatrixUnit,
    length: int,
    kind: str,
    a: Array,
    b: Array,
    c: Array,
    got: Array,
    expected: torch.Tensor,
    i: int,
    count: int,
) -> str:
    """One difference, in hexadecimal."""
    numbers = [" ".join(f"{int(word):x}" for word in operand) for operand in (a[i], b[i])]
    word = FORMATS[unit.arithmetic.d].word
    theirs = expected.view(getattr(torch, f"int{8 * word.itemsize}")).numpy().view(word)
    return (
        f"{count} of {kind}, K={length}: a={numbers[0]} b={numbers[1]} c={int(c[i]):x} "
        f"got {int(got.view(word)[i]):x}, the peer {int(theirs[i]):x}"
    )
