"""JAX as a device: the array API of ``jax.numpy``, one call a launch, on the processor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.adapters import array_operations
from harness.adapters.compositions import scans, sorting
from harness.adapters.library import LibraryDevice
from harness.adapters.numpy import NumpyLibrary
from harness.adapters.spelling import Spelling
from harness.adapters.synchronous import SynchronousStreams


def open_jax(profile: object = None) -> LibraryDevice:
    """JAX on this processor, with the 64-bit types it leaves out unless it is told to have them."""
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)
    return LibraryDevice(Jax(), SynchronousStreams())


class Jax(NumpyLibrary):
    """Buffers are numpy's, and JAX computes."""

    name = "jax"
    xp: Any = jnp

    @property
    def operations(self) -> Mapping[str, Spelling]:  # type: ignore[override]
        """Those of the array API, scans and sorting."""
        return _OPERATIONS

    def facts(self) -> dict[str, Any]:
        """The release."""
        return {"jax": jax.__version__}


def _on_jax(spelling: Spelling) -> Spelling:
    def compute(xp: Any, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[Any]) -> Sequence[Any]:
        found = spelling.compute(xp, [jnp.asarray(array) for array in inputs], attributes, results)
        return [np.asarray(array) for array in found]

    return replace(spelling, compute=compute)


_OPERATIONS = {
    name: _on_jax(spelling)
    for name, spelling in {**array_operations.OPERATIONS, **scans.OPERATIONS, **sorting.OPERATIONS}.items()
}
