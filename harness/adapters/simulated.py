"""``simulated`` and ``simulated:PROFILE``: a device that exists only as a profile, always called simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.simulator.runtime import SimulatedDevice

if TYPE_CHECKING:
    from harness.device.protocol import Device
    from harness.profile.model import Profile


def simulated_device(profile: Profile) -> SimulatedDevice:
    """The device a profile describes, simulated in this process; raises ``UsageError`` for a processor's profile."""
    if profile.kind == "processor":
        raise UsageError(
            "a processor is simulated by running a real numeric stack under QEMU's model of it, "
            "which this version cannot do yet",
            where=profile.id,
            remedy="name a device that runs on such a processor, for example --device numpy",
        )
    return SimulatedDevice(profile)


def open_simulated(arguments: str, profile: Profile, settings: object = None) -> Device:
    """The simulated device of the profile under test, or of the profile ``arguments`` names."""
    if arguments:
        from harness.profile.store import load_profile

        profile = load_profile(arguments)
    device = simulated_device(profile)
    device.make_ready()  # opening may take long, a case may not
    return device
