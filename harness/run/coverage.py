"""Whether a plan asks every operation every input class its level demands."""

from __future__ import annotations

from dataclasses import dataclass

from harness.interface.catalogue import Interface
from harness.run.plan import Plan


@dataclass(frozen=True)
class Gap:
    """An input class that an operation is not asked, though the level demands it."""

    operation: str
    input_class: str


def gaps(plan: Plan, interface: Interface) -> tuple[Gap, ...]:
    """Every gap of a plan: operations of required tests without a case of a class their level demands.

    A class counts as asked where one dtype of the operation has a case of it, or would have if it were claimed.
    """
    asked: dict[str, set[str]] = {}
    for test in plan.tests:
        if test.operation is not None and test.standing in ("required", "not-claimed"):
            words = asked.setdefault(test.operation, set())
            words.add(interface.requirement(test.requirement).inputs or "")
    return tuple(
        Gap(name, demanded.name)
        for name in dict.fromkeys(test.operation for test in plan.required() if test.operation is not None)
        for demanded in interface.demanded(interface.operations[name], plan.level)
        if not asked[name].intersection(demanded.inputs)
    )
