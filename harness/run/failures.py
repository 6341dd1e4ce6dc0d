"""The failures of a run explained: the first case of each failing test made small and kept in the bundle."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from harness.device.near import Worker
from harness.errors import EvidenceError
from harness.interface.catalogue import Interface
from harness.profile.model import Profile
from harness.run.bundle import FAILURES, Bundle, Request
from harness.run.engine import write_out
from harness.run.explain import Explanation, explain_case
from harness.run.plan import Plan, PlannedTest, subjects
from harness.run.rows import CaseRow, Evidence
from harness.suite.case import Subject, Trial
from harness.suite.suites import load_suites

#: Tests whose failure is explained; the others' can be, one by one, by a replay.
MOST_EXPLAINED = 12
#: The most seconds a run spends on explanations.
MOST_SECONDS = 60.0


def explain_failures(
    bundle: Bundle, plan: Plan, interface: Interface, profile: Profile, request: Request, evidence: Evidence
) -> None:
    """Write an explanation beside the kept arrays for the first failing case of some failing tests.

    Those are the first of each operation, then the others, as far as number and time go.

    A failure that cannot be explained, or that kills the device, is left as its row tells it.
    """
    failing = list(_failing(plan, evidence))
    if not failing:
        return
    firsts = {test.operation: test.test for test, _ in reversed(failing)}
    failing.sort(key=lambda found: firsts[found[0].operation] != found[0].test)
    until = time.monotonic() + MOST_SECONDS
    known = {subject.test: subject for subject in subjects(interface, profile, plan.level, graph=plan.graph)}
    for test, row in failing[:MOST_EXPLAINED]:
        if time.monotonic() > until:
            return
        found = _explained(known[test.test], test, row, profile, request)
        if found is not None:
            bundle.write_json(name_of(row.seq), found.document())


def name_of(seq: int) -> str:
    """The file of a bundle that explains a case."""
    return f"{FAILURES}/{seq}.json"


def read_explanations(bundle: Bundle) -> dict[int, dict[str, object]]:
    """Every explanation in a bundle by the number of its case; raises ``EvidenceError`` for one that is malformed."""
    found: dict[int, dict[str, object]] = {}
    for path in sorted((bundle.folder / FAILURES).glob("*.json")):
        said = bundle.read_json(f"{FAILURES}/{path.name}")
        if not path.stem.isdigit() or not isinstance(said, dict) or set(said) != set(_FIELDS):
            raise EvidenceError("it is no explanation of a failure", where=str(path))
        found[int(path.stem)] = said
    return found


_FIELDS = tuple(Explanation.__dataclass_fields__)


def trial_of(subject: Subject, test: PlannedTest, seq: int, seed: str) -> Trial:
    """The case of a number in the plan, written out again."""
    index = seq - test.first
    cases = islice(load_suites()[test.requirement].cases(subject), index, index + 1)
    return next(iter(write_out(test.test, cases, seed, seq))).trial


def _failing(plan: Plan, evidence: Evidence) -> Iterator[tuple[PlannedTest, CaseRow]]:
    for test in plan.required():
        row = next((row for row in evidence.of(test.test).rows if row.outcome == "fail"), None)
        if row is not None and test.operation is not None:
            yield test, row


def _explained(
    subject: Subject, test: PlannedTest, row: CaseRow, profile: Profile, request: Request
) -> Explanation | None:
    def opened() -> Worker:
        return Worker(request.device, profile.source_bytes, request.profile, deadline=request.deadline)

    try:
        trial = trial_of(subject, test, row.seq, request.seed)
        before = trial_of(subject, test, row.seq - 1, request.seed).problems if row.seq > test.first else ()
        found = explain_case(opened, trial, before)
    except Exception:  # noqa: BLE001  whatever it is: the verdict does not rest on it, and a run must not be lost to it
        return None
    return None if found is None else found.explanation
