"""torch's own convolutions and pools, asked what the interface asks."""

from __future__ import annotations

import pytest

from harness.adapters.torch import open_torch
from harness.oracle.definition import definition_of
from tests.suites.asking import ask, task

#: What torch's functions of a dtype do not have: pools of int8 over one axis, averages of 16 bits over three.
LACKS = {"MaxPool/int8": {"ranks", "strides", "dilations"}, "AveragePool/float16": {"ranks", "strides"}}


@pytest.mark.parametrize("row", ["Conv/float32", "Conv/float16", "MaxPool/float32", *LACKS, "AveragePool/float32"])
def test_torch_passes_every_word_and_says_what_it_does_not_have(row: str) -> None:
    about = task(*row.split("/"))
    for word in definition_of(about.operation).inputs:
        found = {finding.outcome for _, finding in ask(open_torch("cpu"), about, word)}
        assert (word, found - {"pass"}) == (word, {"unsupported"} if word in LACKS.get(row, set()) else set())
