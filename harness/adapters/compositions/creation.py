"""Tensors made of arguments alone, spelled in the names of the array API.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.spelling import Example, Spelling


def is_short(dtype: Any) -> bool:
    """Whether a dtype is a floating-point format of 16 bits."""
    return str(dtype).endswith("float16")


def _filled(name: str, attributes: Mapping[str, Any]) -> Spelling:
    def compute(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        value = (given["fill_value"],) if name == "full" else ()
        return (getattr(xp, name)(tuple(given["shape"]), *value, dtype=results[0]),)

    return Spelling(compute, Example((), ((1,),), attributes))


def _eye(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    return (xp.eye(given["n_rows"], given.get("n_cols"), k=given.get("k", 0), dtype=results[0]),)


def _wide(xp: Any, dtype: Any) -> Any:
    """The format that values are made in: formats of 16 bits are rounded to once, at the end."""
    return xp.float32 if is_short(dtype) else dtype


def _arange(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    found = xp.arange(given.get("start", 0), given["stop"], given.get("step", 1), dtype=_wide(xp, results[0]))
    return (xp.astype(found, results[0]),)


def _linspace(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    options = {"dtype": _wide(xp, results[0]), "endpoint": given.get("endpoint", True)}
    return (xp.astype(xp.linspace(given["start"], given["stop"], given["num"], **options), results[0]),)


OPERATIONS: Mapping[str, Spelling] = {
    "full": _filled("full", {"shape": [1], "fill_value": 1}),
    "zeros": _filled("zeros", {"shape": [1]}),
    "ones": _filled("ones", {"shape": [1]}),
    "eye": Spelling(_eye, Example((), ((1, 1),), {"n_rows": 1, "n_cols": 1})),
    "arange": Spelling(_arange, Example((), ((1,),), {"stop": 1})),
    "linspace": Spelling(_linspace, Example((), ((1,),), {"start": 1, "stop": 1, "num": 1})),
}
