"""The fields of a profile that a plan had to judge by the weakest legal value, because nobody declares them."""

from __future__ import annotations

from harness.interface.catalogue import Interface
from harness.profile.model import Profile
from harness.run.plan import Plan


def undeclared_fields(plan: Plan, interface: Interface, profile: Profile) -> tuple[str, ...]:
    """``OPERATION/DTYPE: FIELD`` for every field a required test reads and the profile leaves open, in plan order."""
    found: dict[str, None] = {}
    for test in plan.required():
        if test.operation is None or test.dtype is None:
            continue
        undeclared = profile.arithmetic_of(test.operation, test.dtype).undeclared
        for field in interface.requirement(test.requirement).reads:
            if field in undeclared:
                found[f"{test.operation}/{test.dtype}: {field}"] = None
    return tuple(found)
