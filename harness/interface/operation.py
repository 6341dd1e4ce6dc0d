"""An operation: what a device can be asked to launch, as a row of data named by the standard it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.interface.requirement import Level


@dataclass(frozen=True)
class Standard:
    """Where an operation's name, signature and semantics come from."""

    name: str
    item: str
    version: str | None = None


@dataclass(frozen=True)
class Types:
    """One row of an operation's dtypes: operands, accumulator, result, and the level that has it.

    ``label`` is how a test's id names the row: the operands' dtype, for a conversion ``from-to``. ``inputs`` holds one
    dtype per operand. ``when`` names a claim without which the row does not apply.
    ``ulp`` is the largest legal error of an elementwise function in units in the last place of the result type.
    """

    level: Level
    label: str
    inputs: tuple[str, ...]
    out: str
    accumulate: str | None = None
    when: str | None = None
    ulp: float | None = None


@dataclass(frozen=True)
class Special:
    """One special value: operands as hexadecimal or symbolic floats (``nan +inf -inf +0 -0 1``) and the result."""

    operands: tuple[float, ...]
    result: float


@dataclass(frozen=True)
class Operation:
    """What a device can be asked to launch.

    ``family`` places it in the tree of families; a requirement on a family applies to all beneath it. ``arity`` is
    the number of tensor operands. ``domain`` gives, per operand, the closed interval on which the result is finite
    and defined. ``bound`` names how its error is bounded (``exact``, ``ulp``, ``inner-product``, ``sum``).
    """

    name: str
    chapter: str
    standard: Standard
    family: str
    signature: str
    arity: int
    types: tuple[Types, ...]
    bound: str
    domain: tuple[tuple[float, float], ...] = ()
    special: tuple[Special, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    shapes: Mapping[str, Any] = field(default_factory=dict)
    depth: str | None = None
