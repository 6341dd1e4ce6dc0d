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
    """Declare that a function enumerates the cases of these requirements."""

    def mark(function: Cases) -> Cases:
        setattr(function, _MARK, requirements)
        return function

    return mark


def requirements_tested(function: object) -> tuple[str, ...]:
    """The requirements a suite's function was declared for; empty for any other object."""
    return getattr(function, _MARK, ())


@dataclass(frozen=True)
class Suite:
    """The function that tests one requirement, and the module it stands in, relative to the suites' folder."""

    requirement: str
    cases: Cases
    path: str


@lru_cache(maxsize=1)
def load_suites() -> Mapping[str, Suite]:
    """Every suite by the requirement it tests; raises ``InternalError`` where two claim the same one."""
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
    return found


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
    untested = [f"{name} has no suite" for name in sorted(known - set(suites))]
    unknown = [f"{suites[name].path} tests {name}, which the interface does not have" for name in set(suites) - known]
    return untested + sorted(unknown)
