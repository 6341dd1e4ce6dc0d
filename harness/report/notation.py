"""How a report writes what it is given: grouped numbers, hexadecimal floats, and text that cannot play tricks."""

from __future__ import annotations

import re

# Control characters, lone surrogates, non-characters, and the marks that change the order in which text is shown.
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff"
    "\ufffe\uffff]"
)
_HEXADECIMAL = re.compile(r"[+-]?0x[0-9a-f]+(\.[0-9a-f]*)?p[+-]?[0-9]+", re.IGNORECASE)

#: No single value of a report is longer.
LONGEST = 400


def printable(text: str) -> str:
    """Text as it can be shown anywhere: what no reader could see or trust becomes U+FFFD."""
    return _UNSHOWABLE.sub("\ufffd", text)


def short(text: str) -> str:
    """At most ``LONGEST`` characters of a text, an ellipsis saying where it was cut."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def grouped(number: int) -> str:
    """An integer in groups of three digits (ISO 80000-1, 7.3.1), held together by narrow no-break spaces."""
    return f"{number:,}".replace(",", "\u202f")


def as_float(word: str) -> float | None:
    """The value of a hexadecimal float of evidence, or of ``inf``; ``None`` for any other word."""
    if word in ("inf", "+inf", "-inf"):
        return float(word)
    if not _HEXADECIMAL.fullmatch(word):
        return None
    try:
        return float.fromhex(word)
    except OverflowError:
        return None


def decimal(word: str) -> str:
    """A hexadecimal float with nine significant decimal digits for people; any other word as it is."""
    value = as_float(word)
    return short(word) if value is None else f"{value:.9g}"


def css_string(text: str) -> str:
    """Text inside a CSS string, every character but letters, digits and spaces escaped (CSS Syntax 3, 4.3.7)."""
    return "".join(c if c == " " or (c.isascii() and c.isalnum()) else f"\\{ord(c):x} " for c in printable(text))
