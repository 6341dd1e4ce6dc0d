"""What an explanation holds: the smallest launches, what was expected and got, on a device opened anew."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from harness.oracle.problem import Array
from harness.profile.store import load_profile
from harness.report.smallest import smallest_of
from harness.run.explain import MOST_TOLD, explain_case
from harness.simulator.runtime import SimulatedDevice
from tests.run.faults import Changed, changed, first_failure, opened, tail, trials
from tests.suites.asking import task
from tests.suites.faulty_operations import PROFILE, GivesTheLastOne, IgnoresStrides, with_arithmetic

ADD, MATMUL = task("add", "float32"), task("matmul", "float32")


def test_a_right_device_has_nothing_to_explain() -> None:
    case = next(trials(ADD, "integer-exact"))
    assert explain_case(opened(lambda: SimulatedDevice(load_profile(PROFILE))), case) is None


def test_an_explanation_tells_every_element_in_full() -> None:
    found = first_failure(changed(lambda values: values * 2), MATMUL, "dense").explanation
    launch = found.launches[-1]
    assert launch.operation == "matmul"
    a, b = (float.fromhex(operand.elements[0]) for operand in launch.operands)
    assert [operand.shape for operand in launch.operands] == [(1, 1), (1, 1)]
    assert float.fromhex(found.expected.elements[0]) == a * b
    assert np.float32(float.fromhex(found.got.elements[0])) == np.float32(2) * np.float32(a * b)


def test_an_explanation_survives_the_way_to_the_bundle_and_reads_in_a_line() -> None:
    found = first_failure(changed(lambda values: values * 2), MATMUL, "dense").explanation
    before = smallest_of(found.document())
    assert smallest_of(json.loads(json.dumps(found.document()))) == before
    assert before.launches[0].startswith("matmul(float32 (1, 1) [")


def test_a_large_operand_is_told_by_its_shape_alone() -> None:
    found = first_failure(with_arithmetic(lambda: Changed(only_long)), ADD, "selector").explanation
    assert found.launches[-1].operands[0].shape[0] > MOST_TOLD
    assert found.launches[-1].operands[0].elements == ()


def only_long(values: Array) -> Array:
    """Wrong only where there are more elements than are told."""
    return values + 1 if values.size > MOST_TOLD else values


def test_a_smaller_failure_is_one_of_the_same_kind() -> None:
    """A device of zeros fails zeros of another sign as well, which is not what was met."""
    found = first_failure(changed(np.zeros_like), task("multiply", "float32"), "integer-exact")
    assert found.finding.cause == "zeros"
    assert float.fromhex(found.explanation.expected.elements[0]) != 0


def test_a_failure_behind_another_launch_keeps_both() -> None:
    found = first_failure(with_arithmetic(GivesTheLastOne), MATMUL, "integer-exact")
    assert len(found.launches) == 2
    assert found.explanation.because == "the result is that of the launch 1 before"


def test_a_failure_of_layouts_keeps_the_layout() -> None:
    found = first_failure(IgnoresStrides, MATMUL, "layouts").explanation
    assert any(operand.layout != "dense" for operand in found.launches[-1].operands)
    assert found.cause == "layout"


def test_a_failure_that_dense_tensors_show_as_well_is_told_with_those() -> None:
    found = first_failure(changed(lambda values: values + 1), MATMUL, "layouts").explanation
    assert {operand.layout for operand in found.launches[-1].operands} == {"dense"}


class Restless(Changed):
    """The first result is another one than those after it."""

    def __init__(self) -> None:
        super().__init__(self.alternate)
        self.count = 0

    def alternate(self, values: Array) -> Array:
        self.count += 1
        return np.nextafter(values, np.float32(np.inf)) if self.count == 1 else values


def test_results_that_are_within_the_bound_and_not_the_same_are_told_as_such() -> None:
    found = first_failure(with_arithmetic(Restless), MATMUL, "repeat").explanation
    assert found.cause == "order"
    assert found.expected.elements != found.got.elements or not found.expected.elements


class Counting(SimulatedDevice):
    """Counts how often it is opened."""

    opened = 0

    def __init__(self) -> None:
        super().__init__(load_profile(PROFILE), Changed(tail(16, np.zeros_like)))
        Counting.opened += 1


def test_the_smallest_failure_is_seen_again_on_a_device_opened_anew() -> None:
    Counting.opened = 0
    assert explain_all(Counting)
    assert Counting.opened >= 2


def explain_all(make: type[SimulatedDevice]) -> Sequence[object]:
    """The explanation of the first case that fails."""
    return [first_failure(make, ADD, "integer-exact")]
