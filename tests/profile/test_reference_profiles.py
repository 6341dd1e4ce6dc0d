"""The profiles of known chips say what is publicly known of their matrix units: every row of it, and no more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from harness.profile.arithmetic import InstructionRow
from harness.profile.claim import statements
from harness.profile.coherence import said_of
from harness.profile.conduct import DTYPES
from harness.profile.lint import lint
from harness.profile.model import Profile
from harness.profile.store import load_profile
from harness.simulator.matrix_unit import matrix_unit
from tests.profile.known_units import COUNTS, FMA, KNOWN, Said, aligned, wide

ROWS = [(chip, name) for chip, rows in KNOWN.items() for name in rows]


def _rows(chip: str) -> Mapping[str, InstructionRow]:
    return load_profile(chip).declared.arithmetic.matrix.rows


@pytest.mark.parametrize(("chip", "name"), ROWS)
def test_a_row_says_what_is_known_and_nothing_else(chip: str, name: str) -> None:
    assert said_of(_rows(chip)[name], None) == KNOWN[chip][name]


@pytest.mark.parametrize("chip", KNOWN)
def test_a_chip_has_every_known_instruction_and_no_other(chip: str) -> None:
    assert _rows(chip).keys() == KNOWN[chip].keys()
    assert len(load_profile(chip).instructions) == COUNTS[chip]


WORDS = {
    "f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16", "tf32": "tf32", "xf32": "xf32",
    "e5m2": "float8_e5m2", "e4m3": "float8_e4m3fn", "e3m2": "float6_e3m2fn", "e2m3": "float6_e2m3fn",
    "e2m1": "float4_e2m1fn", "fp8": "float8_e4m3fnuz", "bf8": "float8_e5m2fnuz",
}  # fmt: skip


@pytest.mark.parametrize("chip", [chip for chip in KNOWN if chip.startswith("nvidia/")])
def test_a_ptx_name_tells_the_shape_and_the_formats(chip: str) -> None:
    for name, found in load_profile(chip).instructions.items():
        shape = re.search(r"\.m(\d+)n(\d+)k(\d+)\.", name)
        assert shape is not None
        assert found.shape == tuple(map(int, shape.groups()))
        formats = [WORDS[word] for word in name.split(".") if word in WORDS]
        assert [found.d, found.a, found.b] == formats[:3]
        assert found.c == (formats[3] if len(formats) > 3 else found.d)


@pytest.mark.parametrize("chip", [chip for chip in KNOWN if chip.startswith("amd/")])
def test_an_mfma_name_tells_the_shape_and_the_formats(chip: str) -> None:
    for name, found in load_profile(chip).instructions.items():
        parts = re.fullmatch(r"v_mfma_(f32|f64)_(\d+)x(\d+)x(\d+)(?:_\d+b)?_?([a-z]+\d+)(?:_(1k|bf8|fp8))?", name)
        assert parts is not None
        d, m, n, k, a, b = parts.groups()
        assert found.shape == (int(m), int(n), int(k))
        assert (found.c, found.d) == (WORDS[d], WORDS[d])
        assert (found.a, found.b) == (WORDS[a], WORDS[b if b in ("bf8", "fp8") else a])


def test_one_instruction_takes_c_in_another_format_than_it_gives_d() -> None:
    for chip in ("nvidia/v100", "nvidia/t4"):
        found = load_profile(chip).instructions["mma.m8n8k4.f32.f16.f16.f16"]
        assert (found.c, found.d, found.row.accumulator) == ("float16", "float32", "float32")


#: Rows whose arithmetic outputs of real devices confirm, by the chips such outputs were published of.
MEASURED = {"nvidia/v100", "nvidia/a100", "nvidia/l40s", "nvidia/h100", "nvidia/b200"}


@pytest.mark.parametrize(("chip", "name"), ROWS)
def test_only_what_real_outputs_confirm_is_called_measured(chip: str, name: str) -> None:
    profile = load_profile(chip)
    said = next(s for s in statements(profile.declared) if s.path == ("arithmetic", "matrix", name))
    kinds = {profile.declared.sources[source].kind for source in said.source}
    if not KNOWN[chip][name]:
        assert (said.status, kinds) == ("vendor", {"vendor document"})
    elif chip in MEASURED and name.startswith("mma.") and ".f64." not in name:
        assert said.status == "measured"
        assert "third-party measurement" in kinds
    else:
        assert said.status == "thirdparty"
        assert "third-party table" in kinds


@pytest.mark.parametrize("chip", KNOWN)
def test_what_public_sources_dispute_is_noted(chip: str) -> None:
    assert "disputed between public sources" in (load_profile(chip).declared.arithmetic.matrix.note or "")


def test_an_undocumented_row_is_computed_by_an_open_assumption() -> None:
    """Public outputs of an H100 fit 13 bits where C is zero; nothing public says how C joins."""
    profile = load_profile("nvidia/h100")
    name = "mma.m16n8k32.f32.{a}.{b}.f32"
    said = said_of(profile.declared.arithmetic.matrix.rows[name], profile.assumed[name])
    assert said == wide(32, 13, -133, fraction_bits=13, addend="last")


#: What 2**23 - 2**13 * 2**10 - 0.5 - 0.25 - 0.125 comes to, published for these chips; exactly it is -0.875.
CANCELLED = {
    ("amd/mi100", "v_mfma_f32_16x16x16f16"): -0.875,
    ("amd/mi100", "v_mfma_f32_16x16x4f32"): -0.875,
    ("amd/mi250", "v_mfma_f32_16x16x8bf16"): -0.375,
    ("amd/mi250", "v_mfma_f32_16x16x16f16"): 0.0,
    ("amd/mi250", "v_mfma_f32_16x16x16bf16_1k"): 0.0,
    ("amd/mi300x", "v_mfma_f32_16x16x16_f16"): -0.5,
    ("amd/mi300x", "v_mfma_f32_16x16x32_bf8_bf8"): -1.0,
    ("nvidia/v100", "mma.m8n8k4.f32.f16.f16.f32"): 0.0,
    ("nvidia/t4", "mma.m16n8k8.f32.f16.f16.f32"): -0.5,
    ("nvidia/a100", "mma.m16n8k16.f32.f16.f16.f32"): -0.5,
    ("nvidia/l40s", "mma.m16n8k32.f32.e5m2.e5m2.f32"): 0.0,
    ("nvidia/h100", "wgmma.m64n8k32.f32.e5m2.e5m2"): 0.0,
    ("nvidia/h100", "mma.m16n8k16.f32.f16.f16.f32"): -0.75,
    ("nvidia/b200", "mma.m16n8k16.f32.f16.f16.f32"): -0.75,
}


@pytest.mark.parametrize(("chip", "name"), CANCELLED)
def test_a_chip_loses_of_a_cancelled_sum_what_is_published(chip: str, name: str) -> None:
    unit = matrix_unit(chip, name)
    dtype = _dtype(load_profile(chip).instructions[name].a)
    a = np.array([[-(2.0**13), -0.5, -0.25, -0.125]], dtype=np.float64).astype(dtype)
    b = np.array([[2.0**10, 1.0, 1.0, 1.0]], dtype=np.float64).astype(dtype)
    assert float(unit.dot(a, b, np.array([2.0**23], dtype=np.float32))[0]) == CANCELLED[chip, name]


def _dtype(name: str) -> np.dtype[Any]:
    return np.dtype(getattr(ml_dtypes, name, name))


SERVED = {
    "nvidia/v100": ("mma.m8n8k4.f32.f16.f16.f32", None),
    "nvidia/t4": ("mma.m16n8k8.f32.f16.f16.f32", None),
    "amd/mi100": ("v_mfma_f32_16x16x16f16", "v_mfma_f32_16x16x8bf16"),
    "amd/mi250": ("v_mfma_f32_16x16x16f16", "v_mfma_f32_16x16x16bf16_1k"),
    "amd/mi300x": ("v_mfma_f32_16x16x16_f16", "v_mfma_f32_16x16x16_bf16"),
}
AMPERE_ON = ("mma.m16n8k16.f32.f16.f16.f32", "mma.m16n8k16.f32.bf16.bf16.f32")


@pytest.mark.parametrize("chip", KNOWN)
def test_products_of_short_formats_are_served_by_the_widest_instruction(chip: str) -> None:
    serves = load_profile(chip).declared.arithmetic.serves
    assert (serves["matmul/float16"], serves.get("matmul/bfloat16")) == SERVED.get(chip, AMPERE_ON)
    assert serves["matmul/float32"] == "vector"


ARCHITECTURES = {
    "nvidia/v100": "sm_70", "nvidia/t4": "sm_75", "nvidia/a100": "sm_80", "nvidia/l40s": "sm_89",
    "nvidia/h100": "sm_90", "nvidia/b200": "sm_100", "nvidia/rtx-blackwell": "sm_120",
    "amd/mi100": "gfx908", "amd/mi250": "gfx90a", "amd/mi300x": "gfx942",
    "hygon/z100": "gfx906", "hygon/k100": "gfx926", "hygon/k100-ai": "gfx928", "hygon/bw1000": "gfx936",
    "hygon/bw1100": "gfx938",
}  # fmt: skip


@pytest.mark.parametrize("chip", ARCHITECTURES)
def test_a_profile_is_sound_and_names_its_architecture(chip: str) -> None:
    assert load_profile(chip).facts()["architecture"] == ARCHITECTURES[chip]
    assert not [remark for remark in lint(chip) if "neither declared nor assumed" in remark.what]
    assert not [remark for remark in lint(chip) if "used by no claim" in remark.what]


# ------------------------------------------------------------------------------------- products without documentation

GFX928 = {
    "v_mmac_f32_16x16x16_f16", "v_mmac_f32_16x16x16_bf16", "v_mmac_f32_16x16x8_tf32",
    "mmac_f32_16x16x4_f32", "mmac_f32_16x16x8_f32",
    "mmac_i32_16x16x32_i8", "mmac_i32_16x16x32_u8", "mmac_i32_16x16x64_i4", "mmac_i32_16x16x64_u4",
}  # fmt: skip
GFX936 = GFX928 | {"mmac_f64_16x16x4_f64"}
LISTED = {
    "hygon/z100": set(),
    "hygon/k100": {"mmac_f64_16x16x4_f64", "mmac_f32_16x16x4_f32"},
    "hygon/k100-ai": GFX928,
    "hygon/bw1000": GFX936,
    "hygon/bw1100": GFX936 | {f"v_mmac_f32_16x16x32_{a}_{b}" for a in ("fp8", "bf8") for b in ("fp8", "bf8")},
}


@pytest.mark.parametrize("product", LISTED)
def test_a_product_has_the_instructions_listed_for_its_architecture(product: str) -> None:
    assert set(load_profile(product).instructions) == LISTED[product]


def test_formats_of_eight_bits_are_those_of_ocp() -> None:
    found = load_profile("hygon/bw1100").instructions["v_mmac_f32_16x16x32_fp8_bf8"]
    assert (found.a, found.b) == ("float8_e4m3fn", "float8_e5m2")


@pytest.mark.parametrize("product", LISTED)
def test_undocumented_arithmetic_is_assumed_openly_and_never_claimed(product: str) -> None:
    profile = load_profile(product)
    for name, row in profile.declared.arithmetic.matrix.rows.items():
        assert said_of(row, None) == {}
        if not _floating(profile, name):
            assert name not in profile.assumed
        else:
            assert said_of(row, profile.assumed[name]) == _assumed(name)
            assert profile.assumed[name].because.startswith("undocumented; ")


def _floating(profile: Profile, pattern: str) -> bool:
    a = profile.declared.arithmetic.matrix.rows[pattern].a
    return isinstance(a, dict) or DTYPES.get(a, "floating") == "floating"


def _assumed(name: str) -> Said:
    if name.endswith(("_f32", "_f64")) and not name.endswith("_tf32"):
        return FMA
    return aligned(8 if name.endswith("_tf32") else 16, 24, -132, "nearest-even")
