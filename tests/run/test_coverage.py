"""Gaps: operations that a plan does not ask what their level demands."""

from __future__ import annotations

from dataclasses import replace

from harness.interface.catalogue import Interface, load_interface
from harness.profile.store import load_profile
from harness.run.coverage import Gap, gaps
from harness.run.plan import Plan, PlannedTest, make_plan

INTERFACE = load_interface()
PLAN = make_plan(INTERFACE, load_profile("reference/ieee"), 1)


def without(word: str, operation: str) -> Plan:
    """The plan without the tests of one input class of an operation."""

    def kept(test: PlannedTest) -> bool:
        return test.operation != operation or INTERFACE.requirement(test.requirement).inputs != word

    return replace(PLAN, tests=tuple(filter(kept, PLAN.tests)))


def alone(class_name: str, operation: str, interface: Interface = INTERFACE) -> list[str]:
    """The words of a class, where the operation is demanded it."""
    demanded = interface.demanded(interface.operations[operation], 1)
    return [word for found in demanded if found.name == class_name for word in found.inputs]


def test_a_whole_plan_has_no_gap() -> None:
    assert gaps(PLAN, INTERFACE) == ()


def test_every_class_that_is_left_out_is_a_gap_of_its_operation() -> None:
    for demanded in INTERFACE.demanded(INTERFACE.operations["matmul"], 1):
        plan = PLAN
        for word in alone(demanded.name, "matmul"):
            plan = replace(plan, tests=tuple(test for test in plan.tests if test in without(word, "matmul").tests))
        assert Gap("matmul", demanded.name) in gaps(plan, INTERFACE)


def test_an_operation_that_nothing_requires_has_no_gap() -> None:
    tests = tuple(test for test in PLAN.tests if test.operation != "matmul")
    assert not [gap for gap in gaps(replace(PLAN, tests=tests), INTERFACE) if gap.operation == "matmul"]


def test_a_class_asked_only_of_dtypes_that_are_not_claimed_is_no_gap() -> None:
    demanded = INTERFACE.demanded(INTERFACE.operations["matmul"], 1)[0]
    tests = tuple(
        replace(test, standing="not-claimed")
        if test.operation == "matmul" and INTERFACE.requirement(test.requirement).inputs in demanded.inputs
        else test
        for test in PLAN.tests
    )
    assert gaps(replace(PLAN, tests=tests), INTERFACE) == ()
