"""Devices whose fault is known: the cause that is named must be that one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from harness.oracle.problem import Array
from tests.run.faults import beyond, changed, first_failure, instead, narrowed, tail, to_bits
from tests.suites.asking import task
from tests.suites.faulty_operations import (
    GivesTheLastOne,
    GivesZeros,
    IgnoresOutputStrides,
    IgnoresStrides,
    LeavesLastRowOut,
    WritesNothing,
    short_accumulators,
    with_arithmetic,
)


def summed_in_bfloat16(a: Array, b: Array) -> Array:
    """A matrix product whose running sums are kept in bfloat16."""
    total = np.zeros((a.shape[0], b.shape[1]), ml_dtypes.bfloat16)
    for k in range(a.shape[1]):
        total = (total.astype(np.float32) + np.outer(a[:, k], b[k])).astype(ml_dtypes.bfloat16)
    return total.astype(np.float32)


def truncated(a: Array, b: Array) -> Array:
    """A sum rounded toward zero."""
    exact = a.astype(np.float64) + b.astype(np.float64)
    near = exact.astype(np.float32)
    return np.where(np.abs(near.astype(np.float64)) > np.abs(exact), np.nextafter(near, np.float32(0)), near)


def flushed(values: Array) -> Array:
    """Subnormal numbers as zeros of their sign."""
    if values.dtype != np.float32:
        return values
    return np.where(np.abs(values) < 2.0**-126, np.copysign(np.float32(0), values), values)


def without_nan(values: Array) -> Array:
    """Numbers in place of NaN."""
    return np.nan_to_num(values, nan=1.0, posinf=np.inf, neginf=-np.inf) if values.dtype.kind == "f" else values


def without_minus_zero(values: Array) -> Array:
    """Positive zeros alone."""
    return values + np.float32(0) if values.dtype == np.float32 else values


def off_by_one(values: Array) -> Array:
    """Neighbours by one unit."""
    return values + 1


KNOWN: dict[str, tuple[Callable[[], Any], str, str, str, str]] = {
    "tf32 operands": (narrowed(to_bits(11)), "matmul", "float32", "dense", "input-precision"),
    "bfloat16 operands": (narrowed(to_bits(8)), "matmul", "float32", "dense", "input-precision"),
    "tf32 operands of exact products": (narrowed(to_bits(11)), "matmul", "float32", "selector", "input-precision"),
    "tf32 operands of gemm": (narrowed(to_bits(11)), "gemm", "float32", "dense", "input-precision"),
    "bfloat16 operands of a convolution": (narrowed(to_bits(8)), "Conv", "float32", "dense", "input-precision"),
    "a bfloat16 accumulator": (instead(summed_in_bfloat16), "matmul", "float32", "cancellation", "accumulator-width"),
    "a float16 accumulator": (short_accumulators, "sum", "float16", "dense", "accumulator-width"),
    "truncation": (instead(truncated), "add", "float32", "selector", "rounding"),
    "results of 11 bits": (changed(to_bits(11)), "exp", "float32", "domain", "rounding"),
    "flushed results": (changed(flushed), "multiply", "float32", "subnormals", "flushing"),
    "flushed operands": (narrowed(flushed), "matmul", "float32", "subnormals", "flushing"),
    "a lost tail of 16": (changed(tail(16, np.zeros_like)), "add", "float32", "shapes", "tail-tile"),
    "a wrong tail of 32": (changed(tail(32, off_by_one)), "matmul", "float32", "shapes", "tail-tile"),
    "a wrong tail of 128": (changed(tail(128, off_by_one)), "add", "float32", "shapes", "tail-tile"),
    "an unwritten last row": (LeavesLastRowOut, "matmul", "float32", "integer-exact", "tail-tile"),
    "an index of 16 bits": (changed(beyond(1 << 16)), "exp", "float32", "slices-32", "index-limit"),
    "operands' strides ignored": (IgnoresStrides, "matmul", "float32", "layouts", "layout"),
    "results' strides ignored": (IgnoresOutputStrides, "add", "float32", "guards", "layout"),
    "the output before": (with_arithmetic(GivesTheLastOne), "matmul", "float32", "integer-exact", "stale-output"),
    "the output before, within a bound": (
        *(with_arithmetic(GivesTheLastOne), "matmul", "float32", "dense", "stale-output"),
    ),
    "nothing written": (WritesNothing, "add", "float32", "integer-exact", "stale-output"),
    "zeros": (with_arithmetic(GivesZeros), "add", "float32", "integer-exact", "wrong-function"),
    "a lost NaN": (changed(without_nan), "max", "float32", "specials", "lost-nan"),
    "a lost minus zero": (changed(without_minus_zero), "negative", "float32", "signed-zeros", "lost-sign-of-zero"),
    "the sine for the cosine": (instead(np.sin), "cos", "float32", "domain", "wrong-function"),
    "a difference for a sum": (instead(np.subtract), "add", "float32", "integer-exact", "wrong-function"),
    "an element-wise product": (instead(lambda a, b: 2 * (a @ b)), "matmul", "float32", "dense", "wrong-function"),
}


@pytest.mark.parametrize("fault", KNOWN)
def test_the_cause_of_a_known_fault_is_named(fault: str) -> None:
    make, operation, label, word, cause = KNOWN[fault]
    found = first_failure(make, task(operation, label), word).explanation
    assert (found.cause, found.because) == (cause, found.because)
