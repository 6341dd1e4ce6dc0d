"""torch's own products, and conversions put together from its functions, asked what the interface asks."""

from __future__ import annotations

import pytest

from harness.adapters.torch import open_torch
from harness.oracle.definition import definition_of
from tests.suites.asking import ask, task

#: torch promises no row's bits to be its own, and the long questions ask it nothing new.
NOT_ASKED = {"batch-invariance", "huge", "largest", "many-batches"}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("MatMul", "float32"),
        ("Gemm", "float16"),
        ("gemm_batched", "bfloat16-float32"),
        ("gemm_strided_batched", "float64"),
        ("MatMulInteger", "uint8-int8"),
        ("scaled_mm", "float8_e4m3fn-bfloat16"),
        ("QuantizeLinear", "float32-int8"),
        ("DequantizeLinear", "uint8-float16"),
    ],
)
def test_torch_passes_every_word(name: str, label: str) -> None:
    device, about = open_torch("cpu"), task(name, label)
    for word in definition_of(about.operation).inputs.keys() - NOT_ASKED:
        wrong = [(case, finding.detail) for case, finding in ask(device, about, word) if finding.outcome != "pass"]
        assert (word, wrong) == (word, [])
