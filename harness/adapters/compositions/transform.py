"""Fourier transforms, of the Python array API's extension ``fft``.

This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.spelling import Example, Spelling


def _transform(name: str) -> Spelling:
    def compute(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        options = {
            "n": attributes.get("n"),
            "axis": attributes.get("axis", -1),
            "norm": attributes.get("norm", "backward"),
        }
        return (getattr(xp.fft, name)(inputs[0], **options),)

    length = {"rfft": ((1,), (1,)), "irfft": ((2,), (2,))}.get(name, ((1,), (1,)))
    return Spelling(compute, Example((length[0],), (length[1],)))


OPERATIONS: Mapping[str, Spelling] = {name: _transform(name) for name in ("fft", "ifft", "rfft", "irfft")}
