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
from tests.peers.mmasim_inputs import KINDS, Operands, directed_at, drawn
from tests.simulator import definition
from tests.simulator.definition import Parameters

Array = NDArray[Any]

torch.set_num_threads(1)  # tests run side by side

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


def disputed(unit: MatrixUnit, given: Operands, got: Array) -> Array:
    """Which dot products public sources dispute.

    One is the sign of a sum of nothing but zeros. The other is whether C, infinite or NaN, can be too far below the
    products to count; in a chain of blocks every sum but the last is the next one's C.
    """
    arithmetic = unit.arithmetic
    found = np.zeros(given.c.shape, np.bool_)
    if arithmetic.get("addend") == "late" or arithmetic.get("model") == "exact":
        zero = [
            values & FORMATS[name].word.type((1 << (FORMATS[name].width - 1)) - 1) == 0
            for name, values in ((arithmetic.a, given.a), (arithmetic.b, given.b))
        ]
        found |= (zero[0] | zero[1]).all(axis=1) & (got == 0)
    if "addend_reach" in arithmetic.said:
        chained = given.length > arithmetic.get("block")
        found |= ~np.isfinite(given.c.view(arithmetic.c)) | (chained & ~np.isfinite(got))
    return found


def comparable(unit: MatrixUnit, length: int) -> bool:
    """Whether the peer takes dot products of this length: some of its models take whole blocks, or groups, only."""
    block = unit.arithmetic.get("block", 1)
    if unit.arithmetic.get("model") == "pairwise" or "scale_format" in unit.arithmetic.said:
        return bool(length % block == 0)
    return bool(length % block != 1) if unit.arithmetic.get("groups", 1) > 1 else True


@pytest.mark.parametrize(("product", "instruction"), list(covered()))
def test_an_instruction_computes_the_bits_that_the_peer_computes(product: str, instruction: str) -> None:
    unit, other = matrix_unit(product, instruction), peer(product, instruction)
    parameters = definition.parameters_of(load_profile(product).instructions[instruction])
    block = unit.arithmetic.get("block", 1)
    lengths = [block, 4 * block, 2 * block + 3 if block > 3 else 3]
    if not comparable(unit, lengths[2]) and "scale_format" not in unit.arithmetic.said:
        lengths[2] = 3 * block
    random = np.random.default_rng(np.frombuffer(instruction.encode(), np.uint8))
    count = -(-DOTS // (len(lengths) * len(KINDS)))
    given = [drawn(unit, count, length, kind, random) for length in lengths for kind in KINDS]
    given += [each for each in directed_at(unit, parameters) if comparable(unit, each.length)]
    assert sum(each.c.size for each in given) >= DOTS
    for each in given:
        got = unit.dot(each.a, each.b, each.c, *each.scales)
        expected = expected_of(unit, other, each)
        wrong = differing(unit, got, expected)
        wrong = wrong[~disputed(unit, each, got)[wrong]]
        if unit.arithmetic.get("model") == "exact":
            wrong = wrong[[not as_defined(parameters, each, i, got) for i in wrong]]
        assert not wrong.size, told(each, wrong[0], wrong.size, got, expected)


def as_defined(parameters: Parameters, given: Operands, i: int, got: Array) -> bool:
    """Whether a result is the definition's: the peer decides whether an exact sum is infinite from a rounded one."""
    expected = definition.dot(parameters, given.a[i].tolist(), given.b[i].tolist(), int(given.c[i]))
    return bool(np.isfinite(got[i])) and expected == int(got.view(FORMATS[parameters.d].word)[i])


def expected_of(unit: MatrixUnit, other: Any, given: Operands) -> torch.Tensor:
    """What the peer computes; of operands with scales it takes one instruction at a time."""
    arithmetic = unit.arithmetic
    expected = to_torch(arithmetic.c, given.c)
    if not given.scales:
        return other.dpa(to_peer(arithmetic.a, given.a), to_peer(arithmetic.b, given.b), expected)
    block, step, name = arithmetic.get("scale_block"), arithmetic.get("block"), arithmetic.get("scale_format")
    for begin in range(0, given.length, step):
        of = slice(begin // block, (begin + step) // block)
        taken = [operand[:, begin : begin + step] for operand in (given.a, given.b)]
        if "exact_group" in arithmetic.said:
            a, b = packed(taken[0]), packed(taken[1])
        else:
            a, b = to_peer(arithmetic.a, taken[0]), to_peer(arithmetic.b, taken[1])
        expected = other.dpa(a, b, expected, *(to_torch(name, each[:, of]) for each in given.scales))
    return expected


def told(given: Operands, i: int, count: int, got: Array, expected: torch.Tensor) -> str:
    """One difference, in hexadecimal."""
    numbers = [" ".join(f"{int(word):x}" for word in operand[i]) for operand in (given.a, given.b, *given.scales)]
    word = np.dtype(f"uint{8 * got.dtype.itemsize}")
    theirs = expected.view(getattr(torch, f"int{8 * word.itemsize}")).numpy().view(word)
    return (
        f"{count} of {given.c.size}, K={given.length}: operands {' | '.join(numbers)} c={int(given.c[i]):x} "
        f"got {int(got.view(word)[i]):x}, the peer {int(theirs[i]):x}"
    )
