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

Said = Mapping[str, Any]


def _aligned(products: int, bits: int, zero: int, rounding: str, **more: Any) -> Said:
    """Every product and C cut to `bits` fraction bits of the largest term, added exactly, rounded once."""
    return {
        "model": "fused", "block": products, "alignment_bits": bits, "alignment": "truncate", "zero_exponent": zero,
        "rounding": rounding, "flush": "none", **more,
    }  # fmt: skip


def _wide(products: int, bits: int, zero: int, **more: Any) -> Said:
    """A sum in float32, which is cut off."""
    return _aligned(products, bits, zero, "toward-zero", **more)


def _half(products: int, bits: int, zero: int, **more: Any) -> Said:
    """A sum in float16, which is rounded to nearest."""
    return _aligned(products, bits, zero, "nearest-even", **more)


def _late(products: int, **more: Any) -> Said:
    """The products alone cut to 24 bits; C joins in a second step that keeps 31."""
    return {
        "model": "fused", "block": products, "alignment_bits": 24, "alignment": "truncate", "addend": "late",
        "late_bits": 31, "product_range": "accumulator", "rounding": "nearest-even", "flush": "none", **more,
    }  # fmt: skip


def _plain(model: str, products: int, flush: str) -> Said:
    return {"model": model, "block": products, "rounding": "nearest-even", "flush": flush}


FMA: Said = {"model": "fma", "rounding": "nearest-even", "flush": "none"}
TWICE: Said = {"addend": "last", "passes": 2, "run": 2}
E8M0 = {"scale_format": "float8_e8m0fnu"}
VOLTA = {
    "mma.m8n8k4.f32.f16.f16.f32": _wide(4, 23, -131),
    "mma.m8n8k4.f32.f16.f16.f16": _wide(4, 23, -131, accumulator="float32"),
    "mma.m8n8k4.f16.f16.f16.f16": _half(4, 23, -19),
}


def _since_ampere(width: int, bits: int, zero: int, zero_half: int) -> dict[str, Said]:
    """What every chip from Ampere on multiplies, with products of float16 as wide as told and of tf32 half as wide."""
    return {
        "mma.m16n8k8.f32.f16.f16.f32": _wide(width, bits, zero),
        "mma.m16n8k16.f32.f16.f16.f32": _wide(width, bits, zero),
        "mma.m16n8k8.f32.bf16.bf16.f32": _wide(width, bits, zero),
        "mma.m16n8k16.f32.bf16.bf16.f32": _wide(width, bits, zero),
        "mma.m16n8k8.f16.f16.f16.f16": _half(width, bits, zero_half),
        "mma.m16n8k16.f16.f16.f16.f16": _half(width, bits, zero_half),
        "mma.m16n8k4.f32.tf32.tf32.f32": _wide(width // 2, bits, zero),
        "mma.m16n8k8.f32.tf32.tf32.f32": _wide(width // 2, bits, zero),
        "mma.m8n8k4.f64.f64.f64.f64": FMA,
    }


def _scaled(prefix: str, shape: str, c: str) -> dict[str, Said]:
    """Products of blocks that have scales: OCP's MXFP8, MXFP6 and MXFP4, and NVFP4."""
    four, f32 = f"{prefix}.{shape}k64.kind", f".f32.e2m1.e2m1.{c}"
    exact = {"exact_group": 16, **E8M0}
    eight = f"{prefix}.{shape}k32.kind::mxf8f6f4.block32.f32.{{a}}.{{b}}.{c}ue8m0"
    return {
        eight: _wide(32, 25, -133, scale_block=32, **E8M0),
        f"{four}::mxf4.block32{f32}ue8m0": _wide(64, 35, -139, scale_block=32, **exact),
        f"{four}::mxf4nvf4.block32{f32}ue8m0": _wide(64, 35, -139, scale_block=32, **exact),
        f"{four}::mxf4nvf4.block16{f32}ue8m0": _wide(64, 35, -139, scale_block=16, **exact),
        f"{four}::mxf4nvf4.block16{f32}ue4m3": _wide(
            64, 35, -139, **{**exact, "scale_block": 16, "scale_format": "ue4m3"}
        ),
    }


def _each(names: str, said: Said) -> dict[str, Said]:
    return dict.fromkeys(names.split(), said)


CDNA1_F32 = (
    "v_mfma_f32_32x32x2f32 v_mfma_f32_32x32x1f32 v_mfma_f32_16x16x4f32 v_mfma_f32_16x16x1f32 v_mfma_f32_4x4x1f32"
)
CDNA1_F16 = (
    "v_mfma_f32_32x32x8f16 v_mfma_f32_32x32x4f16 v_mfma_f32_16x16x16f16 v_mfma_f32_16x16x4f16 v_mfma_f32_4x4x4f16"
)
CDNA1_BF16 = (
    "v_mfma_f32_32x32x4bf16 v_mfma_f32_32x32x2bf16 v_mfma_f32_16x16x8bf16 v_mfma_f32_16x16x2bf16 v_mfma_f32_4x4x2bf16"
)
CDNA2_BF16 = (
    "v_mfma_f32_32x32x8bf16_1k v_mfma_f32_32x32x4bf16_1k v_mfma_f32_16x16x16bf16_1k v_mfma_f32_16x16x4bf16_1k "
    "v_mfma_f32_4x4x4bf16_1k"
)
CDNA3_F64_F32 = (
    "v_mfma_f64_16x16x4_f64 v_mfma_f64_4x4x4_4b_f64 v_mfma_f32_32x32x1_2b_f32 v_mfma_f32_16x16x1_4b_f32 "
    "v_mfma_f32_4x4x1_16b_f32 v_mfma_f32_32x32x2_f32 v_mfma_f32_16x16x4_f32"
)
CDNA3_F16 = (
    "v_mfma_f32_32x32x4_2b_f16 v_mfma_f32_16x16x4_4b_f16 v_mfma_f32_4x4x4_16b_f16 v_mfma_f32_32x32x8_f16 "
    "v_mfma_f32_16x16x16_f16"
)

#: What is publicly known, by chip and instruction; of wgmma and tcgen05 the smallest shape stands for all.
KNOWN: dict[str, dict[str, Said]] = {
    "nvidia/v100": VOLTA,
    "nvidia/t4": {
        **VOLTA,
        "mma.m16n8k8.f32.f16.f16.f32": _wide(8, 24, -132),
        "mma.m16n8k8.f16.f16.f16.f16": _half(8, 24, -20),
    },
    "nvidia/a100": _since_ampere(8, 24, -132, -20),
    "nvidia/l40s": {
        **_since_ampere(8, 24, -132, -20),
        "mma.m16n8k32.f32.{a}.{b}.f32": _wide(16, 13, -132, fraction_bits=13),
        "mma.m16n8k16.f32.{a}.{b}.f32": _wide(16, 13, -132, fraction_bits=13),
        "mma.m16n8k32.f16.{a}.{b}.f16": _half(16, 13, -20),
        "mma.m16n8k16.f16.{a}.{b}.f16": _half(16, 13, -20),
    },
    "nvidia/h100": {
        **_since_ampere(16, 25, -133, -21),
        **_each("mma.m16n8k16.f64.f64.f64.f64 mma.m16n8k8.f64.f64.f64.f64 mma.m16n8k4.f64.f64.f64.f64", FMA),
        "mma.m16n8k32.f16.{a}.{b}.f16": _half(16, 25, -21, **TWICE),
        "mma.m16n8k32.f32.{a}.{b}.f32": {},
        "wgmma.m64n8k8.f32.tf32.tf32": _wide(8, 25, -133),
        "wgmma.m64n8k16.f32.f16.f16": _wide(16, 25, -133),
        "wgmma.m64n8k16.f32.bf16.bf16": _wide(16, 25, -133),
        "wgmma.m64n8k16.f16.f16.f16": _half(16, 25, -21),
        "wgmma.m64n8k32.f32.{a}.{b}": _wide(32, 13, -133, fraction_bits=13),
        "wgmma.m64n8k32.f16.{a}.{b}": _half(32, 13, -21),
    },
    "nvidia/b200": {
        **_since_ampere(16, 25, -133, -21),
        "mma.m16n8k32.f16.{a}.{b}.f16": _half(16, 25, -21, **TWICE),
        "mma.m16n8k32.f32.{a}.{b}.f32": _wide(16, 25, -133, **TWICE),
        "tcgen05.mma.m64n8k8.kind::tf32.f32.tf32.tf32": _wide(8, 25, -133),
        "tcgen05.mma.m64n8k16.kind::f16.f32.f16.f16": _wide(16, 25, -133),
        "tcgen05.mma.m64n8k16.kind::f16.f32.bf16.bf16": _wide(16, 25, -133),
        "tcgen05.mma.m64n8k16.kind::f16.f16.f16.f16": _half(16, 25, -21),
        "tcgen05.mma.m64n8k32.kind::f8f6f4.f32.{a}.{b}": _wide(32, 25, -133),
        "tcgen05.mma.m64n8k32.kind::f8f6f4.f16.{a}.{b}": _half(32, 25, -21),
        **_scaled("tcgen05.mma.block_scale", "m128n8", ""),
    },
    "nvidia/rtx-blackwell": {
        **_since_ampere(16, 25, -133, -21),
        **_each("mma.m16n8k32.f32.{a}.{b}.f32 mma.m16n8k16.f32.{a}.{b}.f32", _wide(32, 25, -133)),
        **_each("mma.m16n8k32.f16.{a}.{b}.f16 mma.m16n8k16.f16.{a}.{b}.f16", _half(32, 25, -21)),
        "mma.m16n8k32.kind::f8f6f4.f32.{a}.{b}.f32": _wide(32, 25, -133),
        "mma.m16n8k32.kind::f8f6f4.f16.{a}.{b}.f16": _half(32, 25, -21),
        **_scaled("mma.block_scale", "m16n8", "f32."),
    },
    "amd/mi100": {
        **_each(CDNA1_F32, FMA),
        **_each(CDNA1_F16, _plain("exact", 4, "none")),
        **_each(CDNA1_BF16, _plain("exact", 2, "none")),
    },
    "amd/mi250": {
        **_each("v_mfma_f64_16x16x4f64 v_mfma_f64_4x4x4f64", FMA),
        **_each(CDNA1_F32, FMA),
        **_each(CDNA1_F16, _plain("pairwise", 4, "both")),
        **_each(CDNA2_BF16, _plain("pairwise", 4, "both")),
        **_each(CDNA1_BF16, _plain("pairwise", 2, "both")),
    },
    "amd/mi300x": {
        **_each(CDNA3_F64_F32, FMA),
        **_each("v_mfma_f32_16x16x8_xf32 v_mfma_f32_32x32x4_xf32", _late(4)),
        **_each(CDNA3_F16, _late(8)),
        **_each(CDNA3_F16.replace("_f16", "_bf16"), _late(8)),
        **_each(
            "v_mfma_f32_16x16x32_{a}_{b} v_mfma_f32_32x32x16_{a}_{b}",
            _late(16, groups=2, addend_reach=25),
        ),
    },
}

#: How many instructions each chip has, counted in the vendors' lists.
COUNTS = {
    "nvidia/v100": 3,
    "nvidia/t4": 5,
    "nvidia/a100": 9,
    "nvidia/l40s": 25,
    "nvidia/h100": 12 + 8 + 12,
    "nvidia/b200": 9 + 8 + 54 + 29,
    "nvidia/rtx-blackwell": 9 + 16 + 50 + 29,
    "amd/mi100": 15,
    "amd/mi250": 22,
    "amd/mi300x": 27,
}

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
    assert said == _wide(32, 13, -133, fraction_bits=13, addend="last")


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
    return _aligned(8 if name.endswith("_tf32") else 16, 24, -132, "nearest-even")
