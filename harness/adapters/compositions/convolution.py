"""Conv in the names of the Python array API: windows as rows of a matrix, times the kernels.

16-bit operands are computed with in float32, and rounded once. This file travels to the far side of a place: Python
3.8 or later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from harness.adapters.compositions.windows import windows
from harness.adapters.spelling import Example, Spelling


def _conv(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
    wide = xp.float64 if results[0] == xp.float64 else xp.float32
    x, w, *bias = [xp.astype(array, wide) for array in inputs]
    group = attributes.get("group", 1)
    features, depth, *kernel = w.shape
    images = x.shape[0]
    held = windows(xp, x, kernel, attributes, 0)
    counts, places = held.shape[2:-1], held.shape[-1]
    number = math.prod(counts)
    held = xp.reshape(held, (images, group, depth, number, places))
    rows = xp.reshape(xp.permute_dims(held, (0, 1, 3, 2, 4)), (images, group, number, depth * places))
    columns = xp.matrix_transpose(xp.reshape(w, (group, features // group, depth * places)))
    found = xp.reshape(xp.matrix_transpose(xp.matmul(rows, columns)), (images, features, *counts))
    if bias:
        found = found + xp.reshape(bias[0], (features,) + (1,) * len(counts))
    return (xp.astype(found, results[0]),)


OPERATIONS: Mapping[str, Spelling] = {
    "Conv": Spelling(_conv, Example(((1, 1, 1), (1, 1, 1), (1,)), ((1, 1, 1),)), least=2),
}
