"""How one instruction computes D = A * B + C: what its profile declares and assumes, as numbers for compiled code."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError
from harness.profile.coherence import said_of
from harness.profile.conduct import DTYPES
from harness.profile.model import Profile

#: What has to be known of a model before anything can be computed with it.
_NEEDED = {
    "fused": ("block", "alignment_bits", "rounding", "flush"),
    "exact": ("block", "rounding", "flush"),
    "pairwise": ("block", "rounding", "flush"),
    "fma": ("rounding", "flush"),
}


@dataclass(frozen=True)
class Dot:
    """One instruction's arithmetic: the formats of its operands, and every field that is declared or assumed.

    ``assumed`` names the fields nobody declares.
    """

    instruction: str
    a: str
    b: str
    c: str
    d: str
    depth: int
    said: Mapping[str, Any]
    assumed: tuple[str, ...]

    @property
    def integer(self) -> bool:
        """Whether it multiplies integers."""
        return DTYPES.get(self.a) == "integer"

    @property
    def accumulator(self) -> str:
        """The format in which its sums are kept."""
        found: str = self.said.get("accumulator", self.d)
        return found

    def get(self, field: str, default: Any = None) -> Any:
        """What is said of a field."""
        return self.said.get(field, default)


def dot_of(profile: Profile, instruction: str) -> Dot:
    """The arithmetic of one of a profile's matrix instructions.

    Raises ``UsageError`` for an instruction the profile does not have, and for one about which too little is declared
    and assumed to compute with it.
    """
    found = profile.instructions.get(instruction)
    if found is None:
        near = difflib.get_close_matches(instruction, profile.matrix_instructions, 3, 0.5)
        raise UsageError(
            f"{profile.id} has no matrix instruction {instruction[:120]!r}",
            remedy=f"{'did you mean ' + ' or '.join(near) + '? ' if near else ''}Profile.matrix_instructions lists "
            f"all {len(profile.matrix_instructions)}",
        )
    said = said_of(found.row, profile.assumed.get(found.pattern))
    assumed = tuple(sorted(field for field in said if getattr(found.row, field) is None))
    dot = Dot(instruction, found.a, found.b, found.c, found.d, found.shape[2], said, assumed)
    missing = [field for field in _needed(dot) if field not in said]
    if missing:
        raise UsageError(
            f"how {instruction} computes is not known well enough: nothing is said about {', '.join(missing)}",
            where=profile.id,
            remedy="declare it under `arithmetic`, or state it openly as a guess under `simulation.assumes`",
        )
    return dot


def _needed(dot: Dot) -> tuple[str, ...]:
    if dot.integer:
        return ()
    model = dot.get("model")
    return ("model",) if model is None else _NEEDED[model]


def block_of(dot: Dot) -> int:
    """How many products one step takes."""
    if dot.get("model") == "fma":
        return 32 if dot.get("order", "chained") == "chained" else 1
    return int(dot.get("block"))


def slice_of(dot: Dot) -> int | None:
    """The elements after which D is written and read again as C; ``None`` where that changes nothing."""
    whole_instructions = joins_last(dot) or dot.accumulator != dot.d or dot.get("passes", 1) > 1
    return dot.depth if whole_instructions and dot.get("order", "chained") == "chained" else None


def joins_last(dot: Dot) -> bool:
    """Whether C is added after the products of an instruction."""
    return dot.get("addend") == "last" and dot.get("model") in ("fused", "exact")
