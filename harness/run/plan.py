"""The plan: requirements x interface x profile x level, as an ordered list of tests with the digest of their cases.

Nothing of the machine is in it, so its digest is the same everywhere; whoever verifies a bundle makes it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from harness.canonical import canonical_json
from harness.interface.catalogue import Interface
from harness.interface.operation import Operation, Types
from harness.interface.requirement import Requirement
from harness.profile.model import Profile
from harness.suite.case import Subject
from harness.suite.suites import Suite, load_suites

Standing = Literal["required", "not-claimed", "not-applicable"]

#: The dtype every product must have at level 1; all others are claims of its profile.
REQUIRED_DTYPE = "float32"
#: Types that come with an operation, as its truth values and indices, and are no claim of their own.
_ALWAYS_THERE = frozenset({"bool", "int64"})


@dataclass(frozen=True)
class PlannedTest:
    """One test of the plan.

    ``standing`` says whether the level requires it; one that is not required has no cases and says why in ``because``.
    ``first`` is the sequence number of its first case in the whole plan, ``cases`` how many it has and ``digest`` the
    SHA-256 over their names in order.
    """

    test: str
    requirement: str
    chapter: str
    level: int
    standing: Standing
    because: str
    suite: str
    operation: str | None
    dtype: str | None
    first: int
    cases: int
    digest: str


@dataclass(frozen=True)
class Plan:
    """What one run will test, in order; ``graph`` says whether ONNX's node cases are among it."""

    interface: str
    profile: str
    profile_version: str
    profile_digest: str
    level: int
    tests: tuple[PlannedTest, ...]
    graph: bool = False

    def document(self) -> dict[str, Any]:
        """The plan as plain data."""
        return asdict(self) | {"tests": [asdict(test) for test in self.tests]}

    def digest(self) -> str:
        """SHA-256 of the plan's canonical JSON: its name everywhere."""
        return hashlib.sha256(canonical_json(self.document())).hexdigest()

    def required(self) -> Iterator[PlannedTest]:
        """The tests that decide the level."""
        return (test for test in self.tests if test.standing == "required")

    def by_name(self) -> Mapping[str, PlannedTest]:
        """Every test by its id."""
        return {test.test: test for test in self.tests}


def make_plan(interface: Interface, profile: Profile, level: int, *, graph: bool = False) -> Plan:
    """Lay out the tests of a profile at a level; with ``graph``, the chapters that must be asked for as well."""
    suites = load_suites()
    tests: list[PlannedTest] = []
    first = 0
    for subject in subjects(interface, profile, level, graph=graph):
        planned = _plan_test(subject, suites[subject.requirement.id], first)
        tests.append(planned)
        first += planned.cases
    return Plan(interface.version, profile.id, profile.version, profile.digest, level, tuple(tests), graph)


def subjects(interface: Interface, profile: Profile, level: int, *, graph: bool = False) -> Iterator[Subject]:
    """Every subject of a level, in plan order: chapter by chapter, requirement by requirement."""
    for requirement in interface.requirements:
        if requirement.level > level or (requirement.chapter in interface.asked_for and not graph):
            continue
        if not requirement.on_operations:
            yield Subject(requirement, profile)
            continue
        for operation in interface.operations_of(requirement):
            for types in operation.types:
                if types.level <= level:
                    yield Subject(requirement, profile, operation, types)


def case_digest(names: Iterable[str]) -> tuple[int, str]:
    """How many cases there are, and the SHA-256 over their names, each ended by a newline."""
    digest, count = hashlib.sha256(), 0
    for name in names:
        digest.update(name.encode() + b"\n")
        count += 1
    return count, digest.hexdigest()


def _plan_test(subject: Subject, suite: Suite, first: int) -> PlannedTest:
    standing, because = _standing(subject)
    names = [case.name for case in suite.cases(subject)] if standing == "required" else []
    if standing == "required" and not names:
        standing, because = "not-applicable", "the requirement has no case on this operation and dtype"
    cases, digest = case_digest(names)
    return PlannedTest(
        test=subject.test,
        requirement=subject.requirement.id,
        chapter=subject.requirement.chapter,
        level=subject.level,
        standing=standing,
        because=because,
        suite=suite.path,
        operation=subject.operation.name if subject.operation else None,
        dtype=subject.types.label if subject.types else None,
        first=first,
        cases=cases,
        digest=digest,
    )


def _standing(subject: Subject) -> tuple[Standing, str]:
    profile, requirement = subject.profile, subject.requirement
    if requirement.when is not None and not profile.declares(requirement.when):
        return "not-claimed", f"the profile does not declare {requirement.when}"
    if subject.operation is None or subject.types is None:
        return "required", ""
    return _claimed(profile, requirement, subject.operation, subject.types)


def _claimed(profile: Profile, requirement: Requirement, operation: Operation, types: Types) -> tuple[Standing, str]:
    if types.when is not None and not profile.declares(types.when):
        return "not-claimed", f"the profile does not declare {types.when}"
    if {*types.inputs, *types.outs} - _ALWAYS_THERE == {REQUIRED_DTYPE} and types.level == 1:
        return "required", ""
    if not profile.claims(operation, types):
        return "not-claimed", f"the profile does not claim {operation.name} on {types.label}"
    return "required", ""
