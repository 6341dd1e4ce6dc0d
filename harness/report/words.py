"""The words of reports in both languages, from one source."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from harness.documents import read_yaml
from harness.errors import DocumentError
from harness.interface.requirement import Text
from harness.resources import reports_folder


@lru_cache(maxsize=1)
def load_words() -> Mapping[str, Text]:
    """Every phrase by its key; raises ``DocumentError`` where one lacks a language."""
    document = read_yaml(reports_folder() / "words.yaml")
    words: dict[str, Text] = {}
    for key, value in document.data.items():
        match value:
            case {"en": str(en), "zh": str(zh), **rest} if en and zh and not rest:
                words[key] = Text(en, zh)
            case _:
                raise DocumentError([document.problem((key,), f"{key} must have en and zh")], remedy="write both")
    return words
