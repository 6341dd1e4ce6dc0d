"""Conversion to and from whole numbers of eight bits, in torch's elementwise functions.

``quantize_per_tensor`` and ``quantize_per_channel`` are another operation: they multiply with the reciprocal of the
scale, or round only after the zero point was added. This file travels to the far side of a place: Python 3.8 or later.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.adapters.compositions import quantization
from harness.adapters.spelling import Spelling

#: Each of them, by its name.
OPERATIONS: Mapping[str, Spelling] = quantization.OPERATIONS
