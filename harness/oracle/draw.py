"""Seeded draws that give the same bits on every machine: integers of a counter-based generator, and nothing else.

numpy promises that the raw stream of a bit generator never changes (NEP 19); it promises no such thing of
distributions, nor does any libm promise the last bit of a function. So everything drawn here is a raw 64-bit integer,
shifted, masked, or scaled by a power of two.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Draw:
    """A source of seeded integers for one case: ``seed = H(run seed, test, case)``."""

    def __init__(self, run_seed: str, test: str, case: str) -> None:
        digest = hashlib.blake2b(f"{run_seed}\0{test}\0{case}".encode(), digest_size=16).digest()
        self.seed = digest.hex()
        self._bits = np.random.Philox(key=int.from_bytes(digest, "little"))

    def raw(self, size: int) -> NDArray[np.uint64]:
        """``size`` uniform 64-bit integers."""
        return np.asarray(self._bits.random_raw(size), dtype=np.uint64)

    def integers(self, low: int, high: int, shape: tuple[int, ...] | int) -> NDArray[np.int64]:
        """Integers in ``[low, high]``, both included (the bias of the modulus, below 2**-40 here, does not matter)."""
        size = int(np.prod(shape))
        span = np.uint64(high - low + 1)
        return ((self.raw(size) >> np.uint64(8)) % span).astype(np.int64).reshape(shape) + low

    def signs(self, shape: tuple[int, ...] | int) -> NDArray[np.int64]:
        """-1 or 1."""
        return 2 * self.integers(0, 1, shape) - 1

    def permutation(self, size: int) -> NDArray[np.int64]:
        """A permutation of ``range(size)``."""
        return np.argsort(self.raw(size), kind="stable").astype(np.int64)

    def bytes(self, size: int) -> bytes:
        """``size`` random bytes."""
        return self.raw((size + 7) // 8).astype("<u8").tobytes()[:size]

    def choice(self, options: list[Any]) -> Any:
        """One of the options."""
        return options[int(self.integers(0, len(options) - 1, 1)[0])]
