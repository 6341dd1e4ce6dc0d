"""Numbers as chapters spell them: symbols for what YAML has no spelling for, hexadecimal for what must be exact."""

from __future__ import annotations

from typing import Any

_SYMBOLS = {"nan": "nan", "+inf": "inf", "-inf": "-inf", "+0": "0.0", "-0": "-0.0"}


def number(value: Any) -> float:
    """The number a chapter means by a value; raises ``ValueError`` for one that means none."""
    if isinstance(value, bool):
        raise ValueError("a truth value is no number")  # noqa: TRY004  to its caller, what no number can be read from
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        if value in _SYMBOLS:
            return float(_SYMBOLS[value])
        try:
            return float.fromhex(value) if value.lstrip("+-").startswith("0x") else float(value)
        except OverflowError:
            raise ValueError(f"{value!r} is beyond any double") from None
    raise ValueError(f"{value!r} is no number")
