"""What a composed operation is made of: its signature, and steps that a product's own units carry out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from harness.simulator.conversion import Array
from harness.simulator.signatures import Signature


class Units(Protocol):
    """The units of a simulated product, as composed operations use them.

    Every step rounds, flushes and adds as the profile declares or assumes for the dtype of its first operand.
    """

    def step(self, operation: str, *operands: Array, result: str | None = None, **attributes: Any) -> Array:
        """One operation of ``signatures`` (``add``, ``exp``, ``sum``, ``max``, ``cast`` ...) in the dtype ``result``.

        ``result`` is the first operand's dtype where it is left out; attributes are those of the operation.
        """

    def product(self, operation: str, a: Array, b: Array, result: str) -> Array:
        """Matrix products (..., M, K) times (..., K, N), by the unit that serves the composed ``operation``."""

    def working(self, dtype: str) -> str:
        """The dtype in which composed operations on operands of a dtype are carried out: that of long sums."""


@dataclass(frozen=True)
class Composed:
    """One operation put together from steps.

    ``compute`` takes the units, the operands in their own dtypes, the attributes, and the dtypes of the results.
    """

    signature: Signature
    compute: Callable[[Units, Sequence[Array], Mapping[str, Any], Sequence[str]], Sequence[Array]]
