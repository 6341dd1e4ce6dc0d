"""What ONNX's Conv is, for any operands: the inner product of each window with each kernel of its group."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.oracle.reference.matrix_products import Known, Product, evaluate
from harness.oracle.reference.windows import windows_of

Array = NDArray[Any]


def convolve(operands: Sequence[Array], attributes: Mapping[str, Any], *, exactly: bool) -> Known:
    """The result's elements from X, W and, where it is given, B, all in float64; pads count as zeros.

    ``exactly`` where float64 would not be exact enough.
    """
    x, w, *bias = operands
    group = attributes.get("group", 1)
    images, _, *lengths = x.shape
    features, depth, *kernel = w.shape
    windows = windows_of(lengths, kernel, attributes)
    flat = x.reshape(images, group, depth, math.prod(lengths))
    held = np.where(windows.inside, flat[..., windows.index], 0.0)
    number, places = windows.index.shape
    left = held.transpose(1, 0, 3, 2, 4).reshape(group, images * number, depth * places)
    right = w.reshape(group, features // group, depth * places).transpose(0, 2, 1)
    added = bias[0].reshape(group, 1, features // group) if bias else None
    known = evaluate(Product(left, right, added), exactly=exactly)

    def placed(values: Array) -> Array:
        found = values.reshape(group, images, number, features // group).transpose(1, 0, 3, 2)
        return found.reshape(images, features, *windows.counts)

    return replace(
        known,
        value=placed(known.value),
        magnitude=placed(known.magnitude),
        terms=placed(known.terms),
        open_sign=placed(known.open_sign),
    )
