"""The list of ONNX's node cases: what a plan has of it, on every machine, with the package onnx and without it."""

from __future__ import annotations

import re
import sys

import pytest

from harness.errors import UsageError
from harness.interface.catalogue import load_interface
from harness.profile.store import load_profile
from harness.run.plan import make_plan, subjects
from harness.suite import nodes
from harness.suite.nodes import case_name, check_package, listed, remedy
from harness.suite.suites import load_suites

INTERFACE = load_interface()
PROFILE = load_profile("reference/ieee")


def test_a_plan_has_the_chapter_only_where_it_is_asked_for() -> None:
    without, asked = make_plan(INTERFACE, PROFILE, 2), make_plan(INTERFACE, PROFILE, 2, graph=True)
    assert "graph" not in {test.chapter for test in without.tests}
    assert asked.tests[: len(without.tests)] == without.tests
    assert {test.chapter for test in asked.tests[len(without.tests) :]} == {"graph"}
    assert without.digest() != asked.digest()


def test_the_requirement_is_on_the_operations_of_the_list() -> None:
    assert INTERFACE.requirement("IF-GRA-001").operations == tuple(listed().asked)


def test_every_case_of_the_list_is_a_case_of_one_row_of_dtypes() -> None:
    found = {
        (subject.operation.name, subject.types.label): [
            case.name for case in load_suites()["IF-GRA-001"].cases(subject)
        ]
        for subject in subjects(INTERFACE, PROFILE, 3, graph=True)
        if subject.requirement.id == "IF-GRA-001" and subject.operation and subject.types
    }
    wanted = {
        (operation, label): [case_name(node) for node in names]
        for operation, rows in listed().asked.items()
        for label, names in rows.items()
    }
    assert {subject: names for subject, names in found.items() if names} == wanted
    assert all(len(set(names)) == len(names) for names in wanted.values())
    assert all(re.fullmatch("[a-z0-9-]+", name) for names in wanted.values() for name in names)


def test_no_case_is_both_asked_and_left_out() -> None:
    asked, left_out = listed().names(), [name for names in listed().left_out.values() for name in names]
    assert len({*asked, *left_out}) == len(asked) + len(left_out)


def test_without_the_package_whoever_asks_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setitem(sys.modules, "onnx.backend.test.case.node", None)
    monkeypatch.setattr(nodes, "nodes", nodes.nodes.__wrapped__)
    with pytest.raises(UsageError, match=r"pip install 'onnx=="):
        check_package()
    assert remedy().endswith(f"onnx=={listed().release}'")
