"""The index of the interface as it stands in its file: chapters, families, input classes, the weakest arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.documents import Document
from harness.errors import DocumentError
from harness.interface.requirement import Level

#: A tree of families: each maps to those beneath it.
Tree = dict[str, Any]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Title(_Strict):
    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)


class ClassRow(_Strict):
    """One input class: the lowest level that demands it, and the words of requirements that belong to it."""

    level: Level
    inputs: list[str] = Field(min_length=1)


class LegalRow(_Strict):
    """The weakest legal arithmetic of some dtypes from a level on."""

    level: Level
    dtypes: list[str] = Field(min_length=1)
    rounding: list[str] = Field(min_length=1)
    flush: Literal["none", "both"]


class Index(_Strict):
    """The whole file."""

    interface: str
    title: _Title
    chapters: list[Annotated[str, Field(pattern="^[a-z_]+$")]] = Field(min_length=1)
    families: Tree
    classes: dict[str, ClassRow] = {}
    demands: dict[str, list[str]] = {}
    legal: list[LegalRow] = []


def read_index(document: Document) -> Index:
    """What the index says; raises ``DocumentError`` with every problem and its line."""
    try:
        found = Index.model_validate(document.data)
    except ValidationError as error:
        problems = [
            document.problem(tuple(row["loc"]), f"{_dotted(row['loc'])}: {row['msg']}") for row in error.errors()
        ]
        raise DocumentError(problems, remedy=_REMEDY) from None
    if not _is_tree(found.families):
        raise DocumentError([document.problem(("families",), "must be mappings all the way down")], remedy=_REMEDY)
    return found


_REMEDY = "see the file as it comes with Assay"


def _dotted(place: tuple[Any, ...]) -> str:
    return ".".join(map(str, place))


def _is_tree(families: Any) -> bool:
    return isinstance(families, dict) and all(map(_is_tree, families.values()))


def flatten(families: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Each family of a tree with the one above it, ``""`` at the top."""
    for name, beneath in families.items():
        yield name, above
        yield from flatten(beneath, name)
