"""Attributes of a launch read strictly: what is missing, of the wrong kind or out of range is an invalid value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from harness.device.protocol import INVALID_VALUE, DeviceError

Attributes = Mapping[str, Any]


def refuse(said: str) -> NoReturn:
    """Refuse a launch as malformed."""
    raise DeviceError(INVALID_VALUE, said)


def is_whole(value: Any) -> bool:
    """Whether a value is an integer, and no truth value."""
    return isinstance(value, int) and not isinstance(value, bool)


def whole(attributes: Attributes, name: str, default: int | None = None, *, least: int | None = None) -> int:
    """An integer; without a default it must be there."""
    value = attributes.get(name, default)
    if not is_whole(value) or (least is not None and value < least):
        refuse(f"{name} is {value!r:.40}, not an integer" + ("" if least is None else f" of {least} or more"))
    return int(value)


def wholes(attributes: Attributes, name: str, *, least: int | None = None) -> tuple[int, ...]:
    """A list of integers."""
    values = attributes.get(name)
    if not isinstance(values, list | tuple) or not all(map(is_whole, values)):
        refuse(f"{name} is {values!r:.40}, not a list of integers")
    if least is not None and any(value < least for value in values):
        refuse(f"{name} has an element below {least}")
    return tuple(values)


def number(attributes: Attributes, name: str, default: float | None = None) -> int | float:
    """A number, integer or floating-point."""
    value = attributes.get(name, default)
    if not is_whole(value) and not isinstance(value, float):
        refuse(f"{name} is {value!r:.40}, not a number")
    return value  # type: ignore[no-any-return]


def flag(attributes: Attributes, name: str, *, default: bool) -> bool:
    """A truth value."""
    value = attributes.get(name, default)
    if not isinstance(value, bool):
        refuse(f"{name} is {value!r:.40}, not a truth value")
    return value


def switch(attributes: Attributes, name: str, default: int) -> bool:
    """A truth value written as 0 or 1, as ONNX has them."""
    value = whole(attributes, name, default)
    if value not in (0, 1):
        refuse(f"{name} is {value}, not 0 or 1")
    return value == 1


def word(attributes: Attributes, name: str, options: tuple[str, ...]) -> str:
    """One of some words, the first of them where none is given."""
    value = attributes.get(name, options[0])
    if value not in options:
        refuse(f"{name} is {value!r:.40}, none of {', '.join(options)}")
    return str(value)


def within(axis: Any, rank: int) -> int:
    """An axis counted from the front."""
    if not is_whole(axis) or not -rank <= axis < rank:
        refuse(f"axis {axis!r:.40} of a tensor of rank {rank}")
    return int(axis % rank)


def axes(attributes: Attributes, rank: int, name: str = "axis") -> tuple[int, ...]:
    """One axis or several, no two of them the same; all of them for ``None``."""
    value = attributes.get(name)
    if value is None:
        return tuple(range(rank))
    return tuple(within(axis, rank) for axis in (value if isinstance(value, list | tuple) else [value]))
