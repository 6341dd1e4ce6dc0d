"""The interface as a whole: every chapter in order, every requirement by id, every operation by name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from harness.documents import Document, read_yaml
from harness.errors import DocumentError
from harness.interface.chapter import Chapter, read_chapter
from harness.interface.operation import Operation
from harness.interface.requirement import Requirement
from harness.resources import chapters_folder

#: The file that names the version, the chapters and the families.
INDEX = "interface.yaml"

#: The letters in a requirement's number, by chapter.
LETTERS = {
    "device": "DEV",
    "memory": "MEM",
    "streams-and-events": "STR",
    "exchange": "EXC",
    "numeric-conduct": "NUM",
    "elementwise": "ELE",
    "reductions": "RED",
    "linear-algebra": "LIN",
    "conversion": "CNV",
}


@dataclass(frozen=True)
class Interface:
    """The unified interface specification, one version of it.

    ``families`` maps each family to the one above it, ``""`` for those at the top. ``digest`` is the SHA-256 over its
    files.
    """

    version: str
    chapters: tuple[Chapter, ...]
    families: Mapping[str, str]
    digest: str

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """All requirements, chapter by chapter, in the order of their numbers."""
        return tuple(requirement for chapter in self.chapters for requirement in chapter.requirements)

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """All operations by name."""
        return {operation.name: operation for chapter in self.chapters for operation in chapter.operations}

    @cached_property
    def identity(self) -> frozenset[str]:
        """The requirements that show the device to be the product its profile describes."""
        return frozenset(requirement.id for requirement in self.requirements if requirement.identity)

    def requirement(self, name: str) -> Requirement:
        """The requirement of an id; raises ``KeyError`` for one there is not."""
        return self._by_id[name]

    @cached_property
    def _by_id(self) -> Mapping[str, Requirement]:
        return {requirement.id: requirement for requirement in self.requirements}

    def operations_of(self, requirement: Requirement) -> tuple[Operation, ...]:
        """The operations a requirement applies to: those it names, and those of its families or beneath them."""
        wanted = set(requirement.families)
        return tuple(
            operation
            for operation in self.operations.values()
            if operation.name in requirement.operations or wanted.intersection(self.lineage(operation.family))
        )

    def lineage(self, family: str) -> tuple[str, ...]:
        """A family and all those above it."""
        above = self.families[family]
        return (family, *self.lineage(above)) if above else (family,)


@lru_cache(maxsize=1)
def load_interface() -> Interface:
    """The interface this version of Assay certifies against."""
    return read_interface(chapters_folder())


def read_interface(folder: Path) -> Interface:
    """Read an interface from its folder; raises ``DocumentError`` with file and line for whatever cannot be read."""
    index = read_yaml(folder / INDEX)
    _check_index(index)
    documents = [read_yaml(folder / f"{name}.yaml") for name in index.data["chapters"]]
    interface = Interface(
        version=index.data["interface"],
        chapters=tuple(map(read_chapter, documents)),
        families=dict(_flatten(index.data["families"], "")),
        digest=hashlib.sha256("".join(document.digest for document in [index, *documents]).encode()).hexdigest(),
    )
    problems = [
        problem for pair in zip(interface.chapters, documents, strict=True) for problem in _check(interface, *pair)
    ]
    problems += _check_unique(interface, documents)
    if problems:
        raise DocumentError(problems, remedy="correct the chapter")
    return interface


def _check_index(index: Document) -> None:
    match index.data:
        case {"interface": str(), "title": dict(), "chapters": list(chapters), "families": dict(families), **rest}:
            if not rest and all(re.fullmatch("[a-z_]+", str(name)) for name in chapters) and _is_tree(families):
                return
    raise DocumentError(
        [index.problem((), "must hold interface, title, names of chapters, a tree of families, and nothing else")],
        remedy="see the file as it comes with Assay",
    )


def _is_tree(families: Any) -> bool:
    """Whether families are mappings all the way down."""
    return isinstance(families, dict) and all(map(_is_tree, families.values()))


def _flatten(families: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for name, beneath in families.items():
        yield name, above
        yield from _flatten(beneath, name)


def _check(interface: Interface, chapter: Chapter, document: Document) -> Iterator[str]:
    """What a chapter says that does not fit the rest of the interface."""
    letters = LETTERS.get(chapter.id)
    if letters is None:
        yield document.problem(("chapter",), f"{chapter.id!r} is none of {', '.join(LETTERS)}")
        return
    for requirement in chapter.requirements:
        place = _place(requirement, document)
        if not re.fullmatch(rf"IF-{letters}-[0-9]{{3}}", requirement.id):
            yield document.problem(place, f"{requirement.id} should be IF-{letters}- and three digits")
        yield from _check_names(interface, requirement, place, document)
    for operation in chapter.operations:
        place = ("operations", operation.name)
        if operation.family not in interface.families:
            yield document.problem((*place, "family"), f"there is no family {operation.family!r}")
        labels = [types.label for types in operation.types]
        if len(set(labels)) != len(labels):
            yield document.problem((*place, "dtypes"), "two rows have the same dtype")


def _check_names(
    interface: Interface, requirement: Requirement, place: tuple[str, ...], document: Document
) -> Iterator[str]:
    for family in requirement.families:
        if family not in interface.families:
            yield document.problem((*place, "families"), f"there is no family {family!r}")
    for operation in requirement.operations:
        if operation not in interface.operations:
            yield document.problem((*place, "operations"), f"there is no operation {operation!r}")


def _place(requirement: Requirement, document: Document) -> tuple[str, ...]:
    if requirement.id in document.data.get("requirements", {}):
        return ("requirements", requirement.id)
    return ("operations", requirement.operations[0], "requirements", requirement.id)


def _check_unique(interface: Interface, documents: list[Document]) -> Iterator[str]:
    """Ids and names that stand twice: the second place is named."""
    seen: dict[str, str] = {}
    for chapter, document in zip(interface.chapters, documents, strict=True):
        for name in [*(r.id for r in chapter.requirements), *(o.name for o in chapter.operations)]:
            if name in seen:
                yield document.problem((), f"{name} stands here and in {seen[name]}")
            seen[name] = document.name
