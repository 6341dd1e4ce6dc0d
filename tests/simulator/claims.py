"""Just enough of a profile for a simulation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harness.simulator.runtime import SimulatedDevice


@dataclass(frozen=True)
class Declares:
    """What one operation is declared to do."""

    accumulator: str | None = None
    flush_inputs: bool | None = None
    flush_outputs: bool | None = None


@dataclass(frozen=True)
class Product:
    """A product that claims what a test says it does."""

    memory_capacity: int | None = 1 << 24
    launch_cost_ms: float | None = None
    arithmetic: Declares = field(default_factory=Declares)
    id: str = "test/product"
    kind: str = "accelerator"

    def arithmetic_of(self, operation: str, dtype: str) -> Declares:
        """The same for every operation."""
        return self.arithmetic

    def facts(self) -> dict[str, Any]:
        """No identity of its own."""
        return {}


def simulate(product: Product | None = None, seed: int = 0) -> SimulatedDevice:
    """The simulation of a product."""
    return SimulatedDevice(product or Product(), seed=seed)
