"""A device that was just opened must be alive; whether it is right is for the tests."""

from __future__ import annotations

from typing import Any

import pytest

from harness.device.near import Answer, WorkerDied
from harness.device.program import Observation, Program
from harness.errors import DeviceUnfit
from harness.run.health import check_health


class _Worker:
    """A worker whose device answers every step alike."""

    device = "made-up"

    def __init__(self, answer: Observation | WorkerDied) -> None:
        self._answer = answer

    def run(self, programs: list[Program]) -> list[Answer]:
        if isinstance(self._answer, WorkerDied):
            raise self._answer
        return [Answer((self._answer,) * len(program.steps), 0.0) for program in programs]

    def close(self) -> None:
        """Nothing to let go."""


@pytest.mark.parametrize("error", [None, "out of memory", "unsupported"])
def test_a_device_that_answers_is_alive_whatever_it_says(error: str | None) -> None:
    worker: Any = _Worker(Observation(None, error, ""))
    check_health(worker)


@pytest.mark.parametrize(
    "answer",
    [
        Observation(None, "device lost", "gone"),
        Observation(None, "timeout", "gone"),
        WorkerDied("gone", 0, 0, of_the_device=True),
    ],
)
def test_a_device_that_is_lost_or_dies_is_unfit(answer: Any) -> None:
    worker: Any = _Worker(answer)
    with pytest.raises(DeviceUnfit, match="gone"):
        check_health(worker)
