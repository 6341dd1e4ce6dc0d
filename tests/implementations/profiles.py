"""Profiles of correct products drawn at random: what they do, and what they say of it, which may be less."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from harness.errors import ProfileError
from harness.interface.catalogue import load_interface
from harness.profile.model import Profile
from harness.profile.store import parse_profile

_FLOATS = ("float32", "float16", "bfloat16", "float64", "complex64", "complex128")
_INTEGERS = {"int8": "int32", "int16": "int32", "int32": "int64", "int64": "int64", "uint8": "int32", "bool": "int32"}
#: Products of matrices that an instruction can serve.
_SERVED = ("matmul", "vecdot", "gemm", "MatMul", "Gemm", "gemm_batched", "gemm_strided_batched", "Conv", "Attention")


#: What an instruction is called by.
_SHOWN = ("model", "block", "alignment_bits", "rounding", "order", "addend")


@dataclass(frozen=True)
class Product:
    """A correct product: what it declares, how it rounds each result, how it adds, and what it is in words.

    ``steps`` says whether a sum may take one step for each term, which takes long to simulate.
    """

    declared: Profile
    units: Profile
    sums: Profile
    words: tuple[str, ...]
    steps: bool


@dataclass(frozen=True)
class _Sums:
    """How the vector units add, and the words for it."""

    fields: Mapping[str, Any]
    nearest: bool
    steps: bool
    words: str


def product(draw: Random) -> Product:
    """A product drawn from a source of seeded numbers; drawn again where its fields contradict one another."""
    while True:
        try:
            return _product(draw)
        except ProfileError:
            continue


def _product(draw: Random) -> Product:
    flush = draw.choice(["none", "none", "none", "inputs", "outputs", "both"])
    wide = draw.random() < 0.15
    sums, accuracy = _sums(draw), _accuracy(draw)
    rows, words = _instructions(draw, flush)
    accumulators = {dtype: "float64" if wide or dtype in ("float64", "complex128") else "float32" for dtype in _FLOATS}
    own: dict[str, dict[str, Any]] = {}
    for dtype in _FLOATS:
        own[dtype] = {"support": "native", "accumulator": accumulators[dtype], "flush": flush}
        if dtype in accuracy:
            own[dtype]["accuracy"] = accuracy[dtype]
    added = {dtype: {**fields, **_of_dtype(sums, dtype)} for dtype, fields in own.items()}
    said = {dtype: _less(draw, fields, sums) for dtype, fields in own.items()}
    named = [f"flush {flush}", sums.words, *(["accumulators of float64"] if wide else []), *words]
    if accuracy:
        named.append("functions off as far as they may be")
    declared_rows = {name: _row_less(draw, row) for name, row in rows.items()}
    return Product(_profile(said, declared_rows), _profile(own, rows), _profile(added, rows), tuple(named), sums.steps)


def _sums(draw: Random) -> _Sums:
    rounding = draw.choice([None, None, "nearest-even", "toward-zero", "toward-zero", "nearest-away"])
    lanes = draw.choice([None, 1, 4, 8, 32, 64, 128])
    reduction = draw.choice(["sequential", "tree"])
    if rounding is None:
        return _Sums({}, True, False, "sums in numpy's order")
    fields: dict[str, Any] = {
        "rounding": rounding,
        "reduction": reduction,
        "multiply_add": draw.choice(["fused", "separate"]),
    }
    if lanes is not None:
        fields["reduction_lanes"] = lanes
    steps = (lanes or (1 if reduction == "sequential" else 1 << 20)) < 64
    words = f"sums {rounding} in {lanes or 'no'} lanes, {reduction}, {fields['multiply_add']}"
    return _Sums(fields, rounding.startswith("nearest"), steps, words)


def _of_dtype(sums: _Sums, dtype: str) -> dict[str, Any]:
    """Sums in float64 are simulated to nearest only."""
    if dtype in ("float64", "complex128") and sums.fields.get("rounding", "nearest-even") != "nearest-even":
        return {name: value for name, value in sums.fields.items() if name != "rounding"}
    return dict(sums.fields)


def _accuracy(draw: Random) -> dict[str, dict[str, float]]:
    """Errors of functions up to what the interface allows, or none."""
    if draw.random() < 0.4:
        return {}
    share = draw.choice([0.5, 0.9, 1.0])
    found: dict[str, dict[str, float]] = {}
    for operation in load_interface().operations.values():
        for types in operation.types:
            if operation.chapter == "elementary-functions" and types.ulp is not None:
                found.setdefault(types.label, {})[operation.name] = max(share * types.ulp, 0.5)
    found.setdefault("float32", {})["erf"] = max(16 * share, 0.5)
    return found


def _less(draw: Random, fields: Mapping[str, Any], sums: _Sums) -> dict[str, Any]:
    """What is said: never more than is true, sometimes less. Flushing must be declared where it is done."""
    said = {"support": "native"}
    if fields["flush"] != "none" or draw.random() < 0.5:
        said["flush"] = fields["flush"]
    if draw.random() < 0.6:
        said["accumulator"] = fields["accumulator"]
    if sums.nearest and draw.random() < 0.6:
        said["rounding"] = "nearest-even" if sums.fields.get("rounding") != "nearest-away" else "nearest-away"
    return said


def _row_less(draw: Random, row: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of an instruction: its rounding only where all that is cut off lies beyond it."""
    kept = ("a", "b", "c", "d", "shape")
    said = {name: row[name] for name in kept}
    if row.get("flush", "none") != "none" or ("flush" in row and draw.random() < 0.5):
        said["flush"] = row["flush"]
    if "rounding" in row and (row["rounding"] != "nearest-even" or _keeps_enough(row)) and draw.random() < 0.5:
        said["rounding"] = row["rounding"]
    if draw.random() < 0.4:
        said |= {name: value for name, value in row.items() if name not in ("rounding", "flush")}
    return said


def _keeps_enough(row: Mapping[str, Any]) -> bool:
    return row.get("model") != "fused" or row["alignment_bits"] >= 26


def _instructions(draw: Random, flush: str) -> tuple[dict[str, dict[str, Any]], list[str]]:
    rows, words = {}, []
    for dtype in ("float16", "bfloat16", "float32", "float8_e4m3fn", "int8"):
        if draw.random() < 0.45:
            row = _integer_row() if dtype == "int8" else _row(draw, dtype, flush)
            rows[dtype] = row
            shown = [row[name] for name in _SHOWN if name in row]
            words.append(f"{dtype} by an instruction ({' '.join(map(str, shown)) or 'exact'})")
    return rows, words


def _integer_row() -> dict[str, Any]:
    return {"a": "int8", "b": "int8", "c": "int32", "d": "int32", "shape": [16, 16, 32]}


def _row(draw: Random, dtype: str, flush: str) -> dict[str, Any]:
    """An instruction with an accumulator of float32 that keeps as much as the weakest legal sum does."""
    model = draw.choice(["fused", "fused", "fused", "exact", "pairwise", "fma"])
    block = draw.choice([4, 8, 16, 32])
    row: dict[str, Any] = {"a": dtype, "b": dtype, "c": "float32", "d": "float32", "shape": [16, 16, 32]}
    rounding = draw.choice(["nearest-even", "toward-zero", "nearest-away"])
    row |= {"model": model, "flush": flush, "rounding": rounding}
    if model != "fma":
        row["block"] = block
    if model == "fused":
        row["alignment_bits"] = draw.choice([24, 25, 26, 28, 30] if dtype == "float32" else [23, 24, 25, 26, 28, 30])
        row["alignment"] = draw.choice(["truncate", "truncate", "nearest-even"])
        row["addend"] = draw.choice(["fused", "fused", "last", "late"])
        if row["addend"] == "late":
            row |= {"late_bits": row["alignment_bits"] + draw.choice([0, 3, 7]), "groups": draw.choice([1, 2])}
    if row.get("addend") != "late" and draw.random() < 0.6:
        order = draw.choice(["pairwise", "wave-tree", "split-k", "passes"])
        if order == "passes":
            row |= {"passes": 2, "run": draw.choice([1, 2])}
        else:
            row["order"] = order
            row |= {"splits": draw.choice([2, 4, 8])} if order != "pairwise" else {}
    return row


def _profile(vector: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> Profile:
    whole = {dtype: {"support": "native", "accumulator": kept} for dtype, kept in _INTEGERS.items()}
    serves = {
        f"{operation}/{dtype}": f"mma-{dtype}"
        for dtype in rows
        for operation in {"int8": ("matmul", "MatMulInteger"), "float8_e4m3fn": ("scaled_mm",)}.get(dtype, _SERVED)
    }
    said = {"status": "definition", "source": "here"}
    document = {
        "profile": "drawn/product",
        "version": "1.0",
        "kind": "accelerator",
        "product": {"vendor": "Nobody", "name": "Drawn"},
        "sources": {"here": {"title": "these tests", "kind": "definition"}},
        "arithmetic": {
            "vector": {**said, **whole, **vector},
            "matrix": {**said, **{f"mma-{dtype}": dict(row) for dtype, row in rows.items()}},
            "serves": serves,
            "determinism": {"value": True, **said},
        },
    }
    return parse_profile(json.dumps(document).encode(), "drawn.yaml")
