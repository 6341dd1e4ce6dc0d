"""Files written by people, read strictly: YAML 1.2 as plain data, with the line of every value.

YAML's core schema and nothing else: no tags, no anchors, no second document, no key twice. What one reader could
take for something else than another does is refused, with file and line.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml
import yamlcore  # type: ignore[import-untyped]

from harness.canonical import LARGEST_INTEGER, canonical_json, parse_json
from harness.errors import DocumentError
from harness.files import check_size, read_bounded, write_atomic

__all__ = ["Document", "canonical_json", "parse_json", "read_yaml", "write_atomic"]

#: The place of a value in a document: keys of mappings and indices of lists, from the top.
Where = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A file as plain data: mappings, lists, strings, integers, floats, booleans, None.

    ``source`` holds its bytes and ``digest`` their SHA-256 in hexadecimal. ``name`` is how messages call it.
    """

    name: str
    data: Any
    source: bytes = field(repr=False)
    digest: str
    lines: Mapping[Where, int] = field(repr=False, default_factory=dict)

    def line(self, path: Where) -> int:
        """The line, from 1, of the value at ``path``; of the nearest enclosing value where there is none there."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1

    def problem(self, path: Where, what: str) -> str:
        """``FILE:LINE: what``, as ``DocumentError`` wants its problems."""
        return f"{self.name}:{self.line(path)}: {what}"


def read_yaml(
    source: Path | bytes,
    name: str | None = None,
    *,
    limit_bytes: int = 1 << 20,
    limit_depth: int = 32,
    limit_nodes: int = 50_000,
) -> Document:
    """Read one strict YAML 1.2 document from a file or from bytes; raises ``DocumentError`` with file and line.

    Beyond the limits a document is refused before more of it is read. Special floats are refused too: a file that
    needs them writes them as strings, and whoever reads it says which words it takes.
    """
    if isinstance(source, bytes):
        name, data = name or "document", check_size(source, name or "document", limit_bytes)
    else:
        name, data = name or str(source), read_bounded(source, limit_bytes)
    reader = _Reader(name, limit_depth, limit_nodes)
    value = reader.read(_text(name, data))
    return Document(name, value, data, hashlib.sha256(data).hexdigest(), reader.lines)


# Besides control characters: the byte order mark, line breaks that YAML 1.1 and 1.2 disagree on, and the marks that
# make text look as if it stood in another order.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


def _text(name: str, data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(name, data.count(b"\n", 0, error.start) + 1, "is not UTF-8", "save the file as UTF-8")
    found = _FORBIDDEN.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        _refuse(name, line, f"holds the character U+{ord(found[0]):04X}", "delete it; save as UTF-8 without a mark")
    return text


class _Reader:
    """One pass over the parser's events, which are not recursive, building data and lines together."""

    def __init__(self, name: str, limit_depth: int, limit_nodes: int) -> None:
        self.name = name
        self.limit_depth = limit_depth
        self.nodes_left = limit_nodes
        self.lines: dict[Where, int] = {}
        self.scalars: Any = None
        self.events: Iterator[Any] = iter(())

    def read(self, text: str) -> Any:
        self.scalars = yamlcore.CCoreLoader("")
        self.events = yaml.parse(text, Loader=yaml.CBaseLoader)
        try:
            return self._stream()
        except yaml.MarkedYAMLError as error:
            if "nesting depth" in (error.problem or ""):  # the parser's own limit, met before any event is seen
                _refuse(
                    self.name, _line_of(error, text), f"is nested deeper than {self.limit_depth} levels", "flatten it"
                )
            self._refuse_line(_line_of(error, text), f"is not YAML: {_said(error)}")
        except yaml.YAMLError as error:
            self._refuse_line(1, f"is not YAML: {error}")
        finally:
            self.scalars.dispose()

    def _stream(self) -> Any:
        next(self.events)
        start = next(self.events)
        if isinstance(start, yaml.StreamEndEvent):
            self._refuse_line(1, "is empty")
        if start.tags or start.version not in (None, (1, 2)):
            self._refuse_event(start, "has a directive", "delete lines beginning with %: this is YAML 1.2 without tags")
        value = self._value(next(self.events), ())
        next(self.events)
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse_event(after, "begins a second document", "keep one document in a file")
        return value

    def _value(self, event: Any, path: Where) -> Any:
        self.nodes_left -= 1
        if self.nodes_left < 0:
            self._refuse_event(event, "has too many values", "check that this is the file you meant")
        if isinstance(event, yaml.AliasEvent):
            self._refuse_event(event, "uses an alias", "write the value out")
        if event.anchor is not None:
            self._refuse_event(event, "sets an anchor", "write the value out where it is used")
        if event.tag is not None:
            self._refuse_event(event, f"has the tag {event.tag[:80]!r}", "delete the tag: files here are plain data")
        self.lines.setdefault(path, event.start_mark.line + 1)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if len(path) >= self.limit_depth:
            self._refuse_event(event, f"is nested deeper than {self.limit_depth} levels", "flatten it")
        return self._list(path) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path)

    def _list(self, path: Where) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Where) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._value(event, path) if isinstance(event, yaml.ScalarEvent) else None
            if not isinstance(key, str):
                self._refuse_event(event, "has a key that is not a string", "put the key in quotes")
            if key in found:
                first = self.lines[(*path, key)]
                self._refuse_event(event, f"has the key {key[:80]!r} again, first on line {first}", "keep one of them")
            self.lines[(*path, key)] = event.start_mark.line + 1
            found[key] = self._value(next(self.events), (*path, key))
        return found

    def _scalar(self, event: Any) -> Any:
        if not event.implicit[0]:
            tag = "tag:yaml.org,2002:str"
        else:
            tag = self.scalars.resolve(yaml.ScalarNode, event.value, event.implicit)
        if tag.endswith(":int") and len(event.value) > 20:
            self._refuse_integer(event)
        value = self.scalars.construct_object(yaml.ScalarNode(tag, event.value, event.start_mark))
        if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
            self._refuse_integer(event)
        if isinstance(value, float) and not math.isfinite(value):
            self._refuse_event(event, f"holds {event.value[:24]}, which is no finite number", "put it in quotes")
        if isinstance(value, str) and (found := _FORBIDDEN.search(value)):
            self._refuse_event(event, f"holds the character U+{ord(found[0]):04X}", "delete the escape")
        return value

    def _refuse_integer(self, event: Any) -> NoReturn:
        self._refuse_event(event, f"holds the integer {event.value[:24]}, beyond 2**53 - 1", "put it in quotes")

    def _refuse_event(self, event: Any, what: str, remedy: str) -> NoReturn:
        _refuse(self.name, event.start_mark.line + 1, what, remedy)

    def _refuse_line(self, line: int, what: str) -> NoReturn:
        _refuse(self.name, line, what, "correct the file")


def _line_of(error: yaml.MarkedYAMLError, text: str) -> int:
    """The line of a parser's complaint; what it misses at the very end it misses on the last line."""
    mark = error.problem_mark or error.context_mark
    return min(mark.line + 1, max(len(text.splitlines()), 1)) if mark else 1


def _said(error: yaml.MarkedYAMLError) -> str:
    begun = f" (begun on line {error.context_mark.line + 1})" if error.context_mark else ""
    return f"{error.context or ''} {error.problem or ''}".strip() + begun


def _refuse(name: str, line: int, what: str, remedy: str) -> NoReturn:
    raise DocumentError([f"{name}:{line}: {what}"], remedy=remedy)
