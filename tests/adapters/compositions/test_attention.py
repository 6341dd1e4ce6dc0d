"""Attention and rotation put together for numpy: every question they can be asked is answered rightly."""

from __future__ import annotations

import pytest

from harness.adapters.numpy import open_numpy
from harness.interface.catalogue import load_interface
from harness.oracle.definition import definition_of
from tests.suites.asking import ask, task


@pytest.mark.parametrize("label", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", ["Attention", "AttentionWithCache", "RotaryEmbedding"])
def test_numpy_passes_every_word(name: str, label: str) -> None:
    device = open_numpy("")
    about = task(name, label)
    for word in definition_of(about.operation).inputs:
        if name == "AttentionWithCache" or word not in ("cache", "causal-with-past"):
            wrong = [(case, finding.detail) for case, finding in ask(device, about, word) if finding.outcome != "pass"]
            assert (word, wrong) == (word, [])


@pytest.mark.parametrize("name", ["Attention", "AttentionWithCache", "RotaryEmbedding"])
def test_numpy_says_it_has_every_row_of_the_interface(name: str) -> None:
    for types in load_interface().operations[name].types:
        assert open_numpy("").supports(name, [*types.inputs, *types.outs])
