"""The fields of a profile that a plan had to judge by the weakest legal value, because nobody declares them."""

from __future__ import annotations

from harness.interface.catalogue import Interface
from harness.profile.model import Profile
from harness.run.plan import Plan


def undeclared_fields(plan: Plan, interface: Interface, profile: Profile) -> tuple[str, ...]:
    """``UNIT/DTYPE: FIELD`` for every field a required test reads and the profile leaves open, in plan order.

    The unit is ``vector`` or the instruction that serves the operation: what a vendor would have to declare.
    """
    found: dict[str, None] = {}
    for test in plan.required():
        if test.operation is None or test.dtype is None:
            continue
        # A conversion is named by both its types, the operand's first.
        dtype = test.dtype.partition("-")[0]
        declared = profile.arithmetic_of(test.operation, dtype)
        for field in interface.requirement(test.requirement).reads:
            if field in declared.undeclared:
                found[f"{declared.unit}/{dtype}: {field}"] = None
    return tuple(found)
