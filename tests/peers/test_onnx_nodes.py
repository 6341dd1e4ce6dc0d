"""ONNX's node cases: our references agree with what ONNX expects, right devices pass, and wrong ones fail.

What ONNX expects was computed by its authors with numpy, node by node: an implementation of every operator that shares
nothing with ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from harness.adapters.registry import open_device
from harness.certification import Ask, certify_run
from harness.interface.catalogue import load_interface
from harness.oracle.draw import Draw
from harness.oracle.formats import ulp_of
from harness.oracle.numeric_rules import same_bits
from harness.oracle.problem import Wanted
from harness.oracle.task import Task
from harness.profile.store import load_profile
from harness.replay import replay
from harness.run.plan import make_plan, subjects
from harness.suite.case import Subject
from harness.suite.node_launches import Node
from harness.suite.nodes import (
    case_name,
    check_package,
    launch_of,
    list_file,
    listed,
    make_list,
    nodes,
    problems_of,
    release_here,
)
from harness.suite.suites import load_suites
from harness.verification import verify_bundle
from tests.suites.asking import judged
from tests.suites.faulty_operations import GivesTheLastOne, GivesZeros, WritesNothing, with_arithmetic

PROFILE = load_profile("reference/ieee")

#: A product that claims nothing but what every product must have.
SMALL = Path(__file__).parent.parent / "acceptance" / "small.yaml"

#: Operations without operands: ONNX asks each shape once.
WITHOUT_OPERANDS = ("full", "arange", "eye")

#: Where ONNX itself rounds more often than once: what it expects is off by so many units in the last place.
ROUNDED_INSIDE = {"test_attention_4d_causal_bf16": 2.0}


def required() -> Iterator[Subject]:
    """The tests of node cases that the reference product must pass at the highest level."""
    plan = make_plan(load_interface(), PROFILE, 3, graph=True).by_name()
    for subject in subjects(load_interface(), PROFILE, 3, graph=True):
        if subject.requirement.chapter == "graph" and plan[subject.test].standing == "required":
            yield subject


SUBJECTS = {subject.test: subject for subject in required()}
each_test = pytest.mark.parametrize("test", SUBJECTS)
LISTED = [
    (operation, label, node)
    for operation, rows in listed().asked.items()
    for label, names in rows.items()
    for node in names
]


@pytest.mark.parametrize(("operation", "label", "node"), LISTED, ids=[node for *_, node in LISTED])
def test_our_reference_agrees_with_what_onnx_expects(operation: str, label: str, node: str) -> None:
    row = load_interface().operations[operation]
    types = next(types for types in row.types if types.label == label)
    problem = problems_of(Task(row, types, PROFILE), node)[-1]
    theirs = launch_of(nodes()[node]).results
    for wanted, result in zip(problem.wanted, theirs, strict=False):
        assert wanted.dtype == result.dtype.name
        assert np.shape(wanted.expected) == result.shape
        assert agrees(wanted, result, nodes()[node]).all()


def agrees(wanted: Wanted, result: Any, node: Node) -> Any:
    """Where every bit counts the same bits, else as near as our bound or ONNX's own tolerance allows."""
    if wanted.bound is None:
        return same_bits(result, wanted.expected)
    ours, theirs = np.asarray(wanted.expected), result.astype(np.float64)
    with np.errstate(invalid="ignore"):
        error = np.abs(ours - theirs)
        units = ulp_of(ours, wanted.dtype)
        bound = wanted.bound * units if wanted.measure == "ulp" else wanted.bound
        allowed = np.maximum(bound, node.atol + node.rtol * np.abs(theirs))
        allowed = np.maximum(allowed, ROUNDED_INSIDE.get(node.name, 0.0) * units)
        return (ours == theirs) | (np.isnan(ours) & np.isnan(theirs)) | (error <= allowed)


def test_the_package_has_every_case_of_the_list() -> None:
    check_package()


def test_the_list_is_the_one_made_from_the_package() -> None:
    assert yaml.safe_load(list_file().read_text(encoding="utf-8")) == make_list()


def outcomes(device: Any, subject: Subject) -> set[str]:
    """What came of the cases of a test."""
    cases = load_suites()[subject.requirement.id].cases(subject)
    return {judged(device, case.write(Draw("0", subject.test, case.name))).outcome for case in cases}


@each_test
def test_a_device_that_computes_as_its_profile_says_passes(test: str) -> None:
    assert outcomes(open_device("simulated", PROFILE), SUBJECTS[test]) == {"pass"}


@each_test
def test_numpy_passes(test: str) -> None:
    assert outcomes(open_device("numpy", PROFILE), SUBJECTS[test]) == {"pass"}


@each_test
def test_a_device_that_gives_zeros_fails(test: str) -> None:
    assert "fail" in outcomes(with_arithmetic(GivesZeros)(), SUBJECTS[test])


@each_test
def test_a_device_that_writes_nothing_fails(test: str) -> None:
    assert "fail" in outcomes(WritesNothing(), SUBJECTS[test])


@pytest.mark.parametrize("test", [test for test in SUBJECTS if test.split("/")[1] not in WITHOUT_OPERANDS])
def test_a_device_that_gives_its_last_result_again_fails(test: str) -> None:
    assert "fail" in outcomes(with_arithmetic(GivesTheLastOne)(), SUBJECTS[test])


def test_a_run_that_asks_them_can_be_verified_and_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    certified = certify_run(Ask(SMALL, level=2, out=tmp_path / "run", jobs=2, graph=True))
    assert certified.verdict.conclusion == "met"
    assert certified.bundle.read_json("run.json")["onnx"] == release_here()
    assert verify_bundle(tmp_path / "run").verdict == certified.verdict
    plan = make_plan(load_interface(), load_profile(SMALL), 2, graph=True)
    test = next(test for test in plan.required() if test.test == "IF-GRA-001/sum/float32")
    again = replay(certified.bundle, test.first + 1)
    assert again.reproduced
    assert again.then.case == case_name(listed().asked["sum"]["float32"][1])
