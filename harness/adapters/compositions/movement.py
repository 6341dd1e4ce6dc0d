"""Operations that move elements, spelled in the names of the array API.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Tuple

from harness.adapters.spelling import Example, Spelling


def tuples(value: Any) -> Any:
    """A list as the tuple that libraries ask for; anything else as it is."""
    return tuple(value) if isinstance(value, list) else value


def _joined(name: str, out: Tuple[int, ...]) -> Spelling:
    def compute(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        return (getattr(xp, name)(list(inputs), axis=given.get("axis", 0)),)

    return Spelling(compute, Example(((1,), (1,), (1,)), (out,)))


def _moved(
    name: str, arguments: Tuple[str, ...], options: Tuple[str, ...] = (), shape: Any = (1,), example: Any = None
) -> Spelling:
    """One operand, attributes by place, and further ones by name where they are given."""

    def compute(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        function: Callable[..., Any] = getattr(xp, name)
        named = {option: tuples(given[option]) for option in options if option in given}
        return (function(inputs[0], *(tuples(given[argument]) for argument in arguments), **named),)

    return Spelling(compute, Example((shape,), (shape,), example or {}))


OPERATIONS: Mapping[str, Spelling] = {
    "concat": _joined("concat", (3,)),
    "stack": _joined("stack", (3, 1)),
    "permute_dims": _moved("permute_dims", ("axes",), example={"axes": [0]}),
    "flip": _moved("flip", (), ("axis",)),
    "roll": _moved("roll", ("shift",), ("axis",), example={"shift": 1}),
    "tile": _moved("tile", ("repetitions",), example={"repetitions": [1]}),
    "repeat": _moved("repeat", ("repeats",), ("axis",), example={"repeats": 1}),
    "reshape": _moved("reshape", ("shape",), example={"shape": [1]}),
    "broadcast_to": _moved("broadcast_to", ("shape",), example={"shape": [1]}),
    "tril": _moved("tril", (), ("k",), (1, 1)),
    "triu": _moved("triu", (), ("k",), (1, 1)),
}
