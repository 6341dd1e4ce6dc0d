"""The one grammar of evidence: case rows, end rows and lost rows, as they stand in a bundle for years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CaseRow:
    """What one case showed: against what it was checked, how far off it was, and how to do it again.

    ``seq`` is the case's number in the whole plan, the same in every run of that plan. ``worst``, ``limit``,
    ``expected`` and ``got`` are hexadecimal floats or words. ``inputs`` and ``output`` are 128-bit digests; ``kept``
    names the file with a failing case's arrays. ``histogram`` counts elements by how far off they are, in powers of two
    of the rule's figure, where the rule allows an error. ``ms`` is the device's time for the case.
    """

    seq: int
    test: str
    case: str
    attempt: int
    layer: str
    outcome: str
    rule: str
    seed: str
    inputs: str
    output: str
    ms: float
    worst: str = ""
    limit: str = ""
    at: tuple[int, ...] | None = None
    expected: str = ""
    got: str = ""
    cause: str = ""
    detail: str = ""
    kept: str = ""
    histogram: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class LostRow:
    """A case that took the device with it, or a test cut off at its cap: ``why`` says how.

    ``case`` is empty where none had begun. ``final`` means that the test is not tried again.
    """

    test: str
    case: str
    attempt: int
    why: str
    final: bool = False


@dataclass(frozen=True)
class TestEvidence:
    """All that counts of one test: the rows of its ended attempt, and what was lost in earlier ones.

    ``near_ms`` is how long this side worked on its cases: their inputs, references and verdicts.
    """

    __test__ = False  # to pytest: no class of tests

    test: str
    rows: tuple[CaseRow, ...] = ()
    ended: bool = False
    lost: tuple[LostRow, ...] = ()
    near_ms: float = 0.0


@dataclass(frozen=True)
class Evidence:
    """The fold over all rows of a bundle: what counts, by test."""

    tests: Mapping[str, TestEvidence] = field(default_factory=dict)

    def of(self, test: str) -> TestEvidence:
        """The evidence of one test; empty where there is none."""
        return self.tests.get(test) or TestEvidence(test)
