"""Interface and suites match, sentence by sentence, and suites keep to their part of the house."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from harness.interface.catalogue import load_interface
from harness.interface.requirement import Requirement
from harness.profile.store import load_profile
from harness.resources import profiles_folder
from harness.run.coverage import gaps
from harness.run.plan import make_plan
from harness.suite.suites import check_suites, suite_files

INTERFACE = load_interface()

#: What a suite may import besides Python's own library and numpy.
ROOMS = ("harness.suite", "harness.oracle", "harness.device", "harness.interface")


def test_every_requirement_has_a_suite_and_every_suite_a_requirement() -> None:
    assert check_suites(INTERFACE) == []


@pytest.mark.parametrize("level", [1, 2, 3])
def test_every_operation_is_asked_every_input_class_that_a_level_demands(level: int) -> None:
    # The ideal device claims everything there is, so its plan holds every operation.
    plan = make_plan(INTERFACE, load_profile("reference/ieee"), level)
    asked = {test.operation for test in plan.required()}
    assert gaps(plan, INTERFACE) == ()
    assert asked - {None} == {
        name
        for name, operation in INTERFACE.operations.items()
        if any(types.level <= level and types.when is None for types in operation.types)
    }


@pytest.mark.parametrize("requirement", INTERFACE.requirements, ids=lambda requirement: requirement.id)
def test_a_requirement_is_one_readable_sentence_in_each_language(requirement: Requirement) -> None:
    en, zh = requirement.text.en, requirement.text.zh
    assert re.fullmatch(r"[A-Z].{15,300}\.", en)
    assert not re.search(r"[\u4e00-\u9fff]", en)
    assert re.fullmatch(r".{8,160}。", zh)
    assert len(re.findall(r"[\u4e00-\u9fff]", zh)) >= len(zh) // 3
    assert requirement.source or requirement.like


@pytest.mark.parametrize("path", suite_files(), ids=lambda path: path.stem)
def test_a_suite_imports_only_what_suites_may(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_bytes())):
        modules = [node.module] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for module in modules:
            assert module is not None, "imports are absolute"
            if module.startswith("harness"):
                assert module.startswith(ROOMS), f"{path.name} imports {module}"


def test_no_vendor_is_named_outside_its_profile() -> None:
    names = vendor_names()
    assert names
    for path in suite_files():
        found = re.findall(
            rf"\b(?:{'|'.join(map(re.escape, names))})\b", path.read_text(encoding="utf-8"), re.IGNORECASE
        )
        assert not found, f"{path.name} names {found[0]}"


def vendor_names() -> set[str]:
    """The folders of vendors and the stems of their products; the ideal reference device is nobody's."""
    vendors = [folder for folder in profiles_folder().iterdir() if folder.is_dir() and folder.name != "reference"]
    return {folder.name for folder in vendors} | {path.stem for folder in vendors for path in folder.glob("*.yaml")}


def test_profiles_are_where_their_id_says() -> None:
    for path in profiles_folder().glob("*/*.yaml"):
        profile = yaml.safe_load(path.read_bytes())["profile"]
        assert profile == f"{path.parent.name}/{path.stem}"
