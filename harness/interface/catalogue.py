"""The interface as a whole: every chapter in order, every requirement by id, every operation by name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from harness.documents import Document, read_yaml
from harness.errors import DocumentError
from harness.interface.chapter import Chapter, read_chapter
from harness.interface.index import flatten, read_index
from harness.interface.operation import Operation
from harness.interface.requirement import Level, Requirement
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
    "elementary-functions": "FUN",
    "activations": "ACT",
    "creation": "CRE",
    "manipulation": "MAN",
    "indexing-and-sorting": "IDX",
    "convolution-and-pooling": "CON",
    "normalization": "NRM",
    "attention": "ATT",
    "quantization": "QNT",
    "blas": "BLA",
    "transforms": "FFT",
    "graph": "GRA",
}


@dataclass(frozen=True)
class InputClass:
    """One of the classes of inputs that tell right kernels from wrong ones.

    ``level`` is the lowest that demands it; ``inputs`` are the words of requirements that belong to it.
    """

    name: str
    level: Level
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Legal:
    """The weakest arithmetic that is legal from a level on, for some dtypes: what a profile may declare at most.

    ``rounding`` are the roundings that may be declared; ``flush`` what may be flushed: ``none`` or ``both``.
    """

    level: Level
    dtypes: tuple[str, ...]
    rounding: tuple[str, ...]
    flush: str


@dataclass(frozen=True)
class Interface:
    """The unified interface specification, one version of it.

    ``families`` maps each family to the one above it, ``""`` for those at the top; ``demands`` maps it to the input
    classes its operations must be asked. ``legal`` is the weakest legal arithmetic. ``digest`` is the SHA-256 over its
    files.
    """

    version: str
    chapters: tuple[Chapter, ...]
    families: Mapping[str, str]
    digest: str
    classes: Mapping[str, InputClass] = field(default_factory=dict)
    demands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    legal: tuple[Legal, ...] = ()

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

    @cached_property
    def asked_for(self) -> frozenset[str]:
        """The chapters that are tested only where a run asks for them."""
        return frozenset(chapter.id for chapter in self.chapters if chapter.asked_for)

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

    def demanded(self, operation: Operation, level: int) -> tuple[InputClass, ...]:
        """The input classes that an operation must be asked at a level."""
        names = next((self.demands[family] for family in self.lineage(operation.family) if family in self.demands), ())
        return tuple(self.classes[name] for name in names if self.classes[name].level <= level)

    def legal_for(self, dtype: str, level: int) -> Legal | None:
        """The weakest legal arithmetic for a dtype at a level; ``None`` where nothing is said of it."""
        return next((row for row in self.legal if dtype in row.dtypes and row.level <= level), None)

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
    read = read_index(index)
    documents = [read_yaml(folder / f"{name}.yaml") for name in read.chapters]
    interface = Interface(
        version=read.interface,
        chapters=tuple(map(read_chapter, documents)),
        families=dict(flatten(read.families)),
        digest=hashlib.sha256("".join(document.digest for document in [index, *documents]).encode()).hexdigest(),
        classes={name: InputClass(name, row.level, tuple(row.inputs)) for name, row in read.classes.items()},
        demands={family: tuple(names) for family, names in read.demands.items()},
        legal=tuple(Legal(row.level, tuple(row.dtypes), tuple(row.rounding), row.flush) for row in read.legal),
    )
    problems = [
        problem for pair in zip(interface.chapters, documents, strict=True) for problem in _check(interface, *pair)
    ]
    problems += _check_unique(interface, documents)
    problems += _check_demands(interface, index)
    if problems:
        raise DocumentError(problems, remedy="correct the chapter")
    return interface


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


def _check_demands(interface: Interface, index: Document) -> Iterator[str]:
    for family, names in interface.demands.items():
        if family not in interface.families:
            yield index.problem(("demands", family), f"there is no family {family!r}")
        for name in names:
            if name not in interface.classes:
                yield index.problem(("demands", family), f"there is no input class {name!r}")


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
