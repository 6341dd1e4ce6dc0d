"""``simulated``: what it stands in for, and what it refuses to."""

from __future__ import annotations

import pytest

from harness.adapters.registry import open_device
from harness.adapters.simulated import simulated_device
from harness.errors import UsageError
from harness.resources import profiles_folder
from tests.simulator.claims import claims


def test_it_says_that_it_is_simulated_and_of_what() -> None:
    description = simulated_device(claims()).describe()
    assert description.simulated
    assert description.name == "simulated test/product"


def test_a_processor_is_refused_as_a_matter_of_usage() -> None:
    from harness.profile.store import load_profile

    profile = load_profile("hygon/c86-7285")
    with pytest.raises(UsageError, match="QEMU's model of it, which this version cannot do yet") as refusal:
        simulated_device(profile)
    assert refusal.value.exit_code == 2


def test_it_can_compute_as_another_product_than_the_one_under_test() -> None:
    from harness.profile.store import list_profiles, load_profile

    accelerators = [name for name in list_profiles() if load_profile(name).kind == "accelerator"]
    assert accelerators, f"no accelerator's profile in {profiles_folder()}"
    device = open_device(f"simulated:{accelerators[0]}", load_profile(accelerators[-1]))
    assert device.describe().facts["simulates"] == accelerators[0]


def test_an_unknown_other_product_is_refused() -> None:
    with pytest.raises(UsageError, match="nobody/nothing"):
        open_device("simulated:nobody/nothing", claims())
