"""The rule for what a profile declares of its arithmetic: no weaker than the weakest the interface allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.device.program import Observation, Program
from harness.interface.catalogue import Legal
from harness.oracle.formats import FORMATS, component, is_float
from harness.oracle.rules import FAIL, PASS, Finding
from harness.oracle.task import Task


@dataclass(frozen=True)
class Legality:
    """Every field declared for the unit that computes an operation must be legal; fields left open pass.

    ``legal`` is the weakest legal arithmetic for the operand's dtype; ``None`` where the interface says nothing of it.
    """

    task: Task
    legal: Legal | None
    name: str = "legality"

    def judge(self, program: Program, observations: Sequence[Observation]) -> Finding:
        """Hold each declared field against what is legal; the first that is weaker fails."""
        for field, least, declared in self._weaker():
            said = (
                f"{self.task.declared.unit} is declared with {field} {declared}, but {least} is the weakest legal one"
            )
            return Finding(FAIL, layer="profile", expected=least, got=declared, cause="weaker-than-legal", detail=said)
        return Finding(PASS, layer="profile")

    def _weaker(self) -> Iterator[tuple[str, str, str]]:
        declared, least = self.task.declared, component(self.task.types.working)
        accumulator = declared.accumulator
        if accumulator in FORMATS and is_float(least) and FORMATS[accumulator].p < FORMATS[least].p:
            yield "accumulator", least, accumulator
        if self.legal is None:
            return
        if declared.rounding is not None and declared.rounding not in self.legal.rounding:
            yield "rounding", self.legal.rounding[-1], declared.rounding
        for side in ("inputs", "outputs"):
            if getattr(declared, f"flush_{side}") and self.legal.flush == "none":
                yield f"flush of {side}", "none", side
