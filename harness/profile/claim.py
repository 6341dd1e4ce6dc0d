"""A claim: a value, how it is known, and who said so; the unknown has no value, the disputed keeps both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)

Status = Literal[
    "vendor", "upstream", "measured", "thirdparty", "secondary", "derived", "definition", "conflict", "unknown"
]
SourceKind = Literal[
    "vendor code",
    "vendor document",
    "upstream code",
    "third-party measurement",
    "third-party table",
    "secondary",
    "standard",
    "definition",
]

#: The kinds of source that can support a status; a status that is not here can rest on any.
SUPPORT: dict[str, tuple[str, ...]] = {
    "vendor": ("vendor code", "vendor document"),
    "upstream": ("upstream code",),
    "measured": ("third-party measurement", "vendor code", "vendor document"),
    "thirdparty": ("third-party table", "third-party measurement"),
    "secondary": ("secondary",),
    "definition": ("standard", "definition"),
}

Words = Annotated[str, Field(min_length=1, max_length=2000)]
Count = Annotated[int, Field(gt=0, lt=2**31)]
T = TypeVar("T")


class Strict(BaseModel):
    """Fields as they are named and nothing else; nothing is converted; nothing changes afterwards."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)


class Named(Strict):
    """A sentence or name in both languages."""

    en: Words
    zh: Words | None = None


class Source(Strict):
    """Something public that a claim can rest on."""

    title: Words
    """What it is called: a repository, a document, a standard."""
    kind: SourceKind
    """What sort of source it is; decides which statuses it can support."""
    revision: Words | None = None
    """The commit, edition or date that was read."""
    url: Words | None = None
    """Where it can be found."""
    note: Words | None = None
    """Anything a reader should know about it."""


def _listed(source: object) -> object:
    return (source,) if isinstance(source, str) else source


_ONE_OR_MORE = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
}
SourceNames = Annotated[tuple[Words, ...], Field(min_length=1), BeforeValidator(_listed), WithJsonSchema(_ONE_OR_MORE)]


class Stated(Strict):
    """Anything that can say how it is known; what says nothing inherits from the block around it."""

    #: Whether it claims something by itself, and so needs a status and a source.
    claims: ClassVar[bool] = False

    status: Status | None = None
    """How it is known: the vendor's own code, upstream code, measured, a third party's table, secondary, derived ..."""
    source: SourceNames | None = None
    """The source or sources it rests on, by their names under `sources`."""
    note: Words | None = None
    """Anything a reader should know about it."""

    @property
    def says_something(self) -> bool:
        """Whether there is anything here that needs a source."""
        return self.claims


class Conflict(Strict, Generic[T]):
    """Another value for the same thing, from another source."""

    value: T
    """What the other source says."""
    source: SourceNames
    """Who says it."""
    note: Words | None = None
    """Anything a reader should know about it."""


class Claim(Stated, Generic[T]):
    """One value with its status and source; alone, a value takes both from its block. `unknown` is no value."""

    claims: ClassVar[bool] = True

    value: T | None = None
    """What is claimed; absent where it is unknown, or where sources conflict and none is to be preferred."""
    conflicts: tuple[Conflict[T], ...] = ()
    """What other sources say instead."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, data: Any) -> Any:
        if data == "unknown":
            return {"status": "unknown"}
        return data if isinstance(data, dict | Claim) else {"value": data}

    @model_validator(mode="after")
    def _value_or_not(self) -> Claim[T]:
        if self.status == "unknown" and self.value is not None:
            raise ValueError("is unknown and yet has a value: delete one of them")
        if self.status == "conflict" and (self.value is not None or len(self.conflicts) < 2):
            raise ValueError("has the status conflict: give no value, and at least two under `conflicts`")
        if self.value is None and self.status not in ("unknown", "conflict"):
            raise ValueError("has no value: give one, or write `unknown`")
        return self

    @property
    def says_something(self) -> bool:
        """Whether a value is claimed."""
        return self.value is not None

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> Any:
        """The full form, the value alone, and the word ``unknown``."""
        full = handler.resolve_ref_schema(handler(core_schema))
        alternatives = [s for s in full["properties"]["value"].get("anyOf", []) if s.get("type") != "null"]
        return {"anyOf": [full, *alternatives, {"const": "unknown"}], "description": full.get("description", "")}


@dataclass(frozen=True)
class Statement:
    """One model of a profile in its place, with the status and source that hold for it, its own or inherited."""

    path: tuple[str | int, ...]
    model: Stated
    status: str | None
    source: tuple[str, ...]


def statements(model: BaseModel) -> Iterator[Statement]:
    """Every place in a profile that can state something, outermost first."""
    yield from _walk(model, (), None, ())


def _walk(
    value: object, path: tuple[str | int, ...], status: str | None, source: tuple[str, ...]
) -> Iterator[Statement]:
    if isinstance(value, Stated):
        status, source = value.status or status, value.source or source
        yield Statement(path, value, status, source)
    if isinstance(value, BaseModel):
        for name in (*type(value).model_fields, *(value.model_extra or {})):
            yield from _walk(getattr(value, name), (*path, name), status, source)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _walk(item, (*path, name), status, source)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _walk(item, (*path, index), status, source)


def says_something(value: object) -> bool:
    """Whether there is a claim in a part of a profile, or a plain value where it holds no claims."""
    if not isinstance(value, BaseModel):
        return bool(value)
    claims = [said.model for said in statements(value) if said.model.claims]
    return any(model.says_something for model in claims) if claims else bool(value.model_fields_set)


def model_within(annotation: Any) -> type[BaseModel] | None:
    """The model a field holds, also where it may be absent; ``None`` for a field of plain values."""
    options = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), None)
