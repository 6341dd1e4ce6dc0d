"""How a report takes what it is given: figures of evidence as numbers, and text that cannot play tricks."""

from __future__ import annotations

import math
import re

# Control characters, lone surrogates, non-characters, and the marks that change the order in which text is shown.
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff"
    "\ufffe\uffff]"
)


def printable(text: str) -> str:
    """Text as it can be shown anywhere: what no reader could see or trust becomes U+FFFD."""
    return _UNSHOWABLE.sub("\ufffd", text)


def figure(word: str) -> float | None:
    """A hexadecimal float of evidence; infinity for one that is no number or too large, ``None`` for any other word."""
    try:
        value = float.fromhex(word)
    except ValueError:
        return None
    except OverflowError:
        return math.inf
    return math.inf if math.isnan(value) else value
