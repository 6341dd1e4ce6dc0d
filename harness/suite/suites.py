"""Suites: functions that enumerate the cases of a requirement, found by path and matched to the interface.

A suite module is any ``suites/*/test_*.py``. In it::

    @tests("IF-MEM-003")
    def out_of_memory_leaves_the_rest_alone(subject: Subject) -> Iterator[Case]:
        ...
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from harness.errors import InternalError
from harness.interface.catalogue import Interface
from harness.resources import suites_folder
from harness.suite.case import Cases

_MARK = "__assay_tests__"


def tests(*requirements: str) -> Callable[[Cases], Cases]:
    """Declare that a function enumerates the cases of these requirements, by id.

    ``IF-NUM-*`` stands for every requirement of a chapter that no function claims by its own id.
    """

    def mark(function: Cases) -> Cases:
        setattr(function, _MARK, requirements)
        return function

    return mark


# To pytest, which collects functions by their names: no test.
setattr(tests, "__test__", False)  # noqa: B010  a function has no such attribute to a type checker


def requirements_tested(function: object) -> tuple[str, ...]:
    """The requirements a suite's function was declared for; empty for any other object."""
    return getattr(function, _MARK, ())


@dataclass(frozen=True)
class Suite:
    """The function that tests a requirement, or a chapter's, and the module it stands in, relative to the folder."""

    requirement: str
    cases: Cases
    path: str


@dataclass(frozen=True)
class Suites:
    """Every suite by the requirement, or the chapter's pattern, it tests."""

    named: Mapping[str, Suite]

    def __getitem__(self, requirement: str) -> Suite:
        """The suite of a requirement: its own, else that of its chapter; raises ``KeyError`` where there is none."""
        own = self.named.get(requirement)
        return own if own is not None else self.named[f"{requirement.rpartition('-')[0]}-*"]

    def __contains__(self, requirement: str) -> bool:
        """Whether a requirement has a suite."""
        return requirement in self.named or f"{requirement.rpartition('-')[0]}-*" in self.named


@lru_cache(maxsize=1)
def load_suites() -> Suites:
    """Every suite; raises ``InternalError`` where two claim the same requirement or chapter."""
    found: dict[str, Suite] = {}
    for path in suite_files():
        relative = path.relative_to(suites_folder()).as_posix()
        for function in vars(import_suite(path)).values():
            for requirement in requirements_tested(function):
                if requirement in found:
                    raise InternalError(
                        f"{requirement} is tested in {found[requirement].path} and again in {relative}",
                        remedy="keep one function for each requirement",
                    )
                found[requirement] = Suite(requirement, function, relative)
    return Suites(found)


def suite_files() -> list[Path]:
    """Every suite module, in the order in which they run."""
    return sorted(suites_folder().glob("*/test_*.py"))


def import_suite(path: Path) -> ModuleType:
    """Import a suite module by path, once, under a name no other module can have."""
    name = f"assay_suites.{path.parent.name}.{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InternalError(f"{path} cannot be imported as a suite")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def check_suites(interface: Interface) -> list[str]:
    """What does not match between interface and suites, one sentence each; empty when all is well."""
    suites = load_suites()
    known = {requirement.id for requirement in interface.requirements}
    untested = [f"{name} has no suite" for name in sorted(known) if name not in suites]
    chapters = {f"{name.rpartition('-')[0]}-*" for name in known}
    unknown = [
        f"{suite.path} tests {name}, which the interface does not have"
        for name, suite in suites.named.items()
        if name not in known | chapters
    ]
    return untested + sorted(unknown)
