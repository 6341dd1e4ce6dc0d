"""Which suite a requirement has, and which questions a numeric test asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.interface.catalogue import load_interface
from harness.oracle.definition import definition_of
from harness.oracle.draw import Draw
from harness.profile.store import load_profile
from harness.run.plan import subjects
from harness.suite.case import Case, Subject
from harness.suite.numeric import COMMON, cases, questions
from harness.suite.suites import Suite, Suites, load_suites, requirements_tested
from harness.suite.suites import tests as marked


def nothing(subject: Subject) -> Iterator[Case]:
    """No cases."""
    return iter(())


OWN, CHAPTER = Suite("IF-NUM-015", nothing, "own.py"), Suite("IF-NUM-*", nothing, "chapter.py")
BOTH = Suites({"IF-NUM-015": OWN, "IF-NUM-*": CHAPTER})


def test_a_requirement_has_its_own_suite_before_its_chapters() -> None:
    assert BOTH["IF-NUM-015"] is OWN
    assert BOTH["IF-NUM-001"] is CHAPTER


def test_a_requirement_of_no_suite_has_none() -> None:
    assert "IF-MEM-001" not in BOTH
    assert "IF-NUM-999" in BOTH
    with pytest.raises(KeyError):
        BOTH["IF-MEM-001"]


def test_a_function_says_what_it_tests() -> None:
    assert requirements_tested(marked("IF-MEM-001", "IF-NUM-*")(nothing)) == ("IF-MEM-001", "IF-NUM-*")
    assert requirements_tested("no function") == ()


SUBJECTS = {subject.test: subject for subject in subjects(load_interface(), load_profile("reference/ieee"), 1)}


def of(word: str, operation: str) -> Subject:
    """The test that asks an operation on float32 an input class."""
    return next(
        subject
        for subject in SUBJECTS.values()
        if subject.operation is not None
        and subject.types is not None
        and (subject.operation.name, subject.types.label, subject.requirement.inputs) == (operation, "float32", word)
    )


@pytest.mark.parametrize(("word", "operation"), [("integer-exact", "matmul"), ("layouts", "matmul"), ("axes", "sum")])
def test_a_word_asks_the_class_of_the_family_or_that_of_all(word: str, operation: str) -> None:
    subject = of(word, operation)
    assert subject.operation is not None
    own = definition_of(subject.operation).inputs
    assert (word in own) != (word in COMMON)
    names = [question.name for question in questions(subject)]
    assert names
    assert names == [case.name for case in cases(subject)]


def test_a_case_is_judged_by_its_requirements_rule_unless_its_results_allow_an_error() -> None:
    for subject, rule in ((of("integer-exact", "matmul"), None), (of("dense", "matmul"), "bound")):
        case = next(cases(subject))
        trial = case.write(Draw("0", subject.test, case.name))
        assert trial.rule.name == (rule or subject.requirement.rule or "bitwise")
        assert trial.problems


def test_every_numeric_requirement_is_tested_by_cases_that_exist() -> None:
    suites = load_suites()
    assert all(requirement.id in suites for requirement in load_interface().requirements)
