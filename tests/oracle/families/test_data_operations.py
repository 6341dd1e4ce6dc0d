"""Creation, movement, indexing, sorting and scans: an ideal device passes every class, a faulty one fails each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from harness.device.dtypes import numpy_dtype
from harness.interface.catalogue import load_interface
from harness.oracle.definition import definition_of, plain
from harness.oracle.draw import Draw
from harness.oracle.inputs.launches import INPUTS
from harness.oracle.rules import PASS
from harness.oracle.task import Task
from harness.profile.store import load_profile
from harness.simulator.arithmetic import ProfileArithmetic
from harness.simulator.conversion import Array
from harness.simulator.runtime import SimulatedDevice
from tests.suites.asking import ask, task

FAMILIES = {"creation", "movement", "indexing", "sorting", "scan"}
ROWS = [
    (operation.name, types.label)
    for operation in load_interface().operations.values()
    if not FAMILIES.isdisjoint(load_interface().lineage(operation.family))
    for types in operation.types
    if types.label in ("float32", "int32")
]
FLOAT32 = [row for row in ROWS if row[1] == "float32"]
IDEAL = load_profile("reference/ieee")
#: What a device with a fault makes of the right results.
Fault = Callable[[dict[Any, Any], Sequence[Array]], Sequence[Array]]


class Faulty(ProfileArithmetic):
    """An ideal device but for a fault in its results."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(IDEAL)
        self._fault, self._known = fault, {}  # type: ignore[var-annotated]

    def compute(
        self, operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
    ) -> Sequence[Array]:
        return self._fault(self._known, super().compute(operation, inputs, attributes, results))


def zeros(known: dict[Any, Any], found: Sequence[Array]) -> Sequence[Array]:
    return [np.zeros_like(values) for values in found]


def the_first_again(known: dict[Any, Any], found: Sequence[Array]) -> Sequence[Array]:
    shapes = tuple(values.shape for values in found)
    return known.setdefault(shapes, [np.array(values) for values in found])  # type: ignore[no-any-return]


def in_bfloat16(known: dict[Any, Any], found: Sequence[Array]) -> Sequence[Array]:
    """Values cut to a narrower type on their way; indices stay."""
    return [
        (np.array(values).view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)
        if values.dtype == np.float32
        else values
        for values in found
    ]


def words(about: Task) -> list[str]:
    return [*definition_of(about.operation).inputs, "guards", "state"]


def noticed(about: Task, word: str, fault: Fault) -> bool:
    """Whether a class fails a fault, or has no questions to ask here."""
    found = ask(SimulatedDevice(IDEAL, Faulty(fault)), about, word)
    return not found or any(finding.outcome != PASS for _, finding in found)


@pytest.mark.parametrize(("operation", "label"), ROWS)
def test_an_ideal_device_passes_every_class(operation: str, label: str) -> None:
    about, device = task(operation, label), SimulatedDevice(IDEAL)
    asked = (*words(about), *(INPUTS if label == "float32" else ()))
    found = [(word, name, finding) for word in asked for name, finding in ask(device, about, word)]
    assert [line for line in found if line[2].outcome != PASS] == []
    assert len(found) > 10


@pytest.mark.parametrize(("operation", "label"), [row for row in FLOAT32 if row[0] != "zeros"])
def test_every_class_fails_a_device_that_returns_zeros(operation: str, label: str) -> None:
    about = task(operation, label)
    assert [word for word in words(about) if not noticed(about, word, zeros)] == []


@pytest.mark.parametrize(("operation", "label"), [row for row in FLOAT32 if row[0] not in ("zeros", "ones")])
def test_every_class_fails_a_device_that_returns_its_first_output_of_a_shape_again(operation: str, label: str) -> None:
    about = task(operation, label)
    assert [word for word in words(about) if not noticed(about, word, the_first_again)] == []


@pytest.mark.parametrize(
    ("operation", "word"),
    [
        *(("full", "selector"), ("arange", "dense"), ("linspace", "dense"), ("concat", "selector")),
        *(("take", "selector"), ("ScatterND", "dense"), ("ScatterND", "integer-exact"), ("sort", "selector")),
        *(("TopK", "selector"), ("cumulative_sum", "selector"), ("cumulative_sum", "sparse"), ("CumSum", "dense")),
        *(("CumSum", "scaling"), ("CumSum", "integer-exact"), ("cumulative_sum", "cancellation")),
    ],
)
def test_values_cut_to_a_narrower_type_are_noticed(operation: str, word: str) -> None:
    assert noticed(task(operation, "float32"), word, in_bfloat16)


@pytest.mark.parametrize("operation", ["argsort", "sort", "TopK"])
def test_no_class_but_that_of_ties_depends_on_what_becomes_of_equal_elements(operation: str) -> None:
    """Rows of floating-point numbers elsewhere are all different, but for those an order of values settles alone."""
    about = task(operation, "float32")
    definition = definition_of(about.operation)
    for word in ("selector", "subnormals", "orders"):
        for question in definition.inputs[word](about):
            for problem in question.make(Draw("0", word, question.name)):
                x = problem.operands[0]
                if "constant" not in question.name:
                    axis = problem.attributes.get("axis", -1)
                    steps = np.diff(np.sort(x.astype(np.float64), axis=axis), axis=axis)
                    assert (steps > 0).all(), question.name


@pytest.mark.parametrize("label", ["float16", "bfloat16", "float32", "int32"])
def test_a_line_of_any_length_asked_for_ends_before_its_type_does(label: str) -> None:
    # No type is asked for what it cannot hold: the expected values are all finite in it.
    about = task("arange", label)
    for number in range(3):
        problem = plain(about, Draw("0", "long", str(number)), (30_000,))
        (wanted,) = problem.wanted
        values = np.asarray(wanted.expected, dtype=np.float64)
        with np.errstate(over="ignore"):
            assert np.isfinite(values.astype(numpy_dtype(label)).astype(np.float64)).all()
        assert np.abs(values).max() <= (np.iinfo(label).max if label == "int32" else np.inf)
