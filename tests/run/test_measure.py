"""What a device was seen to reach: figures from its own clock, and none where it gives none."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.device.near import Answer, WorkerDied
from harness.device.program import Program
from harness.interface.catalogue import load_interface
from harness.profile.store import load_profile
from harness.run.measure import measure
from harness.simulator.runtime import SimulatedDevice
from tests.run.faults import Here

PROFILE = load_profile("hygon/k100-ai")


class Dying:
    """A worker whose device dies at once."""

    def run(self, programs: Sequence[Program]) -> list[Answer]:
        raise WorkerDied("killed", 0, 0, of_the_device=True)


@pytest.fixture(scope="module")
def seen() -> dict[str, tuple[float, str]]:
    found = measure(Here(SimulatedDevice(PROFILE)), load_interface(), PROFILE)  # type: ignore[arg-type]
    return {one.name: (one.value, one.unit) for one in found}


def test_there_is_a_figure_for_every_dtype_of_matmul_that_the_profile_claims(
    seen: dict[str, tuple[float, str]],
) -> None:
    matmul = load_interface().operations["matmul"]
    claimed = {f"matmul/{types.label}" for types in matmul.types if PROFILE.claims(matmul, types)}
    assert seen.keys() == claimed | {"bandwidth"}


def test_floats_are_counted_apart_from_integers(seen: dict[str, tuple[float, str]]) -> None:
    units = {name: unit for name, (_, unit) in seen.items()}
    assert units["matmul/int8"] == "OP/s"
    assert units["matmul/float32"] == "FLOP/s"
    assert units["bandwidth"] == "B/s"


def test_no_simulated_figure_is_beyond_what_the_profile_claims(seen: dict[str, tuple[float, str]]) -> None:
    # The product's data sheet: 896 GB/s of memory.
    assert 0 < seen["bandwidth"][0] <= 896e9


def test_a_device_that_dies_of_it_ends_the_measuring_alone() -> None:
    assert measure(Dying(), load_interface(), PROFILE) == []  # type: ignore[arg-type]
