"""A whole profile as its file states it, read with every problem reported at once, each with its line."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from harness.documents import Document
from harness.errors import ProfileError
from harness.profile.arithmetic import ArithmeticSection
from harness.profile.claim import Source, Strict
from harness.profile.conduct import Assumption
from harness.profile.hardware import Execution, Identity, Memory, PowerSection, Product, Rates
from harness.profile.quantity import Duration
from harness.profile.software import Quirk, Software, Version

PROFILE_ID = r"^[a-z0-9][a-z0-9-]{0,63}/[a-z0-9][a-z0-9.-]{0,63}$"
PROBLEMS_SHOWN = 50
EMPTY = (
    "is empty: write `unknown`, or delete it (a comma ends a value inside {...}: a sentence with commas goes in quotes)"
)


class Simulation(Strict):
    """What a simulation has to assume, because nobody says; shown in every report of a simulated run."""

    assumes: dict[str, Assumption] = Field(default_factory=dict)
    """By unit: an instruction, `vector`, or `vector/DTYPE`."""
    launch_cost: Duration | None = None
    """What one launch is taken to cost."""


class Declaration(Strict):
    """What a vendor claims, or others found, about one product: every claim with its status and source."""

    profile: Annotated[str, Field(pattern=PROFILE_ID)]
    """The profile's id, `VENDOR/PRODUCT`, which is also its path."""
    version: Version
    """The version of this profile, in quotes."""
    kind: Literal["accelerator", "processor"]
    """Whether it is an accelerator or a processor (CPU)."""
    product: Product
    """What the product is called."""
    sources: dict[str, Source]
    """What the claims rest on; every claim names one of these."""
    identity: Identity = Identity()
    """How a machine recognises the product."""
    execution: Execution = Execution()
    """What computes, and how many of it there are."""
    memory: Memory = Memory()
    """Memories, by the place they have."""
    arithmetic: ArithmeticSection = ArithmeticSection()
    """How the product computes."""
    rates: Rates = Rates()
    """Peak rates, by format."""
    power: PowerSection = PowerSection()
    """What it draws."""
    software: Software = Software()
    """The software it comes with."""
    quirks: tuple[Quirk, ...] = ()
    """Known traps."""
    simulation: Simulation = Simulation()
    """What a simulation has to assume."""


def read_declaration(document: Document) -> Declaration:
    """The declaration a document holds; raises ``ProfileError`` with one problem a line, in the order of the file."""
    empty = list(_empty(document.data, ()))
    problems = [(path, EMPTY) for path in empty]
    try:
        declaration = Declaration.model_validate(_frozen(document.data))
    except ValidationError as error:
        found = error.errors(include_url=False)
        problems += [(_place(details), _sentence(details)) for details in found if details["loc"] not in empty]
        raise refusal(document, problems) from None
    if problems:
        raise refusal(document, problems)
    return declaration


def _empty(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """The places where nothing is written."""
    if value is None:
        yield path
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _empty(item, (*path, key))


def _frozen(value: Any) -> Any:
    """The same data with tuples for lists, as the models hold them."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def refusal(document: Document, problems: list[tuple[tuple[str | int, ...], str]]) -> ProfileError:
    """The error that lists these problems, each ``(path, sentence)``, by line."""
    ordered = sorted({(document.line(path), _show(path), what) for path, what in problems})
    lines = [f"{document.name}:{line}: {path}{' ' if path else ''}{what}" for line, path, what in ordered]
    if len(lines) > PROBLEMS_SHOWN:
        more = (
            f"{document.name}:{ordered[PROBLEMS_SHOWN][0]}: and {len(lines) - PROBLEMS_SHOWN} more problems from here"
        )
        lines = [*lines[:PROBLEMS_SHOWN], more]
    return ProfileError(lines, remedy="correct these lines; `assay profile lint` checks the file again")


def _show(path: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in path)[:200]


def _place(details: ErrorDetails) -> tuple[str | int, ...]:
    """Where the problem is: of a missing or unknown field, the block around it resp. the field itself."""
    location = tuple(details["loc"])
    return location[:-1] if details["type"] == "missing" else location


def _sentence(details: ErrorDetails) -> str:
    kind, given = details["type"], details["input"]
    field = str(details["loc"][-1]) if details["loc"] else "profile"
    if kind == "missing":
        return f"lacks the field {field!r}"
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(field, _field_names(), 1)
        return "is not a field here" + (f"; did you mean {near[0]!r}?" if near else "")
    if kind == "string_type" and isinstance(given, int | float):
        return f"is read as {json.dumps(given)}, not as text: put it in quotes"
    if kind == "value_error":
        return str(details["msg"]).removeprefix("Value error, ")
    message = details["msg"][0].lower() + details["msg"][1:]
    return f"is {_short(given)}: {message}"


def _short(given: Any) -> str:
    if isinstance(given, dict | tuple):
        return "a block" if isinstance(given, dict) else "a list"
    text = json.dumps(given, ensure_ascii=False, default=str)
    return text if len(text) <= 48 else text[:45] + "..."


@lru_cache(maxsize=1)
def _field_names() -> tuple[str, ...]:
    """Every field of every block of a profile."""
    schema = Declaration.model_json_schema()
    models = (schema, *schema["$defs"].values())
    return tuple(sorted({name for model in models for name in model.get("properties", {})}))
