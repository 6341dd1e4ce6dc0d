"""numpy, asked for BLAS and for transforms as the interface asks."""

from __future__ import annotations

import pytest

from harness.adapters.numpy import open_numpy
from harness.interface.catalogue import load_interface
from harness.oracle.definition import definition_of
from tests.suites.asking import ask, task

ROWS = [
    (operation.name, types.label)
    for operation in load_interface().operations.values()
    if operation.chapter in ("blas", "transforms")
    for types in operation.types
]


@pytest.mark.parametrize(("name", "label"), ROWS)
def test_numpy_passes_every_word(name: str, label: str) -> None:
    device, about = open_numpy(""), task(name, label)
    for word in definition_of(about.operation).inputs:
        assert [case for case, finding in ask(device, about, word) if finding.outcome != "pass"] == [], word
