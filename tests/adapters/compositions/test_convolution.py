"""Conv and the pools put together for numpy: every question they can be asked is answered rightly."""

from __future__ import annotations

import pytest

from harness.adapters.numpy import open_numpy
from harness.interface.catalogue import load_interface
from harness.oracle.definition import definition_of
from harness.oracle.inputs.launches import INPUTS
from tests.suites.asking import ask, task

OPERATIONS = ("Conv", "MaxPool", "AveragePool")


@pytest.mark.parametrize("label", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_numpy_passes_every_word(name: str, label: str) -> None:
    about = task(name, label)
    for word in (*definition_of(about.operation).inputs, *INPUTS):
        found = ask(open_numpy(""), about, word)
        assert (word, [(case, one.detail) for case, one in found if one.outcome != "pass"]) == (word, [])


@pytest.mark.parametrize("name", OPERATIONS)
def test_numpy_says_it_has_every_row_of_the_interface(name: str) -> None:
    for types in load_interface().operations[name].types:
        assert open_numpy("").supports(name, [*types.inputs, *types.outs])
