"""Keeps the arrays of failing cases in the bundle: a bounded number, each of bounded size."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.files import write_atomic
from harness.oracle.rules import Finding

#: A failing case whose arrays take more is not kept: its seed makes them again.
LARGEST_KEPT = 1 << 20


class FailureKeeper:
    """Keeps up to ``room`` failing cases of one life as ``failures/SEQ.npz``, for tools other than Assay."""

    def __init__(self, folder: Path, room: int) -> None:
        self.folder = folder
        self.room = room

    def __call__(self, seq: int, finding: Finding) -> str:
        """Keep a finding's arrays and return the file's name in the bundle; nothing where there are none or no room."""
        arrays = {name: np.asarray(value) for name, value in finding.kept.items()}
        if not arrays or self.room <= 0 or sum(array.nbytes for array in arrays.values()) > LARGEST_KEPT:
            return ""
        packed = io.BytesIO()
        portable: dict[str, Any] = {name: _portable(array) for name, array in arrays.items()}
        np.savez(packed, **portable)
        write_atomic(self.folder / f"{seq}.npz", packed.getvalue())
        self.room -= 1
        return f"failures/{seq}.npz"


def _portable(array: NDArray[Any]) -> NDArray[Any]:
    """An array as plain numpy can load it: types numpy does not have are kept as unsigned integers of their bits."""
    return array if array.dtype.isbuiltin == 1 else array.view(f"u{array.dtype.itemsize}")
