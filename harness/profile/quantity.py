"""Numbers with units, read exactly: ``64 KiB``, ``65520 MiB``, ``896 GB/s``, ``5 us``.

Prefixes follow IEC 80000-13: ``k M G T P`` are powers of 1000, ``Ki Mi Gi Ti`` powers of 1024.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema


@dataclass(frozen=True)
class Quantity:
    """A positive number with its unit: ``text`` as written, ``amount`` exactly, in the base ``unit`` (B, s ...)."""

    text: str
    amount: Fraction
    unit: str

    def __str__(self) -> str:
        return self.text


_DECIMAL = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_SMALL = {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 10**3), "": Fraction(1)}

#: What each kind of quantity is measured in: how a message calls it, an example, and every unit it may be written in.
SIZE = ("size", "64 KiB", "B", _DECIMAL | _BINARY)
BANDWIDTH = ("bandwidth", "896 GB/s", "B/s", _DECIMAL | _BINARY)
FLOP_RATE = ("rate", "192 TFLOP/s", "FLOP/s", _DECIMAL)
OP_RATE = ("rate", "392 TOP/s", "OP/s", _DECIMAL)
FREQUENCY = ("frequency", "875 MHz", "Hz", _DECIMAL)
DURATION = ("duration", "5 us", "s", _SMALL)
POWER = ("power", "350 W", "W", _DECIMAL)

_Dimension = tuple[str, str, str, Any]
_NUMBER = r"[0-9]{1,18}(?:\.[0-9]{1,9})?"


def parse_quantity(text: object, *dimensions: _Dimension) -> Quantity:
    """Read a quantity of one of the dimensions; raises ``ValueError`` that says how one is written.

    The number is positive, a plain decimal of at most 18 digits before and 9 after the point; one space; the unit.
    """
    what, example = dimensions[0][:2]
    match = re.fullmatch(rf"({_NUMBER}) (\S{{1,10}})", text, re.ASCII) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"is {str(text)[:40]!r}; a {what} is a positive number, a space and a unit, as in {example!r}")
    for _, _, unit, prefixes in dimensions:
        prefix = match[2].removesuffix(unit)
        if match[2].endswith(unit) and prefix in prefixes:
            amount = Fraction(match[1]) * prefixes[prefix]
            if amount <= 0:
                raise ValueError(f"is {text!r}; a {what} is more than zero")
            if unit == "B" and (amount.denominator != 1 or amount >= 2**63):
                raise ValueError(f"is {text!r}, which is no whole number of bytes below 2**63")
            return Quantity(str(text), amount, unit)
    units = ", ".join(prefix + unit for _, _, unit, prefixes in dimensions for prefix in prefixes)
    raise ValueError(f"has the unit {match[2]!r}; a {what} is written in one of {units}")


def _field(*dimensions: _Dimension) -> Any:
    """The metadata that makes a model's field read such a quantity, write it back, and explain it in JSON Schema."""
    units = "|".join(re.escape(prefix + unit) for _, _, unit, prefixes in dimensions for prefix in prefixes)
    schema = {
        "title": dimensions[0][0].capitalize(),
        "type": "string",
        "pattern": f"^{_NUMBER} ({units})$".replace(r"(?:", "("),
        "examples": [example for _, example, _, _ in dimensions],
    }
    return (
        PlainValidator(lambda text: parse_quantity(text, *dimensions)),
        PlainSerializer(lambda quantity: quantity.text, return_type=str),
        WithJsonSchema(schema),
    )


Size = Annotated[Quantity, *_field(SIZE)]
Bandwidth = Annotated[Quantity, *_field(BANDWIDTH)]
Rate = Annotated[Quantity, *_field(FLOP_RATE, OP_RATE)]
Frequency = Annotated[Quantity, *_field(FREQUENCY)]
Duration = Annotated[Quantity, *_field(DURATION)]
Power = Annotated[Quantity, *_field(POWER)]
