"""Plans and rows made by hand, for tests of what is computed from them."""

from __future__ import annotations

from dataclasses import replace

from harness.run.plan import Plan, PlannedTest, case_digest
from harness.run.rows import CaseRow, Evidence, LostRow, TestEvidence


def planned(
    test: str, cases: int = 2, first: int = 0, level: int = 1, standing: str = "required", because: str = ""
) -> PlannedTest:
    """A planned test whose requirement, operation and dtype are read off its id."""
    requirement, _, subject = test.partition("/")
    operation, _, dtype = subject.partition("/")
    count, digest = case_digest(f"case-{n}" for n in range(cases))
    return PlannedTest(
        test=test,
        requirement=requirement,
        chapter="memory" if not operation else "numeric-conduct",
        level=level,
        standing=standing,  # type: ignore[arg-type]  # tests give one of the three words
        because=because,
        suite="interface/test_memory.py",
        operation=operation or None,
        dtype=dtype or None,
        first=first,
        cases=count,
        digest=digest,
    )


def plan_of(*tests: PlannedTest, level: int = 2) -> Plan:
    """A plan of these tests, their cases numbered in order."""
    first, numbered = 0, []
    for test in tests:
        numbered.append(replace(test, first=first))
        first += test.cases
    return Plan("1.0", "reference/ieee", "1", "0" * 64, level, tuple(numbered))


def row(test: str, seq: int, case: str = "case-0", outcome: str = "pass", **fields: object) -> CaseRow:
    """A case row with the fields that matter to a test."""
    base = CaseRow(seq, test, case, 1, "device", outcome, "bitwise", "5eed", "aa", "bb", 0.5)
    return replace(base, **fields)  # type: ignore[arg-type]  # field names are checked by replace itself


def rows_of(test: PlannedTest, *outcomes: str) -> TestEvidence:
    """The ended evidence of a test whose cases came to these outcomes (default: all pass)."""
    words = outcomes or ("pass",) * test.cases
    return TestEvidence(
        test.test,
        tuple(row(test.test, test.first + n, f"case-{n}", word) for n, word in enumerate(words)),
        ended=True,
    )


def lost(test: str, why: str = "the worker died: SIGSEGV", attempt: int = 1, *, final: bool = False) -> LostRow:
    """A lost row."""
    return LostRow(test, "case-0", attempt, why, final)


def evidence_of(*tests: TestEvidence) -> Evidence:
    """Evidence of these tests."""
    return Evidence({test.test: test for test in tests})
