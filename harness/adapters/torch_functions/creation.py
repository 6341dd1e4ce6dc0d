"""Tensors made of arguments alone, by torch's own functions, in the dtype asked for.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.compositions import creation
from harness.adapters.spelling import Example, Spelling


def _arange(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    return (xp.arange(given.get("start", 0), given["stop"], given.get("step", 1), dtype=results[0]),)


def _linspace(xp: Any, inputs: Sequence[Any], given: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    options = {"dtype": results[0], "endpoint": given.get("endpoint", True)}
    return (xp.linspace(given["start"], given["stop"], given["num"], **options),)


OPERATIONS: Mapping[str, Spelling] = {
    **creation.OPERATIONS,
    "arange": Spelling(_arange, Example((), ((1,),), {"stop": 1})),
    "linspace": Spelling(_linspace, Example((), ((1,),), {"start": 1, "stop": 1, "num": 1})),
}
