"""What is publicly known of the matrix units of known chips: every instruction, and the fields of its arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Said = Mapping[str, Any]


def aligned(products: int, bits: int, zero: int, rounding: str, **more: Any) -> Said:
    """Every product and C cut to `bits` fraction bits of the largest term, added exactly, rounded once."""
    return {
        "model": "fused", "block": products, "alignment_bits": bits, "alignment": "truncate", "zero_exponent": zero,
        "rounding": rounding, "flush": "none", **more,
    }  # fmt: skip


def wide(products: int, bits: int, zero: int, **more: Any) -> Said:
    """A sum in float32, which is cut off."""
    return aligned(products, bits, zero, "toward-zero", **more)


def _half(products: int, bits: int, zero: int, **more: Any) -> Said:
    """A sum in float16, which is rounded to nearest."""
    return aligned(products, bits, zero, "nearest-even", **more)


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
    "mma.m8n8k4.f32.f16.f16.f32": wide(4, 23, -131),
    "mma.m8n8k4.f32.f16.f16.f16": wide(4, 23, -131, accumulator="float32"),
    "mma.m8n8k4.f16.f16.f16.f16": _half(4, 23, -19),
}


def _since_ampere(width: int, bits: int, zero: int, zero_half: int) -> dict[str, Said]:
    """What every chip from Ampere on multiplies, with products of float16 as wide as told and of tf32 half as wide."""
    return {
        "mma.m16n8k8.f32.f16.f16.f32": wide(width, bits, zero),
        "mma.m16n8k16.f32.f16.f16.f32": wide(width, bits, zero),
        "mma.m16n8k8.f32.bf16.bf16.f32": wide(width, bits, zero),
        "mma.m16n8k16.f32.bf16.bf16.f32": wide(width, bits, zero),
        "mma.m16n8k8.f16.f16.f16.f16": _half(width, bits, zero_half),
        "mma.m16n8k16.f16.f16.f16.f16": _half(width, bits, zero_half),
        "mma.m16n8k4.f32.tf32.tf32.f32": wide(width // 2, bits, zero),
        "mma.m16n8k8.f32.tf32.tf32.f32": wide(width // 2, bits, zero),
        "mma.m8n8k4.f64.f64.f64.f64": FMA,
    }


def _scaled(prefix: str, shape: str, c: str) -> dict[str, Said]:
    """Products of blocks that have scales: OCP's MXFP8, MXFP6 and MXFP4, and NVFP4."""
    four, f32 = f"{prefix}.{shape}k64.kind", f".f32.e2m1.e2m1.{c}"
    exact = {"exact_group": 16, **E8M0}
    eight = f"{prefix}.{shape}k32.kind::mxf8f6f4.block32.f32.{{a}}.{{b}}.{c}ue8m0"
    return {
        eight: wide(32, 25, -133, scale_block=32, **E8M0),
        f"{four}::mxf4.block32{f32}ue8m0": wide(64, 35, -139, scale_block=32, **exact),
        f"{four}::mxf4nvf4.block32{f32}ue8m0": wide(64, 35, -139, scale_block=32, **exact),
        f"{four}::mxf4nvf4.block16{f32}ue8m0": wide(64, 35, -139, scale_block=16, **exact),
        f"{four}::mxf4nvf4.block16{f32}ue4m3": wide(
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
        "mma.m16n8k8.f32.f16.f16.f32": wide(8, 24, -132),
        "mma.m16n8k8.f16.f16.f16.f16": _half(8, 24, -20),
    },
    "nvidia/a100": _since_ampere(8, 24, -132, -20),
    "nvidia/l40s": {
        **_since_ampere(8, 24, -132, -20),
        "mma.m16n8k32.f32.{a}.{b}.f32": wide(16, 13, -132, fraction_bits=13),
        "mma.m16n8k16.f32.{a}.{b}.f32": wide(16, 13, -132, fraction_bits=13),
        "mma.m16n8k32.f16.{a}.{b}.f16": _half(16, 13, -20),
        "mma.m16n8k16.f16.{a}.{b}.f16": _half(16, 13, -20),
    },
    "nvidia/h100": {
        **_since_ampere(16, 25, -133, -21),
        **_each("mma.m16n8k16.f64.f64.f64.f64 mma.m16n8k8.f64.f64.f64.f64 mma.m16n8k4.f64.f64.f64.f64", FMA),
        "mma.m16n8k32.f16.{a}.{b}.f16": _half(16, 25, -21, **TWICE),
        "mma.m16n8k32.f32.{a}.{b}.f32": {},
        "wgmma.m64n8k8.f32.tf32.tf32": wide(8, 25, -133),
        "wgmma.m64n8k16.f32.f16.f16": wide(16, 25, -133),
        "wgmma.m64n8k16.f32.bf16.bf16": wide(16, 25, -133),
        "wgmma.m64n8k16.f16.f16.f16": _half(16, 25, -21),
        "wgmma.m64n8k32.f32.{a}.{b}": wide(32, 13, -133, fraction_bits=13),
        "wgmma.m64n8k32.f16.{a}.{b}": _half(32, 13, -21),
    },
    "nvidia/b200": {
        **_since_ampere(16, 25, -133, -21),
        "mma.m16n8k32.f16.{a}.{b}.f16": _half(16, 25, -21, **TWICE),
        "mma.m16n8k32.f32.{a}.{b}.f32": wide(16, 25, -133, **TWICE),
        "tcgen05.mma.m64n8k8.kind::tf32.f32.tf32.tf32": wide(8, 25, -133),
        "tcgen05.mma.m64n8k16.kind::f16.f32.f16.f16": wide(16, 25, -133),
        "tcgen05.mma.m64n8k16.kind::f16.f32.bf16.bf16": wide(16, 25, -133),
        "tcgen05.mma.m64n8k16.kind::f16.f16.f16.f16": _half(16, 25, -21),
        "tcgen05.mma.m64n8k32.kind::f8f6f4.f32.{a}.{b}": wide(32, 25, -133),
        "tcgen05.mma.m64n8k32.kind::f8f6f4.f16.{a}.{b}": _half(32, 25, -21),
        **_scaled("tcgen05.mma.block_scale", "m128n8", ""),
    },
    "nvidia/rtx-blackwell": {
        **_since_ampere(16, 25, -133, -21),
        **_each("mma.m16n8k32.f32.{a}.{b}.f32 mma.m16n8k16.f32.{a}.{b}.f32", wide(32, 25, -133)),
        **_each("mma.m16n8k32.f16.{a}.{b}.f16 mma.m16n8k16.f16.{a}.{b}.f16", _half(32, 25, -21)),
        "mma.m16n8k32.kind::f8f6f4.f32.{a}.{b}.f32": wide(32, 25, -133),
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
