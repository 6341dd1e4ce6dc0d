"""What the parts of a run took: by family of operations, on the device and beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.interface.catalogue import Interface
from harness.run.plan import Plan
from harness.run.rows import Evidence


@dataclass(frozen=True)
class Work:
    """One family: its tests and cases, and seconds on the device and for inputs, references and verdicts beside it."""

    family: str
    tests: int
    cases: int
    device: float
    beside: float


def work_by_family(plan: Plan, interface: Interface, evidence: Evidence) -> tuple[Work, ...]:
    """Each family that ran, the longest first; tests without an operation stand under their chapter."""
    found: dict[str, Work] = {}
    for test in plan.required():
        seen = evidence.of(test.test)
        name = interface.operations[test.operation].family if test.operation else test.chapter
        before = found.get(name, Work(name, 0, 0, 0.0, 0.0))
        found[name] = Work(
            name,
            before.tests + 1,
            before.cases + len(seen.rows),
            before.device + sum(row.ms for row in seen.rows) / 1000,
            before.beside + seen.near_ms / 1000,
        )
    return tuple(sorted(found.values(), key=lambda work: (-(work.device + work.beside), work.family)))


def histograms(plan: Plan, evidence: Evidence) -> Mapping[str, Mapping[str, int]]:
    """For each operation and dtype, how many elements were how far off, summed over its cases."""
    found: dict[str, dict[str, int]] = {}
    for test in plan.required():
        for row in evidence.of(test.test).rows:
            if row.histogram:
                counts = found.setdefault(f"{test.operation} {test.dtype}", {})
                for word, count in row.histogram.items():
                    counts[word] = counts.get(word, 0) + count
    return found
