"""The words of every report, in Chinese and English from one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.documents import Document, read_yaml
from harness.errors import DocumentError, InternalError
from harness.interface.requirement import Text
from harness.report.notation import grouped
from harness.resources import reports_folder

WORDS = "words.yaml"
_REMEDY = "give every phrase zh and en (and en_one where the English for one thing differs), and nothing else"


@dataclass(frozen=True)
class Phrase:
    """One phrase: ``en_one`` is its English where its number ``n`` is one."""

    zh: str
    en: str
    en_one: str


class Words:
    """Phrases by dotted key."""

    def __init__(self, phrases: Mapping[str, Phrase]) -> None:
        self.phrases = phrases

    def __contains__(self, key: str) -> bool:
        return key in self.phrases

    def say(self, key: str, **values: object) -> Text:
        """A phrase in both languages, its places filled; integers are grouped, a ``Text`` keeps to its language."""
        phrase = self.phrases.get(key)
        if phrase is None:
            raise InternalError(f"reports have no words for {key!r}", remedy=f"add it to {WORDS}, in both languages")
        english = phrase.en_one if values.get("n") == 1 else phrase.en
        return Text(
            en=english.format_map({name: _shown(value, "en") for name, value in values.items()}),
            zh=phrase.zh.format_map({name: _shown(value, "zh") for name, value in values.items()}),
        )


def _shown(value: object, language: str) -> str:
    if isinstance(value, Text):
        return value.zh if language == "zh" else value.en
    if isinstance(value, int):
        return grouped(value)
    return str(value)


@lru_cache(maxsize=1)
def load_words() -> Words:
    """The words that come with Assay."""
    return read_words(reports_folder() / WORDS)


def read_words(source: Path | bytes) -> Words:
    """Read a file of phrases; raises ``DocumentError`` with the line of any that lacks a language."""
    document = read_yaml(source, WORDS if isinstance(source, bytes) else None)
    problems: list[str] = []
    phrases = dict(_phrases(document, document.data, (), problems))
    if problems:
        raise DocumentError(problems, remedy=_REMEDY)
    return Words(phrases)


def _phrases(
    document: Document, value: Any, path: tuple[str, ...], problems: list[str]
) -> Iterator[tuple[str, Phrase]]:
    match value:
        case {"zh": str(zh), "en": str(en), **rest} if not rest:
            yield ".".join(path), Phrase(zh, en, en)
        case {"zh": str(zh), "en": str(en), "en_one": str(one), **rest} if not rest:
            yield ".".join(path), Phrase(zh, en, one)
        case dict() if value and not {"zh", "en", "en_one"} & set(value):
            for key, inner in value.items():
                yield from _phrases(document, inner, (*path, key), problems)
        case _:
            problems.append(document.problem(path, f"{'.'.join(path) or 'the file'} is no phrase in both languages"))
