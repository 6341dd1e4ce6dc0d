"""Just enough of a profile for a simulation."""

from __future__ import annotations

from harness.profile.model import Profile
from harness.profile.store import parse_profile
from harness.simulator.runtime import SimulatedDevice

_HEAD = """\
profile: test/product
version: "1.0"
kind: accelerator
product: {vendor: Test, name: Product}
sources:
  a: {title: a test, kind: definition}
"""


def claims(
    memory_capacity: int | None = 1 << 24,
    launch_cost_ms: float | None = None,
    accumulator: str | None = None,
    flush: str | None = None,
    more: str = "",
) -> Profile:
    """A product that claims what a test says it does; ``more`` is further sections of its profile."""
    text = _HEAD
    if memory_capacity is not None:
        text += f"memory: {{device: {{capacity: {{value: {memory_capacity} B, status: definition, source: a}}}}}}\n"
    assumed = {"accumulator": accumulator, "flush": flush}
    said = [f"{name}: {value}" for name, value in assumed.items() if value is not None]
    simulation = [f"  launch_cost: {launch_cost_ms * 1000:.9f} us\n"] if launch_cost_ms is not None else []
    if said:
        simulation.append(f"  assumes: {{vector: {{{', '.join(said)}, because: a test says so}}}}\n")
    if simulation:
        text += "simulation:\n" + "".join(simulation)
    return parse_profile((text + more).encode(), "product.yaml")


def simulate(profile: Profile | None = None, seed: int = 0) -> SimulatedDevice:
    """The simulation of a product."""
    return SimulatedDevice(profile or claims(), seed=seed)
