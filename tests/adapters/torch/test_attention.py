"""torch's own attention, and a rotation put together from its tensors, asked what the interface asks."""

from __future__ import annotations

import pytest

from harness.adapters.torch import open_torch
from harness.oracle.definition import definition_of
from tests.suites.asking import ask, task


@pytest.mark.parametrize("label", ["float32", "float16"])
@pytest.mark.parametrize("name", ["Attention", "AttentionWithCache", "RotaryEmbedding"])
def test_torch_passes_every_word_but_the_cap_it_does_not_have(name: str, label: str) -> None:
    device = open_torch("cpu")
    about = task(name, label)
    for word in definition_of(about.operation).inputs:
        found = {finding.outcome for _, finding in ask(device, about, word)}
        assert (word, found) == (word, {"unsupported" if word == "softcap" else "pass"})
