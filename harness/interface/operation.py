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
    """One row of an operation's dtypes: operands, accumulator, results, and the level that has it.

    ``label`` is how a test's id names the row: the operands' dtype, for a conversion ``from-to``, or what the chapter
    says. ``inputs`` holds one dtype per operand, ``outs`` one per result. ``accumulate`` is the format of the weakest
    legal accumulator. ``when`` names a claim without which the row does not apply.
    ``ulp`` is the largest legal error of an elementwise function in units in the last place of the result type.
    """

    level: Level
    label: str
    inputs: tuple[str, ...]
    outs: tuple[str, ...]
    accumulate: str | None = None
    when: str | None = None
    ulp: float | None = None

    @property
    def out(self) -> str:
        """The dtype of the first result."""
        return self.outs[0]

    @property
    def operand(self) -> str:
        """The dtype that decides how the row is computed.

        It is that of the first operand that is no truth value or, without operands, the result's.
        """
        return next((dtype for dtype in self.inputs if dtype != "bool"), self.inputs[0] if self.inputs else self.out)

    @property
    def working(self) -> str:
        """The dtype of the weakest arithmetic that is legal inside: the accumulator's, where one is set."""
        return self.accumulate or self.out


@dataclass(frozen=True)
class Special:
    """One special value: operands as hexadecimal or symbolic floats (``nan +inf -inf +0 -0 1``) and the result."""

    operands: tuple[float, ...]
    result: float


@dataclass(frozen=True)
class Operation:
    """What a device can be asked to launch.

    ``family`` places it in the tree of families; a requirement on a family applies to all beneath it. ``arity`` is
    the number of tensor operands, of which those from ``least`` on may be left out at the end. ``domain`` gives, per
    operand, the closed interval on which the result is finite and defined. ``bound`` names how its error is bounded
    (``exact``, ``ulp``, ``inner-product``, ``sum`` ...).
    """

    name: str
    chapter: str
    standard: Standard
    family: str
    signature: str
    arity: int
    types: tuple[Types, ...]
    bound: str
    least: int = 0
    domain: tuple[tuple[float, float], ...] = ()
    special: tuple[Special, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    shapes: Mapping[str, Any] = field(default_factory=dict)
    depth: str | None = None
