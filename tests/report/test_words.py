"""Words: every phrase in both languages, none missing, none left over."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import harness.report
from harness.errors import DocumentError
from harness.report import words as words_module
from harness.report.words import load_words
from harness.resources import reports_folder


def sources() -> str:
    """All code and templates that name phrases."""
    code = [path.read_text(encoding="utf-8") for path in Path(harness.report.__file__).parent.glob("*.py")]
    return "".join(code) + (reports_folder() / "report.html.j2").read_text(encoding="utf-8")


def places(text: str) -> set[str]:
    """The names of a phrase's places."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_places() -> None:
    assert {key: places(text.en) for key, text in load_words().items()} == {
        key: places(text.zh) for key, text in load_words().items()
    }


def test_no_phrase_is_left_over() -> None:
    said = sources()
    begun = re.findall(r'f?"([a-z.-]+\.)(?:"|\{)', said)
    unused = [key for key in load_words() if f'"{key}"' not in said and not any(key.startswith(b) for b in begun)]
    assert unused == []


def test_chinese_is_written_with_chinese_punctuation() -> None:
    odd = {
        key: text.zh for key, text in load_words().items() if re.search(r"[\u4e00-\u9fff][,;:!?]|[，；。：] ", text.zh)
    }
    assert odd == {}


@pytest.mark.parametrize(
    "phrase", ["one: {en: x}", "one: {zh: x}", "one: {en: x, zh: ''}", "one: {en: x, zh: y, de: z}"]
)
def test_a_phrase_without_a_language_is_refused_with_its_line(
    phrase: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "words.yaml").write_text(phrase, encoding="utf-8")
    monkeypatch.setattr(words_module, "reports_folder", lambda: tmp_path)
    with pytest.raises(DocumentError, match=r"words.yaml:1: one must have en and zh"):
        load_words.__wrapped__()
