"""Conv and the pools: an honest device passes every class, and each class fails the devices it is there for."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.oracle.definition import definition_of
from harness.oracle.inputs.launches import INPUTS
from harness.oracle.rules import FAIL, PASS
from harness.profile.store import load_profile, profile_path
from harness.simulator.runtime import SimulatedDevice
from tests.oracle.families import wrong_convolutions as wrong
from tests.oracle.families import wrong_devices as devices
from tests.suites.asking import ask, task

ROWS = [
    *(("Conv", label) for label in ("float32", "float16", "bfloat16", "float64")),
    *(("MaxPool", label) for label in ("float32", "bfloat16", "int8")),
    *(("AveragePool", label) for label in ("float32", "float16", "bfloat16", "float64")),
]


@pytest.mark.parametrize(("operation", "label"), ROWS)
def test_an_honest_device_passes_every_class(operation: str, label: str) -> None:
    about = task(operation, label)
    for word in (*definition_of(about.operation).inputs, *INPUTS):
        found = ask(devices.ideal(), about, word)
        assert [(name, one.detail) for name, one in found if one.outcome != PASS] == [], word


@pytest.mark.parametrize(("operation", "label"), [*ROWS[:2], ROWS[4], *ROWS[6:8]])
def test_every_class_fails_a_device_of_zeros_and_one_that_gives_its_last_output(operation: str, label: str) -> None:
    about = task(operation, label)
    for word in (*definition_of(about.operation).inputs, "layouts", "guards", "repeat", "state"):
        if any(definition_of(about.operation).inputs.get(word, INPUTS.get(word))(about)):  # type: ignore[misc]
            assert devices.failed(devices.zeros, operation, label, word) > 0, word
            assert devices.failed(devices.last_output(), operation, label, word) > 0, word


@pytest.mark.parametrize(
    ("operation", "label", "fault", "words"),
    [
        ("Conv", "float32", devices.short_operands, ["selector", "sparse", "scaling", "dense", "cancellation"]),
        ("Conv", "float64", devices.short_operands, ["selector", "sparse", "scaling", "dense", "cancellation"]),
        ("Conv", "float16", wrong.added_narrow, ["integer-exact", "dense", "overflow"]),
        ("Conv", "bfloat16", wrong.added_narrow, ["integer-exact", "dense"]),
        ("Conv", "float32", wrong.transformed, ["complementary-zeros", "selector", "sparse", "scaling"]),
        ("Conv", "float32", wrong.by_fourier, ["complementary-zeros", "selector", "sparse", "scaling"]),
        ("Conv", "float32", wrong.turned_round, ["ranks", "integer-exact", "dense"]),
        ("Conv", "float32", wrong.groups_interleaved, ["groups"]),
        ("Conv", "float32", wrong.bias_twice, ["bias", "dense"]),
        ("Conv", "float32", wrong.nan_dropped, ["specials"]),
        ("MaxPool", "float32", devices.short_operands, ["selector", "integer-exact"]),
        ("MaxPool", "float32", wrong.from_zero, ["padding-values", "specials", "ceil-mode"]),
        ("MaxPool", "int8", wrong.from_zero, ["padding-values", "integer-exact"]),
        ("AveragePool", "float32", devices.short_operands, ["selector", "sparse", "scaling", "dense", "cancellation"]),
        ("AveragePool", "float32", wrong.pads_counted, ["padding-values", "pads"]),
        ("AveragePool", "float32", wrong.pads_not_counted, ["padding-values", "pads", "metamorphic"]),
        ("AveragePool", "float16", wrong.nan_dropped, ["specials"]),
        *(
            (operation, "float32", fault, words)
            for operation in ("Conv", "MaxPool", "AveragePool")
            for fault, words in (
                (wrong.pads_swapped, ["pads"]),
                (wrong.same_swapped, ["auto-pad"]),
                (wrong.dropped("strides"), ["strides"]),
                (wrong.dropped("dilations"), ["dilations"]),
                (wrong.last_left, ["shapes", "integer-exact", "guards"]),
            )
        ),
    ],
)
def test_each_fault_fails_the_classes_that_are_there_for_it(
    operation: str, label: str, fault: devices.Fault, words: list[str]
) -> None:
    for word in words:
        assert devices.failed(fault, operation, label, word) > 0, word


def test_a_transformed_convolution_passes_where_only_its_norm_is_looked_at() -> None:
    assert devices.failed(wrong.transformed, "Conv", "float32", "integer-exact") == 0
    assert devices.failed(wrong.transformed, "Conv", "float32", "dense") == 0


@pytest.mark.parametrize("flushed", ["inputs", "outputs", "both"])
@pytest.mark.parametrize(("operation", "label"), [("Conv", "float32"), ("Conv", "float16"), ("AveragePool", "float32")])
def test_a_device_that_flushes_as_declared_passes_and_one_that_does_not_say_so_fails(
    operation: str, label: str, flushed: str, tmp_path: Path
) -> None:
    text = profile_path(devices.PROFILE).read_text(encoding="utf-8")
    declared = tmp_path / "flushing.yaml"
    declared.write_text(text.replace("flush: none", f"flush: {flushed}"), encoding="utf-8")
    device = SimulatedDevice(load_profile(declared))
    for word in ("subnormals", "zeros", "scaling", "dense"):
        found = ask(device, task(operation, label, str(declared)), word)
        assert {one.outcome for _, one in found} == {PASS}, word
    assert FAIL in {one.outcome for _, one in ask(device, task(operation, label), "subnormals")}
