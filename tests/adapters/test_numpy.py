"""``numpy`` as a device."""

from __future__ import annotations

import numpy as np
import pytest

from harness.adapters.numpy import open_numpy
from harness.device.protocol import ADAPTER_LAYER, Device, Tensor
from tests.adapters.conduct import ArrayLibraryConduct
from tests.simulator.launching import array, launch


@pytest.fixture
def device() -> Device:
    return open_numpy("")


class TestNumpy(ArrayLibraryConduct):
    """numpy, held to the common conduct."""


def test_streams_and_events_are_the_adapters(device: Device) -> None:
    layers = device.describe().layers
    assert {layers[call] for call in ("stream", "event", "record", "wait", "elapsed", "synchronize")} == {ADAPTER_LAYER}


def test_inputs_may_run_backwards(device: Device) -> None:
    source, target = device.allocate(3), device.allocate(3)
    device.write(source, b"\1\2\3")
    device.launch("square", [Tensor(source, "int8", (3,), (-1,), 2)], [Tensor(target, "int8", (3,))], {})
    assert device.read(target, 3) == b"\x09\4\1"


def test_facts_name_the_version_that_is_tested(device: Device) -> None:
    assert device.describe().facts["numpy"] == np.__version__


def test_results_are_numpys_own_where_they_fall_short(device: Device) -> None:
    """numpy rounds a matrix product of float16 at each term; an adapter that helped would find 2050."""
    a, b = array([[2048, 1, 1]], "float16"), array([[1], [1], [1]], "float16")
    found = launch(device, "matmul", [a, b], "float16", (1, 1))
    assert found.tobytes() == np.matmul(a, b).tobytes()
