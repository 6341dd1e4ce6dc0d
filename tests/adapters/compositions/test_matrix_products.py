"""Products and conversions put together for numpy: every question they can be asked is answered rightly."""

from __future__ import annotations

import pytest

from harness.adapters.numpy import open_numpy
from harness.interface.catalogue import load_interface
from harness.oracle.definition import definition_of
from tests.suites.asking import ask, task

#: numpy promises no row's bits to be its own, and the long questions ask it nothing new.
NOT_ASKED = {"batch-invariance", "huge", "largest", "many-batches"}
ROWS = [
    ("MatMul", "float32"),
    ("Gemm", "float16"),
    ("gemm_batched", "bfloat16-float32"),
    ("gemm_strided_batched", "float64"),
    ("MatMulInteger", "uint8-int8"),
    ("scaled_mm", "float8_e5m2-bfloat16"),
    ("QuantizeLinear", "float16-int8"),
    ("DequantizeLinear", "uint8-float32"),
]


@pytest.mark.parametrize(("name", "label"), ROWS)
def test_numpy_passes_every_word(name: str, label: str) -> None:
    device, about = open_numpy(""), task(name, label)
    for word in definition_of(about.operation).inputs.keys() - NOT_ASKED:
        wrong = [(case, finding.detail) for case, finding in ask(device, about, word) if finding.outcome != "pass"]
        assert (word, wrong) == (word, [])


@pytest.mark.parametrize("name", sorted({name for name, _ in ROWS}))
def test_numpy_says_it_has_every_row_of_the_interface(name: str) -> None:
    operation = load_interface().operations[name]
    for types in operation.types:
        assert open_numpy("").supports(name, [*types.inputs, *types.outs])
        assert open_numpy("").supports(name, [*types.inputs[: operation.least], *types.outs])
