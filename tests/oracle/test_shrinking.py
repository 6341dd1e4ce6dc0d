"""A failure made small: what is found is as small as the fault allows, and well formed whatever was cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np
import pytest

from harness.adapters.simulated import simulated_device
from harness.interface.catalogue import load_interface
from harness.oracle.definition import definition_of, plain, pose, rough
from harness.oracle.draw import Draw
from harness.oracle.problem import Problem
from harness.oracle.shrinking import Tries, _cut, _zeroed, shorten, shrink
from harness.oracle.task import Task
from harness.profile.store import load_profile
from harness.suite.numeric import written
from tests.suites.asking import judged, task

PROFILE = load_profile("reference/ieee")
MATMUL = task("matmul", "float32")
ADD = task("add", "float32")


def where(condition: Callable[[Problem], bool]) -> Callable[[Sequence[Problem]], list[bool]]:
    """A fault that shows where a condition holds."""
    return lambda problems: [condition(problem) for problem in problems]


def matmul(m: int, k: int, n: int) -> Problem:
    return plain(MATMUL, Draw("0", "shrinking", f"{m}x{k}x{n}"), (m, k, n))


def test_a_fault_of_any_launch_shrinks_to_one_product_of_zeros() -> None:
    found = shrink(matmul(7, 33, 5), where(lambda problem: True))
    assert [operand.shape for operand in found.operands] == [(1, 1), (1, 1)]
    assert not any(operand.any() for operand in found.operands)


def test_a_fault_of_one_product_shrinks_to_that_product() -> None:
    problem = matmul(7, 33, 5)
    a, b = (operand.copy() for operand in problem.operands)
    a[4, 20], b[20, 3] = 77, 55
    found = shrink(pose(MATMUL, (a, b), exact=True), where(lambda p: 77 in p.operands[0] and 55 in p.operands[1]))
    assert [operand.tolist() for operand in found.operands] == [[[77.0]], [[55.0]]]
    assert found.wanted[0].expected.tolist() == [[77.0 * 55.0]]


def test_a_fault_of_two_elements_shrinks_to_both() -> None:
    x = np.arange(1, 131, dtype=np.float32)
    found = shrink(pose(ADD, (x, x), exact=True), where(lambda p: 3 in p.operands[0] and 101 in p.operands[1]))
    assert {3.0} <= set(found.operands[0].tolist()) <= {0.0, 3.0, 101.0}
    assert len(found.operands[0]) == 2


@pytest.mark.parametrize("least", [1, 2, 3, 17, 100, 128])
def test_a_fault_of_long_rows_shrinks_to_the_shortest_of_them(least: int) -> None:
    found = shrink(matmul(3, 130, 2), where(lambda p: p.operands[0].shape[1] >= least), tries=3000)
    assert [operand.shape for operand in found.operands] == [(1, least), (least, 1)]


def test_what_is_found_has_the_right_result_of_its_own_operands() -> None:
    found = shrink(matmul(7, 33, 5), where(lambda p: np.abs(p.operands[0]).max() > 3))
    assert np.array_equal(found.wanted[0].expected, found.operands[0] @ found.operands[1])


def test_tensors_lie_dense_where_that_fails_as_well() -> None:
    problem = matmul(7, 33, 5)
    strided = Problem(MATMUL, problem.operands, problem.wanted, exact=True, layouts=("strided", "transposed"))
    assert shrink(strided, where(lambda p: True)).layouts == ()
    assert shrink(strided, where(lambda p: "transposed" in p.layouts)).layouts == ("strided", "transposed")


def test_rows_that_are_one_in_memory_stay_alike() -> None:
    x = plain(ADD, Draw("0", "shrinking", "rows"), (7, 19)).operands
    alike = tuple(np.broadcast_to(operand[:1], operand.shape).copy() for operand in x)
    posed = pose(ADD, alike, exact=True)
    problem = Problem(ADD, posed.operands, posed.wanted, exact=True, layouts=("broadcast", "broadcast"))
    seen: list[Problem] = []

    def fails(problems: Sequence[Problem]) -> list[bool]:
        seen.extend(problems)
        return ["broadcast" in p.layouts for p in problems]

    shrink(problem, fails)
    assert all((operand == operand[:1]).all() for p in seen for operand in p.operands if p.layouts)


def test_no_more_tries_are_taken_than_given() -> None:
    asked: list[Problem] = []

    def fails(problems: Sequence[Problem]) -> list[bool]:
        asked.extend(problems)
        return [max(p.operands[0].shape) > 5 for p in problems]

    shrink(matmul(7, 33, 5), fails, tries=40)
    assert len(asked) <= 40


def test_without_time_nothing_is_tried() -> None:
    problem = matmul(7, 33, 5)
    assert shrink(problem, where(lambda p: True), until=0.0) is problem
    assert Tries(10, until=0.0).first(iter([problem]), where(lambda p: True)) is None


@pytest.mark.parametrize(("needed", "found"), [(1, 1), (2, 2), (3, 4), (5, 7), (7, 7)])
def test_a_sequence_is_shortened_to_its_last_launches(needed: int, found: int) -> None:
    launches = tuple(matmul(1, n, 1) for n in range(1, 8))
    assert shorten(launches, lambda some: len(some) >= needed) == launches[-found:]


OPERATIONS = [operation for operation in load_interface().operations.values() if operation.arity]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_whatever_is_cut_or_zeroed_is_accepted_and_right_on_a_right_device(operation: object) -> None:
    about = Task(operation, operation.types[0], PROFILE)  # type: ignore[attr-defined, arg-type]
    device = simulated_device(PROFILE)
    draw = Draw("0", "cut", about.name)
    for problem in (plain(about, draw), rough(about, draw)):
        for smaller in islice(parts_of(problem), 40):
            finding = judged(device, written((smaller,)))
            assert finding.outcome == "pass", (finding, [operand.shape for operand in smaller.operands])


def parts_of(problem: Problem) -> Iterator[Problem]:
    """Problems with parts left out, and what is left of those."""
    for way in (_cut, _zeroed):
        for parts in (2, 3):
            for smaller in islice(way(problem, parts), 8):
                yield smaller
                yield from islice(_cut(smaller, 2), 1)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_of_tensors_has_axes_that_can_be_cut(operation: object) -> None:
    about = Task(operation, operation.types[0], PROFILE)  # type: ignore[attr-defined, arg-type]
    problem = plain(about, Draw("0", "axes", about.name))
    names = definition_of(about.operation).axes(about, problem.operands, problem.attributes)
    assert [len(own) for own in names] == [operand.ndim for operand in problem.operands]
    # A shape that the launch itself gives cannot be cut without its attribute.
    assert any(name for own in names for name in own) == (about.name not in ("reshape", "broadcast_to"))
