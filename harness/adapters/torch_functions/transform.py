"""Fourier transforms by ``torch.fft``.

This file travels to the far side of a place: torch only, Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from harness.adapters.compositions.transform import OPERATIONS as COMPOSED
from harness.adapters.spelling import Spelling


def _transform(name: str) -> Spelling:
    def compute(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        function = getattr(torch.fft, name)
        axis, norm = attributes.get("axis", -1), attributes.get("norm", "backward")
        return (function(inputs[0], n=attributes.get("n"), dim=axis, norm=norm),)

    return Spelling(compute, COMPOSED[name].example)


OPERATIONS: Mapping[str, Spelling] = {name: _transform(name) for name in COMPOSED}
