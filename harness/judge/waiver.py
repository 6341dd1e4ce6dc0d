"""Waivers: accepted deviations, each expecting one failure on one scope until one day.

A waiver counts only when an owner the policy trusts has signed it; else it is a request, and the failure stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from harness.run.plan import PlannedTest
from harness.run.rows import CaseRow


@dataclass(frozen=True)
class Waiver:
    """One accepted deviation: ``rule`` and ``cause`` are the failure it expects; ``signed`` by a trusted owner."""

    id: str
    kind: str
    requirement: str
    operation: str | None
    profile: str
    rule: str
    cause: str
    owner: str
    expires: date
    signed: bool


def waives(
    waivers: Sequence[Waiver],
    test: PlannedTest,
    failures: Sequence[CaseRow],
    environment: Mapping[str, Any],
    at: date | None,
) -> Waiver | None:
    """The waiver that covers every failure of a test; any other failure under the same waiver still fails."""
    for waiver in waivers:
        subject = f"{test.operation}/{test.dtype}"
        if (
            waiver.signed
            and waiver.requirement == test.requirement
            and waiver.operation in (None, test.operation, subject)
            and waiver.profile == environment.get("profile")
            and at is not None
            and at <= waiver.expires
            and all(row.rule == waiver.rule and row.cause == waiver.cause for row in failures)
        ):
            return waiver
    return None
