"""The software a product comes with, and which driver goes with which toolkit."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from harness.profile.claim import Named, Stated, Strict, Words

Version = Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,9}){0,5}$")]
Floor = Annotated[str, Field(pattern=r"^>=[0-9]{1,9}(\.[0-9]{1,9}){0,5}$")]


def version_key(version: str) -> tuple[int, ...]:
    """A version as numbers, to be compared: its first run of digits and dots; empty where it has none."""
    found = re.search(r"[0-9]{1,9}(?:\.[0-9]{1,9})*", version, re.ASCII)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


class DriverRule(Strict):
    """From one driver on, the toolkits that go with it."""

    driver: Floor
    """The first driver this rule is for: `>=VERSION`, in quotes."""
    toolkit: Annotated[tuple[Version, ...], Field(min_length=1)]
    """The releases that go with it, in quotes; `25.04` stands for `25.04.1` too."""

    @property
    def floor(self) -> tuple[int, ...]:
        """The first driver, as numbers."""
        return version_key(self.driver)


class Toolkit(Stated):
    """The vendor's toolkit."""

    claims: ClassVar[bool] = True

    name: Words
    """What it is called."""
    driver_rules: tuple[DriverRule, ...] = ()
    """Which driver goes with which release, lowest driver first; the last rule that a driver reaches decides."""

    def releases_for(self, driver: str) -> tuple[str, ...]:
        """The releases that go with a driver; empty where no rule reaches down to it."""
        reached = [rule for rule in self.driver_rules if rule.floor <= version_key(driver)]
        return reached[-1].toolkit if reached else ()

    def fits(self, driver: str, release: str) -> bool:
        """Whether the rules name this release, or one it refines, for this driver."""
        found = version_key(release)
        return any(found[: len(key)] == key for key in map(version_key, self.releases_for(driver)))


class Torch(Stated):
    """How PyTorch presents the product."""

    device: Words
    """The name of its device type."""
    marker: Words | None = None
    """What tells this build from others."""


class Software(Stated):
    """The software a product comes with."""

    runtime: Words | None = None
    """The interface programs use to reach it."""
    toolkit: Toolkit | None = None
    """The vendor's toolkit."""
    torch: Torch | None = None
    """How PyTorch presents it."""


class Quirk(Stated):
    """A known trap: what triggers it, and what is seen then."""

    claims: ClassVar[bool] = True

    id: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,63}$")]
    """Its name: small letters, digits, hyphens."""
    when: Words
    """What triggers it."""
    symptom: Named
    """What is seen then."""
    severity: Literal["wrong result", "failure", "wrong report"] | None = None
    """Whether results are wrong, something fails, or only a report is wrong."""
