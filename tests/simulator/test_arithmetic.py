"""A simulated device computes with the units of its profile, and says openly what it took for granted."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.adapters.registry import open_device
from harness.adapters.simulated import open_simulated
from harness.device.dtypes import numpy_dtype
from harness.device.protocol import UNSUPPORTED, DeviceError
from harness.profile.store import list_profiles, load_profile
from harness.simulator.arithmetic import ProfileArithmetic
from harness.simulator.instructions import PREFIX
from harness.simulator.matrix import kernels
from harness.simulator.runtime import SimulatedDevice
from harness.simulator.signatures import Signature, find
from tests.simulator.claims import claims, simulate
from tests.simulator.definition import dot, parameters_of
from tests.simulator.launching import array, launch

ACCELERATORS = [name for name in list_profiles() if load_profile(name).kind == "accelerator"]

# --------------------------------------------------------------------------------------------- what is assumed


def assumptions_of(device: SimulatedDevice) -> Mapping[str, str]:
    """What a device says it took for granted."""
    found: Mapping[str, str] = device.describe().facts["arithmetic"]
    return found


@pytest.mark.parametrize("name", ACCELERATORS)
def test_a_device_repeats_every_assumption_of_its_profile_and_adds_those_of_its_vector_units(name: str) -> None:
    profile = load_profile(name)
    found = assumptions_of(SimulatedDevice(profile))
    assert found.items() >= profile.assumptions.items()
    beyond = found.keys() - profile.assumptions.keys()
    assert beyond
    assert all(each.startswith("vector units, ") for each in beyond)
    assert all(found.values())


def test_a_profile_that_says_nothing_leaves_everything_to_be_assumed() -> None:
    assert assumptions_of(simulate()).keys() == {
        "vector units, rounding",
        "vector units, accumulator",
        "vector units, flush",
        "vector units, reduction",
        "vector units, multiply add",
        "vector units, functions",
    }


def test_what_a_profile_assumes_itself_its_vector_units_need_not() -> None:
    found = assumptions_of(simulate(claims(accumulator="float64", flush="inputs")))
    assert "accumulator float64" in found["vector"]
    assert "flush inputs" in found["vector"]
    assert not {"vector units, accumulator", "vector units, flush"} & found.keys()
    assert found["vector units, rounding"] == "nearest-even"


def test_a_launch_cost_that_was_assumed_is_among_the_assumptions() -> None:
    assert "5 us" in assumptions_of(SimulatedDevice(load_profile("nvidia/h100")))["launch"]
    assert "launch" not in assumptions_of(simulate())


# ----------------------------------------------------------------------------------------- which unit computes what

#: Products of 2^23 and -2^23, then less and less: what is left tells units apart.
_A = [2.0**13, -(2.0**13), -0.5, -0.25, -0.125]
_B = [2.0**10, 2.0**10, 1.0, 1.0, 1.0]


def operands(dtype: str = "float16") -> list[NDArray[Any]]:
    """A row and a column."""
    return [array([_A], dtype), array([[value] for value in _B], dtype)]


def by_definition(profile: str, dtype: str = "float16") -> float:
    """What the instruction that serves a product of matrices makes of them, without the simulator."""
    found = load_profile(profile)
    name = found.declared.arithmetic.serves[f"matmul/{dtype}"]
    pattern = next(p for p, row in found.declared.arithmetic.matrix.rows.items() if row is found.instructions[name].row)
    unit = parameters_of(found.instructions[name], found.assumed.get(pattern))
    kind = numpy_dtype(dtype)
    a, b = (np.array(values).astype(kind).view(f"uint{8 * kind.itemsize}").tolist() for values in (_A, _B))
    bits = dot(unit, a, b, 0)
    assert isinstance(bits, int)
    assert unit.d == "float32"
    return float(np.array(bits, np.uint32).view(np.float32))


MATRIX = [name for name in ACCELERATORS if "matmul/float16" in load_profile(name).declared.arithmetic.serves]


@pytest.mark.parametrize("name", MATRIX)
def test_a_product_that_serves_names_is_computed_by_its_instruction(name: str) -> None:
    device = SimulatedDevice(load_profile(name))
    assert launch(device, "matmul", operands(), "float32", (1, 1)).item() == by_definition(name)


def test_instructions_of_several_products_do_differ() -> None:
    assert len({by_definition(name) for name in MATRIX}) > 2


def test_what_serves_does_not_name_is_computed_by_the_vector_units() -> None:
    device = SimulatedDevice(load_profile("nvidia/v100"))
    row, column = operands()
    exact = sum(x * y for x, y in zip(_A, _B, strict=True))
    assert launch(device, "matmul", [row, column], "float32", (1, 1)).item() != exact
    assert launch(device, "vecdot", [row[0], column[:, 0]], "float32", ()).item() == exact
    assert launch(device, "gemm", [row, column, array([[0]], "float32")], "float32", (1, 1)).item() == exact


def test_what_serves_leaves_to_vector_units_is_computed_by_them() -> None:
    device = SimulatedDevice(load_profile("nvidia/v100"))
    exact = sum(x * y for x, y in zip(_A, _B, strict=True))
    assert launch(device, "matmul", operands("float32"), "float32", (1, 1)).item() == exact


def test_two_dtypes_of_one_operation_may_have_different_units() -> None:
    profile = load_profile("amd/mi250")
    assert profile.declared.arithmetic.serves["matmul/float16"] != profile.declared.arithmetic.serves["matmul/bfloat16"]
    device = SimulatedDevice(profile)
    tiny = 2.0**-24  # subnormal in float16, and flushed; not in bfloat16
    for dtype, expected in (("float16", 0.0), ("bfloat16", tiny)):
        a, b = array([[tiny]], dtype), array([[1]], dtype)
        assert launch(device, "matmul", [a, b], "float32", (1, 1)).item() == expected


def test_elementwise_operations_are_the_vector_units_affair() -> None:
    device = SimulatedDevice(load_profile("amd/mi250"))
    tiny = array([2.0**-24], "float16")
    assert launch(device, "multiply", [tiny, array([1], "float16")], "float16", (1,)).item() == 2.0**-24


def test_a_step_of_a_composed_operation_is_that_of_the_unit_of_its_first_operand() -> None:
    arithmetic = ProfileArithmetic(claims(accumulator="float64", flush="outputs"))
    x = array([[1.0, 2.5, -3.0, 2.0**-24]], "float16")
    for operation, result, attributes in (
        ("exp", "float16", {}),
        ("square", "float16", {}),
        ("cast", "float32", {}),
        ("sum", "float16", {"axis": 1, "keepdims": True}),
    ):
        (launched,) = arithmetic.compute(operation, [x], attributes, [result])
        step = arithmetic.step(operation, x, result=result, **attributes)
        assert step.dtype.name == result
        assert step.tobytes() == launched.tobytes()
    assert arithmetic.step("square", x).dtype == np.float16


def test_products_inside_a_composed_operation_are_those_of_the_unit_that_serves_it() -> None:
    arithmetic, (row, column) = ProfileArithmetic(load_profile("nvidia/v100")), operands()
    exact = sum(x * y for x, y in zip(_A, _B, strict=True))
    assert arithmetic.product("matmul", row, column, "float32").item() == by_definition("nvidia/v100")
    assert arithmetic.product("vecdot", row, column, "float32").item() == exact


@pytest.mark.parametrize(
    ("dtype", "said", "working"),
    [
        ("float32", {}, "float32"),
        ("float16", {}, "float32"),
        ("bfloat16", {}, "float32"),
        ("float64", {}, "float64"),
        ("float16", {"accumulator": "float64"}, "float64"),
    ],
)
def test_composed_operations_are_carried_out_in_the_format_of_long_sums(
    dtype: str, said: dict[str, Any], working: str
) -> None:
    assert ProfileArithmetic(claims(**said)).working(dtype) == working


def test_an_operation_no_table_has_is_unsupported() -> None:
    arithmetic = ProfileArithmetic(load_profile("nvidia/h100"))
    for name in ("frobnicate", PREFIX + "frobnicate"):
        with pytest.raises(DeviceError) as refused:
            arithmetic.signature(name)
        assert refused.value.kind == UNSUPPORTED


def test_the_computing_part_of_a_device_can_be_another() -> None:
    class Sevens:
        """Sevens, whatever the question."""

        assumptions: Mapping[str, str] = {"everything": "is seven"}

        def __init__(self) -> None:
            self.prepared: list[str] = []

        def make_ready(self) -> None:
            self.prepared.append("all")

        def signature(self, operation: str) -> Signature:
            return find(operation)

        def prepare(self, operation: str, dtypes: Sequence[str]) -> None:
            self.prepared.append(operation)

        def compute(
            self, operation: str, inputs: Sequence[Any], attributes: Mapping[str, Any], results: Sequence[str]
        ) -> Sequence[Any]:
            return [np.full(inputs[0].shape, 7, numpy_dtype(result)) for result in results]

    arithmetic = Sevens()
    device = SimulatedDevice(claims(), arithmetic)
    device.make_ready()
    assert launch(device, "exp", [array([1, 2], "float32")], "float32", (2,)).tolist() == [7, 7]
    assert arithmetic.prepared == ["all", "exp"]
    assert assumptions_of(device) == {"everything": "is seven"}


# --------------------------------------------------------------------------------------------- as another product

#: The published value of each: -2^13 * 2^10 - 1/2 - 1/4 - 1/8 onto a C of 2^23.
PUBLISHED = {
    "nvidia/h100": ("mma.m16n8k16.f32.f16.f16.f32", -0.75),
    "amd/mi300x": ("v_mfma_f32_16x16x16_f16", -0.5),
}


@pytest.mark.parametrize("under_test", PUBLISHED)
@pytest.mark.parametrize("simulated", PUBLISHED)
def test_a_device_computes_as_the_product_it_was_told_to_be(under_test: str, simulated: str) -> None:
    device = open_device(f"simulated:{simulated}", load_profile(under_test))
    assert device.describe().facts["simulates"] == simulated
    instruction, published = PUBLISHED[simulated]
    a, b, c = array([_A[1:]], "float16"), array([[value] for value in _B[1:]], "float16"), array([[2**23]], "float32")
    assert launch(device, PREFIX + instruction, [a, b, c], "float32", (1, 1)).item() == published
    assert launch(device, "matmul", operands(), "float32", (1, 1)).item() == by_definition(simulated)
    other = next(name for name in PUBLISHED if name != simulated)
    assert not device.supports(PREFIX + PUBLISHED[other][0], ["float16", "float16", "float32", "float32"])


def test_a_device_without_another_name_is_the_product_under_test() -> None:
    device = open_simulated("", load_profile("amd/mi300x"))
    assert device.describe().facts["simulates"] == "amd/mi300x"
    assert launch(device, "matmul", operands(), "float32", (1, 1)).item() == by_definition("amd/mi300x")


# ----------------------------------------------------------------------------------------------------- made ready


@pytest.mark.parametrize("name", ACCELERATORS)
def test_a_device_made_ready_compiles_nothing_when_products_are_launched(name: str) -> None:
    profile = load_profile(name)
    device = SimulatedDevice(profile)
    device.make_ready()
    chain: Any = kernels.chain
    before, draw = len(chain.signatures), random.Random(name)
    for served, unit in profile.declared.arithmetic.serves.items():
        operation, dtype = served.split("/")
        if operation != "matmul" or unit == "vector":
            continue
        a, b = (
            [[draw.randint(-3, 3) for _ in range(columns)] for _ in range(rows)] for rows, columns in ((3, 5), (5, 2))
        )
        exact = [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]
        result = {"int8": "int32", "float64": "float64"}.get(dtype, "float32")
        found = launch(device, operation, [array(a, dtype), array(b, dtype)], result, (3, 2))
        assert found.tolist() == exact  # small whole numbers are exact in every unit
    assert len(chain.signatures) == before
