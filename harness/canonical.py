"""JSON in one spelling (RFC 8785), and a reader that refuses what could be read in two ways (RFC 7493, I-JSON)."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any

from harness.errors import DocumentError, InternalError
from harness.files import check_size

#: Integers beyond this are not exact in a double, and therefore not the same to every reader of JSON.
LARGEST_INTEGER = 2**53 - 1


def canonical_json(value: Any) -> bytes:
    """The one spelling of a value, ready to be hashed or signed; raises ``InternalError`` where there is none."""
    import rfc8785

    try:
        return bytes(rfc8785.dumps(value))
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise InternalError(f"this value has no canonical JSON: {error}") from error


def parse_json(data: bytes, *, limit_bytes: int = 1 << 20, limit_depth: int = 64, name: str = "JSON") -> Any:
    """The value of one strict JSON text; raises ``DocumentError`` with ``name`` and the line.

    Refused: more than ``limit_bytes``, nesting deeper than ``limit_depth``, duplicate keys, NaN and infinities,
    numbers a double cannot hold, lone surrogates, anything after the value.
    """
    check_size(data, name, limit_bytes)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused(name, data, error.start, "is not UTF-8") from error
    _check_depth(name, data, limit_depth)
    try:
        value = _DECODER.decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise _refused(name, text.encode(), len(text[: error.pos].encode()), f"is not JSON: {error.msg}") from error
    except UnicodeEncodeError as error:
        raise _refused(name, data, 0, "holds half of a surrogate pair, which is no character") from error
    except _Refusal as error:
        raise _refused(name, data, 0, str(error)) from error
    return value


# A string counts as one token even where it never ends, so that the scan stays linear in the length of the text.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)


def _check_depth(name: str, data: bytes, limit: int) -> None:
    """Refuse deep nesting before the decoder, which is recursive, sees it."""
    depth = 0
    for token in _TOKEN.finditer(data):
        first = token[0][:1]
        if first in b"[{":
            depth += 1
            if depth > limit:
                raise _refused(name, data, token.start(), f"is nested deeper than {limit} levels")
        elif first in b"]}":
            depth -= 1


class _Refusal(Exception):
    """Well-formed JSON that two readers could understand differently."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise _Refusal(f"has the key {twice[:80]!r} twice in one object")
    return found


def _integer(digits: str) -> int | float:
    """An integer; a longer one only where it is how RFC 8785 spells a float, which it then is."""
    if len(digits) <= len("-9007199254740991") and abs(int(digits)) <= LARGEST_INTEGER:
        return int(digits)
    if len(digits) <= len("-100000000000000000000") and canonical_json(float(digits)) == digits.encode():
        return float(digits)
    raise _Refusal(f"holds the integer {digits[:24]}, beyond 2**53 - 1; write it as a string")


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _Refusal(f"holds the number {digits[:24]}, which a double cannot hold")
    return value


def _constant(word: str) -> float:
    raise _Refusal(f"holds {word}, which is no JSON number; write it as a string")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_number, parse_constant=_constant
)


def _refused(name: str, data: bytes, position: int, what: str) -> DocumentError:
    line = data.count(b"\n", 0, position) + 1
    return DocumentError([f"{name}:{line}: {what}"], remedy="correct the file, or take the original")
