"""Compiling loops: numba, with its cache where one can be kept.

A cached function is found again by its name and the text of its own file. ``kernel`` therefore adds to its name a
digest of all the files its parts come from, so that no stale machine code outlives a change in one of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

#: The files whose code is compiled into every kernel.
_PARTS = (
    "accumulators.py",
    "blocks.py",
    "operands.py",
    "alignment.py",
    "fused.py",
    "exact.py",
    "stepwise.py",
    "kernels.py",
)


def part(function: F) -> F:
    """A function that kernels are made of; it is compiled into each of them."""
    return cast("F", numba.njit(nogil=True, error_model="numpy")(function))


def chosen(function: F) -> F:
    """A function that is compiled into a kernel where the class of its first argument chooses it among others."""
    return function


def kernel(function: F) -> F:
    """A function that Python calls; it releases the interpreter while it runs, and is cached on disk."""
    function.__qualname__ += f"-{_parts_digest()}"
    try:
        return cast("F", numba.njit(nogil=True, error_model="numpy", cache=True)(function))
    except RuntimeError:  # neither beside the source nor in the user's home can a cache be written
        return part(function)


@cache
def _parts_digest() -> str:
    """A word that changes when the text of any part does."""
    folder = Path(__file__).parent
    text = b"".join((folder / name).read_bytes() for name in ("../formats.py", *_PARTS))
    return hashlib.blake2b(text, digest_size=6).hexdigest()
