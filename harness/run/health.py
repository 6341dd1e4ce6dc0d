"""Whether a device that was just opened is alive: it must carry out the smallest program there is."""

from __future__ import annotations

from harness.device.near import Worker, WorkerDied
from harness.device.program import ProgramBuilder
from harness.device.protocol import DEVICE_LOST, TIMEOUT
from harness.errors import DeviceUnfit

_BYTES = 64
_REMEDY = "reset the card or restart its host, see that no other process holds it, and run the rest"


def check_health(worker: Worker) -> None:
    """Allocate, write, wait and read back; raises ``DeviceUnfit`` where the device dies of it or says it is lost.

    What it reads back, and what it refuses, is not looked at: that is for the tests.
    """
    program = ProgramBuilder()
    buffer = program.allocate(_BYTES)
    program.write(buffer, bytes(_BYTES))
    program.synchronize()
    program.read(buffer, _BYTES)
    try:
        (answer,) = worker.run([program.build()])
    except WorkerDied as death:
        raise DeviceUnfit(f"the device {worker.device} died of the smallest program: {death.why}") from None
    for observation in answer.observations:
        if observation.error in (DEVICE_LOST, TIMEOUT):
            worker.close()
            said = f"{observation.error}: {observation.message}"
            raise DeviceUnfit(f"the device {worker.device} fails the smallest program: {said}", remedy=_REMEDY)
