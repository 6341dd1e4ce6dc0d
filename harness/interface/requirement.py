"""A requirement: one numbered sentence of the interface, in two languages, with the standard it follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal[1, 2, 3]


@dataclass(frozen=True)
class Text:
    """A sentence in both languages of the interface."""

    en: str
    zh: str


@dataclass(frozen=True)
class Requirement:
    """One numbered sentence that a device must satisfy.

    ``families`` names the families of operations it applies to; empty for a requirement on the runtime.
    ``operations`` narrows it to operations by name (a requirement written under an operation names just that one).
    ``inputs`` names the input class its numeric cases draw from, ``rule`` the rule that judges them. ``reads`` lists
    the fields of a claim it depends on: undeclared ones are judged by the weakest legal value and counted.
    ``when`` names a claim of the profile without which the requirement does not apply. ``source`` is the standard or
    paper it follows; ``like`` names calls of existing runtimes with the same contract; ``shows`` says what its failures
    give away. ``identity`` marks those that show the device to be the product of the profile.
    """

    id: str
    chapter: str
    level: Level
    text: Text
    source: str
    families: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    inputs: str | None = None
    rule: str | None = None
    reads: tuple[str, ...] = ()
    when: str | None = None
    like: tuple[str, ...] = ()
    shows: str | None = None
    identity: bool = False

    @property
    def on_operations(self) -> bool:
        """Whether its tests have an operation as their subject."""
        return bool(self.families or self.operations)
