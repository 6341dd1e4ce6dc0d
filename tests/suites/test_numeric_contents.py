"""What the numeric suites ask can tell right from wrong: results are finite, subnormal ones are among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS
from harness.oracle.numeric_rules import Agreement, Comparison, Result
from harness.suite.case import Case, Subject
from harness.suite.suites import load_suites
from tests.suites.runner import required_subjects

SUBJECTS = {subject.test: subject for subject in required_subjects() if subject.operation is not None}


def results(subject: Subject, case: Case) -> tuple[Result, ...]:
    """The results one case asks for."""
    rule = case.write(Draw("contents", subject.test, case.name)).rule
    comparison = rule.comparison if isinstance(rule, Agreement) else rule
    assert isinstance(comparison, Comparison)
    return comparison.results


def cases(subject: Subject) -> Iterator[tuple[Result, ...]]:
    """The results every case of a test asks for."""
    return (results(subject, case) for case in load_suites()[subject.requirement.id].cases(subject))


def wide(result: Result) -> NDArray[np.float64]:
    """The expected elements in float64; NaN may be of any kind."""
    with np.errstate(invalid="ignore"):
        return np.asarray(result.expected).astype(np.float64)


def expected(requirement: str, label: str) -> NDArray[Any]:
    """Every element a requirement expects of outputs of a dtype, by the end of the tests' ids."""
    tests = [s for name, s in SUBJECTS.items() if name.startswith(f"{requirement}/") and name.endswith(label)]
    assert tests
    found = [wide(r).reshape(-1) for test in tests for case in cases(test) for r in case]
    return np.concatenate(found)


@pytest.mark.parametrize("requirement", ["IF-NUM-001", "IF-NUM-010", "IF-NUM-011", "IF-NUM-013", "IF-LIN-008"])
def test_exact_results_of_float16_are_numbers_and_not_infinities(requirement: str) -> None:
    # Infinity would be right whatever the sum was.
    assert np.isfinite(expected(requirement, "/matmul/float16")).mean() > 0.95


@pytest.mark.parametrize("label", ["float32-float16", "bfloat16-float16", "multiply/float32", "reciprocal/float16"])
def test_results_that_are_subnormal_are_asked_for(label: str) -> None:
    found = np.abs(expected("IF-NUM-008", label))
    form = FORMATS["float32" if label.endswith("32") else "float16"]
    assert ((found > 0) & (found < form.smallest_normal)).sum() > 20


@pytest.mark.parametrize("name", ["abs/int8", "negative/int8", "abs/int32"])
def test_integers_without_a_negative_are_not_asked_for(name: str) -> None:
    subject = SUBJECTS[f"IF-NUM-013/{name}"]
    assert subject.types is not None
    lowest = np.iinfo(subject.types.inputs[0]).min
    assert lowest not in expected("IF-NUM-013", name)
