"""torch, asked for BLAS and for transforms as the interface asks."""

from __future__ import annotations

import pytest

from harness.adapters.torch import open_torch
from harness.interface.catalogue import load_interface
from harness.oracle.definition import definition_of
from tests.suites.asking import ask, task

ROWS = [
    (operation.name, types.label)
    for operation in load_interface().operations.values()
    if operation.chapter in ("blas", "transforms")
    for types in operation.types
]
#: torch adds the squares as they are, so that its norm leaves the range where they do.
UNSCALED = {"selector", "overflow", "subnormals", "range"}


@pytest.mark.parametrize(("name", "label"), ROWS)
def test_torch_passes_every_word_but_its_norm_those_about_range(name: str, label: str) -> None:
    device, about = open_torch("cpu"), task(name, label)
    for word in definition_of(about.operation).inputs:
        wrong = [case for case, finding in ask(device, about, word) if finding.outcome != "pass"]
        if name != "nrm2" or word not in UNSCALED:
            assert wrong == [], word
        elif word == "range":
            assert wrong != []
