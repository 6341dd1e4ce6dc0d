"""Creation, movement, indexing, sorting and scans asked of numpy: every class of every operation is right."""

from __future__ import annotations

import pytest

from harness.adapters.numpy import open_numpy
from harness.interface.catalogue import load_interface
from harness.interface.operation import Operation, Types
from harness.oracle.definition import definition_of
from harness.oracle.rules import PASS
from tests.suites.asking import ask, task

FAMILIES = {"creation", "movement", "indexing", "sorting", "scan"}
ROWS = [
    (operation, types)
    for operation in load_interface().operations.values()
    if not FAMILIES.isdisjoint(load_interface().lineage(operation.family))
    for types in operation.types
]
NAMES = [f"{operation.name}-{types.label}" for operation, types in ROWS]


@pytest.mark.parametrize(("operation", "types"), ROWS, ids=NAMES)
def test_numpy_says_it_has_the_operation(operation: Operation, types: Types) -> None:
    assert open_numpy("").supports(operation.name, (*types.inputs, *types.outs))


@pytest.mark.parametrize(
    ("operation", "types"),
    [row for row in ROWS if row[1].label == "bfloat16"],
    ids=[name for name in NAMES if name.endswith("-bfloat16")],
)
def test_numpy_passes_every_class_of_the_family(operation: Operation, types: Types) -> None:
    about = task(operation.name, types.label)
    found = [
        (word, name, finding)
        for word in definition_of(about.operation).inputs
        for name, finding in ask(open_numpy(""), about, word)
    ]
    assert [line for line in found if line[2].outcome != PASS] == []
