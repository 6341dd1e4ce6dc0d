"""A chapter of the interface as it stands in its file: read strictly, every problem with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.documents import Document
from harness.errors import DocumentError
from harness.interface.operation import Operation, Special, Standard, Types
from harness.interface.requirement import Level, Requirement, Text
from harness.interface.special import number


@dataclass(frozen=True)
class Chapter:
    """One chapter: its title, requirements in the order of their numbers, and operations in the order of the file.

    ``asked_for`` says that it is tested only where a run asks for it.
    """

    id: str
    title: Text
    requirements: tuple[Requirement, ...]
    operations: tuple[Operation, ...]
    asked_for: bool = False


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Title(_Strict):
    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)


class _Requirement(_Strict):
    level: Level
    en: str = Field(min_length=10)
    zh: str = Field(min_length=5)
    source: str = Field(min_length=3)
    families: list[str] = []
    operations: list[str] = []
    inputs: str | None = None
    rule: str | None = None
    reads: list[str] = []
    when: str | None = None
    like: list[str] = []
    shows: str | None = None
    identity: bool = False


class _Standard(_Strict):
    name: str
    item: str
    version: str | None = None


class _Types(_Strict):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)
    level: Level
    inputs: str | list[str] = Field(alias="in")
    out: str | list[str]
    label: str | None = None
    accumulate: str | None = None
    when: str | None = None
    ulp: float | int | None = None


class _Operation(_Strict):
    standard: _Standard
    family: str
    signature: str = Field(min_length=3)
    dtypes: list[_Types] = Field(min_length=1)
    bound: str
    depth: str | None = None
    domain: list[Annotated[list[Any], Field(min_length=2, max_length=2)]] = []
    special: list[Annotated[list[Any], Field(min_length=2)]] = []
    attributes: dict[str, Any] = {}
    shapes: dict[str, Any] = {}
    requirements: dict[str, _Requirement] = {}


class _Chapter(_Strict):
    chapter: str
    title: _Title
    asked_for: bool = False
    operations: dict[str, _Operation] = {}
    requirements: dict[str, _Requirement] = {}


#: How an operation's error can be bounded.
BOUNDS = (
    *(
        "exact",
        "ulp",
        "sum",
        "product",
        "inner-product",
        "variance",
        "activation",
        "softmax",
        "normalization",
        "attention",
    ),
    *("rotation", "transform", "triangular", "function"),
)


def read_chapter(document: Document) -> Chapter:
    """The chapter a document holds; raises ``DocumentError`` with every problem and its line."""
    try:
        parsed = _Chapter.model_validate(document.data)
    except ValidationError as error:
        raise DocumentError([_problem(document, problem) for problem in error.errors()], remedy=_REMEDY) from None
    problems: list[str] = []
    operations = [
        operation
        for name, row in parsed.operations.items()
        for operation in _operation(document, parsed.chapter, name, row, problems)
    ]
    requirements = list(_requirements(parsed))
    if problems:
        raise DocumentError(problems, remedy=_REMEDY)
    return Chapter(
        parsed.chapter,
        Text(parsed.title.en, parsed.title.zh),
        tuple(sorted(requirements, key=lambda requirement: requirement.id)),
        tuple(operations),
        parsed.asked_for,
    )


_REMEDY = "correct the chapter; `assay requirements` shows what is read from it"


def _problem(document: Document, problem: Mapping[str, Any]) -> str:
    # The union of one name and a list of names puts its branch into the location; the document has no such step.
    path = tuple(part for part in problem["loc"] if part not in ("str", "list[str]"))
    return document.problem(path, f"{'.'.join(map(str, path))}: {problem['msg']}")


def _requirements(parsed: _Chapter) -> Iterator[Requirement]:
    for name, row in parsed.requirements.items():
        yield _requirement(parsed.chapter, name, row, tuple(row.operations))
    for operation, rows in parsed.operations.items():
        for name, row in rows.requirements.items():
            yield _requirement(parsed.chapter, name, row, (operation,))


def _requirement(chapter: str, name: str, row: _Requirement, operations: tuple[str, ...]) -> Requirement:
    return Requirement(
        id=name,
        chapter=chapter,
        level=row.level,
        text=Text(row.en, row.zh),
        source=row.source,
        families=tuple(row.families),
        operations=operations,
        inputs=row.inputs,
        rule=row.rule,
        reads=tuple(row.reads),
        when=row.when,
        like=tuple(row.like),
        shows=row.shows,
        identity=row.identity,
    )


def _operation(
    document: Document, chapter: str, name: str, row: _Operation, problems: list[str]
) -> Iterator[Operation]:
    least, arity = _arities(row.signature)
    place = ("operations", name)
    if row.bound not in BOUNDS:
        problems.append(document.problem((*place, "bound"), f"{row.bound!r} is none of {', '.join(BOUNDS)}"))
    for index, types in enumerate(row.dtypes):
        if not isinstance(types.inputs, str) and len(types.inputs) != arity:
            said = f"{len(types.inputs)} operand types for {arity} operands"
            problems.append(document.problem((*place, "dtypes", index), said))
    try:
        special = tuple(Special(tuple(map(number, line[:-1])), number(line[-1])) for line in row.special)
        domain = tuple((number(low), number(high)) for low, high in row.domain)
    except (ValueError, TypeError) as error:
        problems.append(document.problem((*place, "special" if row.special else "domain"), f"{name}: {error}"))
        return
    for index, line in enumerate(special):
        if len(line.operands) != arity:
            said = f"{len(line.operands)} operands for an operation of {arity}"
            problems.append(document.problem((*place, "special", index), said))
    yield Operation(
        name=name,
        chapter=chapter,
        standard=Standard(row.standard.name, row.standard.item, row.standard.version),
        family=row.family,
        signature=row.signature,
        arity=arity,
        types=tuple(_types(types, arity, row.family) for types in row.dtypes),
        bound=row.bound,
        least=least,
        domain=domain,
        special=special,
        attributes={key: str(value) for key, value in row.attributes.items()},
        shapes=row.shapes,
        depth=row.depth,
    )


def _types(row: _Types, arity: int, family: str) -> Types:
    inputs = (row.inputs,) * arity if isinstance(row.inputs, str) else tuple(row.inputs)
    outs = (row.out,) if isinstance(row.out, str) else tuple(row.out)
    ulp = None if row.ulp is None else float(row.ulp)
    found = Types(row.level, row.label or "", inputs, outs, row.accumulate, row.when, ulp)
    label = f"{found.operand}-{found.out}" if family == "conversion" else found.operand
    return found if row.label else replace(found, label=label)


def _arities(signature: str) -> tuple[int, int]:
    """How few and how many tensors an operation takes: the names before the arrow, scalars left out.

    A tensor is a name or a parenthesis, or a name with a parenthesis behind it, as in ``A (M, K)``; a question mark
    behind the name marks one that may be left out. Scalars are ``alpha`` and ``beta``.
    """
    before = signature.split("->", maxsplit=1)[0]
    depth, parts, part = 0, [], ""
    for letter in before:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += letter
    tensors = [piece for piece in [*parts, part] if piece.strip() not in ("alpha", "beta", "")]
    return sum("?" not in piece for piece in tensors), len(tensors)
