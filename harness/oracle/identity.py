"""The rules for what a device says of itself, held against what its profile claims."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.device.program import Observation, Program
from harness.oracle.rules import FAIL, PASS, Finding


@dataclass(frozen=True)
class Reported:
    """A fact the device reports in its description must be one that ``accepts`` takes.

    A device that does not report the fact fails: what nobody said cannot be the product's. ``wanted`` is what would
    have been right, in words.
    """

    fact: str
    wanted: str
    accepts: Callable[[Any], bool]
    name: str = "identity"

    def judge(self, program: Program, observations: Sequence[Observation]) -> Finding:
        """Look the fact up in the last description."""
        said = observations[-1]
        if said.error is not None:
            return Finding(FAIL, layer=said.layer, expected="a description", got=said.error, detail=said.message)
        facts = said.value["facts"]
        if self.fact not in facts:
            return Finding(
                FAIL,
                layer=said.layer,
                expected=self.wanted,
                got="nothing",
                cause="unreported",
                detail=f"the device does not report its {self.fact}",
            )
        if not self.accepts(facts[self.fact]):
            got = str(facts[self.fact])[:200]
            return Finding(
                FAIL,
                layer=said.layer,
                expected=self.wanted,
                got=got,
                cause="another-product",
                detail=f"the device reports the {self.fact} {got}",
            )
        return Finding(PASS, layer=said.layer)


@dataclass(frozen=True)
class Alike:
    """All descriptions a program asks for must be the same, and name the device."""

    name: str = "identity"

    def judge(self, program: Program, observations: Sequence[Observation]) -> Finding:
        """Compare every description with the first."""
        said = [
            observation
            for step, observation in zip(program.steps, observations, strict=True)
            if step.call == "describe"
        ]
        wrong = next((one for one in said if one.error is not None), None)
        if wrong is not None:
            return Finding(
                FAIL, layer=wrong.layer, expected="a description", got=wrong.error or "", detail=wrong.message
            )
        first = said[0].value
        if not first["name"]:
            return Finding(FAIL, layer=said[0].layer, expected="a name", got="none", detail="the device has no name")
        for other in said[1:]:
            for field in ("name", "simulated", "facts"):
                if other.value[field] != first[field]:
                    return Finding(
                        FAIL,
                        layer=other.layer,
                        expected=str(first[field])[:200],
                        got=str(other.value[field])[:200],
                        detail=f"the {field} changed from one description to the next",
                    )
        return Finding(PASS, layer=said[0].layer)
