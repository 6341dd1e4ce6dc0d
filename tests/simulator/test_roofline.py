"""Times are worked out by hand from round figures: 1 TFLOP/s, 100 GB/s, 10 us for a launch."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from harness.device.protocol import Tensor
from harness.profile.model import Profile
from harness.profile.store import list_profiles, load_profile, parse_profile
from harness.simulator.roofline import Roofline, bandwidth, operations_of, rate

BASE = """
profile: test/roof
version: "1"
kind: accelerator
product: {vendor: Test, name: Roof}
sources:
  paper: {title: A paper, kind: vendor document}
arithmetic:
  vector:
    status: vendor
    source: paper
    float32: {support: native}
    float16: {support: native}
  matrix:
    status: vendor
    source: paper
    mma_f16: {a: float16, b: float16, c: float32, d: float32, shape: [16, 16, 16]}
    mma_tf32: {a: tf32, b: tf32, c: float32, d: float32, shape: [16, 16, 8]}
"""
SERVES = "  serves: {matmul/float16: mma_f16, gemm/float32: mma_tf32, matmul/float32: vector}\n"
BANDWIDTH = "memory: {device: {bandwidth: {value: 100 GB/s, status: vendor, source: paper}}}\n"
RATES = """
rates:
  status: vendor
  source: paper
  vector/float32: 1 TFLOP/s
  float16: 2 TFLOP/s
  matrix/float16: 8 TFLOP/s
  tf32: 4 TFLOP/s
  float64: unknown
"""
LAUNCH = "simulation: {launch_cost: 10 us}\n"


def profile(*parts: str) -> Profile:
    """A profile that claims some of the figures."""
    return parse_profile("".join((BASE, *parts)).encode(), "roof.yaml")


@dataclass(frozen=True)
class Of:
    """A tensor's shape and dtype."""

    dtype: str
    shape: tuple[int, ...]


WHOLE = profile(SERVES, BANDWIDTH, RATES, LAUNCH)


def test_a_long_elementwise_operation_takes_its_traffic() -> None:
    x = Of("float32", (1000, 1000))
    # Three million-element tensors of 4 bytes are 12 MB: 0.12 ms at 100 GB/s; a million additions take 0.001 ms.
    assert Roofline(WHOLE).launch_ms("add", [x, x], x) == pytest.approx(0.12 + 0.01, rel=1e-12)
    # Twice as fast in half the bytes: three of 2 MB.
    half = Of("float16", (1000, 1000))
    assert Roofline(WHOLE).launch_ms("add", [half, half], half) == pytest.approx(0.06 + 0.01, rel=1e-12)


def test_a_matrix_product_takes_its_arithmetic() -> None:
    x = Of("float32", (1000, 1000))
    # 2 * 10**9 operations: 2 ms at 1 TFLOP/s; 12 MB take 0.12 ms.
    assert Roofline(WHOLE).launch_ms("matmul", [x, x], x) == pytest.approx(2.01, rel=1e-12)
    half = Of("float16", (1000, 1000))
    # The instruction that serves it has a rate of its own, 8 TFLOP/s.
    assert Roofline(WHOLE).launch_ms("matmul", [half, half], half) == pytest.approx(0.25 + 0.01, rel=1e-12)


def test_an_instruction_that_shortens_its_operands_has_the_rate_of_the_short_format() -> None:
    x = Of("float32", (1000, 1000))
    # 2 * 10**9 + 3 * 10**6 operations at 4 TFLOP/s.
    assert Roofline(WHOLE).launch_ms("gemm", [x, x, x], x) == pytest.approx(0.50075 + 0.01, rel=1e-12)
    assert rate(WHOLE, "float32", "gemm") == 4 * 10**12
    assert rate(WHOLE, "float32", "matmul") == 10**12
    assert rate(WHOLE, "float16") == 2 * 10**12
    assert rate(WHOLE, "float16", "matmul") == 8 * 10**12


def test_broadcast_operands_are_read_once() -> None:
    x, row = Of("float32", (1000, 1000)), Of("float32", (1000,))
    # 4 MB, 4 kB and 4 MB: 8.004 MB.
    assert Roofline(WHOLE).launch_ms("multiply", [x, row], x) == pytest.approx(0.08004 + 0.01, rel=1e-12)


def test_reductions_and_inner_products_count_their_terms() -> None:
    x, row = Of("float32", (1000, 100)), Of("float32", (1000,))
    assert operations_of("sum", [x], row) == 100_000
    assert operations_of("vecdot", [x, x], row) == 200_000
    assert operations_of("matmul", [Of("float32", (7, 3, 5)), Of("float32", (5, 2))], Of("float32", (7, 3, 2))) == 420
    assert operations_of("gemm", [Of("float32", (5, 3)), Of("float32", (5, 2)), row], Of("float32", (3, 2))) == 78
    assert operations_of("exp", [x], x) == 100_000


def test_what_rounds_nothing_needs_no_rate() -> None:
    x, truth = Of("float64", (1000, 1000)), Of("bool", (1000, 1000))
    for operation in ("negative", "cast", "max"):
        assert operations_of(operation, [x], x) == 0
    # 8 MB read twice and 1 MB written.
    assert Roofline(WHOLE).launch_ms("less", [x, x], truth) == pytest.approx(0.17 + 0.01, rel=1e-12)


def test_copies_read_and_write_and_writes_only_write() -> None:
    assert Roofline(WHOLE).copy_ms(10**6) == pytest.approx(0.02 + 0.01, rel=1e-12)
    assert Roofline(WHOLE).write_ms(10**6) == pytest.approx(0.01 + 0.01, rel=1e-12)


def test_an_unknown_rate_or_bandwidth_leaves_the_time_unknown() -> None:
    x, half = Of("float32", (10, 10)), Of("float64", (10, 10))
    assert Roofline(WHOLE).launch_ms("add", [half, half], half) is None
    assert Roofline(profile(SERVES, BANDWIDTH, LAUNCH)).launch_ms("add", [x, x], x) is None
    without = profile(SERVES, RATES, LAUNCH)
    assert Roofline(without).launch_ms("add", [x, x], x) is None
    assert Roofline(without).copy_ms(10) is None
    assert Roofline(without).write_ms(10) is None
    assert bandwidth(without) is None
    assert rate(WHOLE, "float64") is None


def test_without_a_launch_cost_nothing_is_added() -> None:
    x = Of("float32", (1000, 1000))
    assert Roofline(profile(BANDWIDTH, RATES)).launch_ms("add", [x, x], x) == pytest.approx(0.12, rel=1e-12)


def test_nothing_takes_the_launch_alone() -> None:
    empty = Of("float32", (0, 5))
    assert Roofline(WHOLE).launch_ms("add", [empty, empty], empty) == 0.01
    # B is still read: 80 bytes.
    b = Of("float32", (4, 5))
    assert Roofline(WHOLE).launch_ms("gemm", [Of("float32", (0, 4)), b, empty], empty) == pytest.approx(
        0.01 + 8e-7, rel=1e-12
    )
    assert Roofline(WHOLE).copy_ms(0) == 0.01


def test_tensors_of_launches_have_what_a_cost_needs() -> None:
    x = Tensor(1, "float32", (1000, 1000))
    assert Roofline(WHOLE).launch_ms("add", [x, x], x) == pytest.approx(0.13, rel=1e-12)


@pytest.mark.parametrize("name", list_profiles())
def test_every_profile_has_a_time_for_an_addition_or_lacks_a_figure_for_it(name: str) -> None:
    shipped, x = load_profile(name), Of("float32", (1 << 20,))
    found = Roofline(shipped).launch_ms("add", [x, x], x)
    known = bandwidth(shipped) is not None and rate(shipped, "float32") is not None
    assert (found is not None) == known
    assert found is None or found > 0
