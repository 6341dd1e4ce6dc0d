"""A launch written down: where its tensors lie, what guards them, and how their elements are found again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.device.dtypes import numpy_dtype
from harness.device.program import Observation, ProgramBuilder
from harness.oracle.launch import GUARD, Laid, Layout, Output, launch, lay, place_of

LAYOUTS = get_args(Layout)
SHAPES = [(), (1,), (7,), (3, 5), (2, 3, 4), (0,), (3, 0), (0, 4), (1, 1)]


def reached(laid: Laid) -> list[int]:
    """Every byte of the buffer that belongs to an element, by the definition of strides and offset."""
    itemsize = numpy_dtype(laid.dtype).itemsize
    found: list[int] = []
    for index in np.ndindex(laid.shape):
        element = sum(i * stride for i, stride in zip(index, laid.strides, strict=True))
        begin = laid.offset + element * itemsize
        found += range(begin, begin + itemsize)
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["int8", "bfloat16", "float32", "float64"])
def test_elements_lie_between_guards(layout: Layout, shape: tuple[int, ...], dtype: str) -> None:
    laid = place_of(dtype, shape, layout)
    places = reached(laid)
    if layout != "broadcast":
        assert len(set(places)) == len(places), "no element lies on another"
    if places:
        assert min(places) >= GUARD
        assert max(places) < laid.nbytes - GUARD


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 3, 4), (0, 4)], ids=str)
def test_an_operand_is_found_where_its_strides_say(layout: Layout, shape: tuple[int, ...]) -> None:
    values = np.arange(int(np.prod(shape)), dtype=np.float32).reshape(shape)
    if layout == "broadcast" and shape[0]:
        values = np.broadcast_to(values[:1], shape)
    laid, data = lay("float32", values, layout, 0xA5)
    assert len(data) == laid.nbytes
    for index in np.ndindex(shape):
        begin = laid.offset + 4 * sum(i * stride for i, stride in zip(index, laid.strides, strict=True))
        assert np.frombuffer(data, np.float32, 1, begin)[0] == values[index]
    inside = set(reached(laid))
    assert {byte for place, byte in enumerate(data) if place not in inside} == {0xA5}


def test_layouts_differ_in_strides_and_offset() -> None:
    dense = place_of("float32", (3, 5), "dense")
    assert (dense.strides, dense.offset) == ((5, 1), GUARD)
    assert place_of("float32", (3, 5), "offset").offset > GUARD
    assert place_of("float32", (3, 5), "strided").strides == (10, 2)
    assert place_of("float32", (3, 5), "transposed").strides == (1, 3)
    assert place_of("float32", (2, 3, 5), "transposed").strides == (15, 1, 3)
    assert place_of("float32", (3, 5), "reversed").strides == (5, -1)
    assert place_of("float32", (3, 5), "broadcast").strides == (0, 1)


def written(shape: tuple[int, ...], out_layout: Layout, poison: int = 0x5A) -> tuple[ProgramBuilder, Output]:
    """A launch of ``negative`` whose operand is read back."""
    program = ProgramBuilder()
    values = np.ones(shape, np.float32)
    operands = [("float32", values)]
    (output,) = launch(
        program, "negative", operands, [("float32", shape)], out_layout=out_layout, poison=poison, read_operands=True
    )
    return program, output


def answers(program: ProgramBuilder, output: Output, memory: bytes) -> list[Observation]:
    """What a device answers that leaves ``memory`` in the output's buffer and its operands alone."""
    observations = [Observation() for _ in program.build().steps]
    observations[output.read] = Observation(memory)
    for step, data in output.operands:
        observations[step] = Observation(data)
    return observations


def test_the_output_is_poisoned_before_the_launch_and_read_after_it() -> None:
    program, output = written((3, 5), "dense")
    steps = program.build().steps
    target = steps[output.launch].arguments["outputs"][0].buffer
    poisoning = [i for i, s in enumerate(steps) if s.call == "write" and s.arguments["buffer"] == target]
    assert len(poisoning) == 1
    assert poisoning[0] < output.launch < output.read
    assert bytes(steps[poisoning[0]].arguments["data"]) == bytes([0x5A]) * output.laid.nbytes
    assert steps[output.read].arguments == {"buffer": target, "nbytes": output.laid.nbytes, "offset": 0}
    assert steps[output.launch].arguments["operation"] == "negative"


def of_two_results(**how: Any) -> tuple[ProgramBuilder, tuple[Output, ...]]:
    """A launch with a result of floats and one of integers, of another shape."""
    program = ProgramBuilder()
    operands = [("float32", np.ones((3, 5), np.float32))]
    return program, launch(program, "topk", operands, [("float32", (3, 2)), ("int64", (3,))], **how)


def test_a_launch_of_several_results_is_one_launch_with_an_output_for_each() -> None:
    program, outputs = of_two_results(out_layout="strided")
    steps = program.build().steps
    assert [output.laid.dtype for output in outputs] == ["float32", "int64"]
    assert [output.laid.shape for output in outputs] == [(3, 2), (3,)]
    assert {output.launch for output in outputs} == {i for i, step in enumerate(steps) if step.call == "launch"}
    targets = [tensor.buffer for tensor in steps[outputs[0].launch].arguments["outputs"]]
    assert len(set(targets)) == 2
    assert [steps[output.read].arguments["buffer"] for output in outputs] == targets


def test_each_of_several_results_is_poisoned_and_guarded_by_itself() -> None:
    program, outputs = of_two_results(poison=0x3C)
    observations = [Observation() for _ in program.build().steps]
    for output in outputs:
        assert output.poison == bytes([0x3C]) * output.laid.nbytes
        observations[output.read] = Observation(output.poison)
    assert all(output.unwritten(output.elements(observations)).all() for output in outputs)
    changed = bytearray(outputs[1].poison)
    changed[0] ^= 1
    observations[outputs[1].read] = Observation(bytes(changed))
    assert [output.guards_hold(observations) for output in outputs] == [True, False]


def test_attributes_and_operands_are_those_given() -> None:
    program = ProgramBuilder()
    operands: list[tuple[str, Any]] = [("float32", np.ones(3, np.float32)), ("int64", np.ones(2, np.int64))]
    launch(program, "gather", operands, [("float32", (2,))], {"axis": 0})
    (step,) = [step for step in program.build().steps if step.call == "launch"]
    assert [tensor.dtype for tensor in step.arguments["inputs"]] == ["float32", "int64"]
    assert step.arguments["attributes"] == {"axis": 0}


@pytest.mark.parametrize("made", [lambda: written((3, 5), "dense"), of_two_results], ids=["one", "two"])
def test_everything_a_launch_allocates_is_released(made: Callable[[], tuple[ProgramBuilder, Any]]) -> None:
    program, _ = made()
    steps = program.build().steps
    allocated = [str(step.result) for step in steps if step.call == "allocate"]
    released = [step.arguments["buffer"].name for step in steps if step.call == "release"]
    assert sorted(allocated) == sorted(released)


@pytest.mark.parametrize("layout", ["dense", "offset", "strided", "transposed", "reversed"])
@given(data=st.data())
def test_any_byte_changed_outside_the_elements_is_noticed(layout: Layout, data: st.DataObject) -> None:
    program, output = written((3, 5), layout)
    inside = set(reached(output.laid))
    memory = bytearray(output.poison)
    for place in inside:
        memory[place] = 0
    assert output.guards_hold(answers(program, output, bytes(memory)))
    place = data.draw(st.sampled_from(sorted(set(range(output.laid.nbytes)) - inside)))
    memory[place] ^= data.draw(st.integers(1, 255))
    assert not output.guards_hold(answers(program, output, bytes(memory)))


def test_any_operand_changed_is_noticed() -> None:
    program, output = written((3, 5), "dense")
    observations = answers(program, output, output.poison)
    assert output.operands
    assert output.operands_hold(observations)
    step, data = output.operands[0]
    observations[step] = Observation(data[:-1] + bytes([data[-1] ^ 1]))
    assert not output.operands_hold(observations)


@pytest.mark.parametrize("layout", ["dense", "offset", "strided", "transposed", "reversed"])
def test_elements_come_back_in_order_and_unwritten_ones_are_known(layout: Layout) -> None:
    program, output = written((3, 5), layout)
    memory = bytearray(output.poison)
    values = np.arange(15, dtype=np.float32).reshape(3, 5)
    for index in np.ndindex(3, 5):
        if index != (1, 2):
            begin = output.laid.offset + 4 * sum(i * s for i, s in zip(index, output.laid.strides, strict=True))
            memory[begin : begin + 4] = values[index].tobytes()
    got = output.elements(answers(program, output, bytes(memory)))
    unwritten = output.unwritten(got)
    assert unwritten.sum() == 1
    assert unwritten[1, 2]
    assert (got == values)[~unwritten].all()
