"""BLAS and transforms on simulated units: launches that are malformed, steps that keep to the profile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.device.protocol import INVALID_VALUE, DeviceError, Tensor
from harness.profile.store import load_profile
from harness.simulator.arithmetic import ProfileArithmetic

IDEAL = ProfileArithmetic(load_profile("reference/ieee"))


def refused(operation: str, shapes: list[tuple[int, ...]], out: tuple[int, ...], **attributes: Any) -> str:
    dtype = attributes.pop("dtype", "complex64")
    with pytest.raises(DeviceError) as caught:
        IDEAL.signature(operation).check(
            operation, [Tensor(0, dtype, shape) for shape in shapes], [Tensor(0, dtype, out)], attributes
        )
    return caught.value.kind


@pytest.mark.parametrize(
    ("operation", "shapes", "out", "attributes"),
    [
        ("axpy", [(3,), (4,)], (3,), {}),
        ("axpy", [(3,), (3,)], (3,), {"alpha": "two"}),
        ("axpy", [(3,), (3,)], (3,), {"alpha": [1.0, 2.0, 3.0]}),
        ("dot", [(3, 1), (3, 1)], (), {}),
        ("dot", [(3,), (3,)], (1,), {}),
        ("gemv", [(2, 3), (2,), (3,)], (3,), {"trans": "N"}),
        ("gemv", [(2, 3), (3,), (2,)], (2,), {"trans": "n"}),
        ("syrk", [(2, 3), (3, 3)], (3, 3), {"trans": "N"}),
        ("syrk", [(2, 3), (3, 3)], (3, 3), {"trans": "C"}),
        ("trsm", [(2, 3), (2, 3)], (2, 3), {}),
        ("trsm", [(2, 2), (3, 2)], (3, 2), {"side": "L"}),
        ("trsm", [(2, 2), (2, 2)], (2, 2), {"diag": "X"}),
        ("fft", [(4,)], (5,), {}),
        ("fft", [(4,)], (0,), {"n": 0}),
        ("fft", [(4,)], (4,), {"axis": 1}),
        ("fft", [(4,)], (4,), {"norm": "none"}),
        ("fft", [()], (), {}),
        ("ifft", [(4,)], (4,), {"length": 4}),
    ],
)
def test_malformed_launches_are_refused(
    operation: str, shapes: list[tuple[int, ...]], out: tuple[int, ...], attributes: dict[str, Any]
) -> None:
    assert refused(operation, shapes, out, **attributes) == INVALID_VALUE


def test_a_product_and_its_addition_are_two_roundings() -> None:
    x, y = np.array([1 + 2.0**-12], np.float32), np.array([-1 - 2.0**-11], np.float32)
    (found,) = IDEAL.compute("axpy", (x, y), {"alpha": float(x[0])}, ("float32",))
    assert found[0] == np.float32(x[0] * x[0]) + y[0] == 0


def test_a_norm_neither_overflows_nor_vanishes() -> None:
    for power in (2.0**120, 2.0**-140):
        (found,) = IDEAL.compute("nrm2", (np.array([3, 4], np.float32) * np.float32(power),), {}, ("float32",))
        assert found == np.float32(5 * power)


@pytest.mark.parametrize("length", [1, 2, 4])
def test_short_transforms_of_whole_numbers_are_exact(length: int) -> None:
    x = np.array([[3 + 1j, -2 + 5j, 7, 1j][:length]], np.complex64)
    turns = [1, -1j, -1, 1j]
    for name, sign in (("fft", 1), ("ifft", -1)):
        (found,) = IDEAL.compute(name, (x,), {"axis": -1}, ("complex64",))
        step = 4 // length
        right = [
            sum(x[0, j] * turns[sign * j * k * step % 4] for j in range(length)) / (length if name == "ifft" else 1)
            for k in range(length)
        ]
        assert found[0].tolist() == right


def test_a_triangle_of_ones_takes_sums_to_differences() -> None:
    sums = np.array([[1], [3], [6], [10]], np.float64)
    flags = {"side": "L", "uplo": "L", "trans": "N", "diag": "U", "alpha": 1.0}
    (found,) = IDEAL.compute("trsm", (np.tril(np.ones((4, 4))), sums), flags, ("float64",))
    assert found[:, 0].tolist() == [1, 2, 3, 4]
