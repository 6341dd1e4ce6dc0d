"""Element types by name, on both sides of the seam.

Names are those of numpy and of ``ml_dtypes`` (``float32``, ``bfloat16``, ``float8_e4m3fn`` ...). A far side without
``ml_dtypes`` simply does not know the names that come from it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np


@lru_cache(maxsize=None)
def numpy_dtype(name: str) -> np.dtype[Any]:
    """The numpy dtype of an element type; raises ``KeyError`` for a name that is not known here."""
    if name in _NATIVE:
        return np.dtype(name)
    try:
        import ml_dtypes
    except ImportError:
        raise KeyError(name) from None
    if name not in _EXTENDED:
        raise KeyError(name)
    found: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name))
    return found


_NATIVE = frozenset(
    [
        *["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"],
        *["float16", "float32", "float64", "complex64", "complex128"],
    ]
)
_EXTENDED = frozenset(
    [
        *["bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"],
        *["float6_e2m3fn", "float6_e3m2fn", "float4_e2m1fn", "int4", "uint4"],
    ]
)
