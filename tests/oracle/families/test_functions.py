"""Elementary functions: an honest device passes every class, and each class fails the devices it is there for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import numpy as np
import pytest

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import definition_of
from harness.oracle.draw import Draw
from harness.oracle.families.function_points import ends, representable, spread
from harness.oracle.families.functions import every_slice, slices
from harness.oracle.formats import FORMATS
from harness.simulator.conversion import Array
from tests.oracle.families import wrong_devices as devices
from tests.oracle.families.test_elementwise import instead, words
from tests.suites.asking import ask, task

ASKED = (
    *(("exp", "float32"), ("log", "float16"), ("sin", "bfloat16"), ("acosh", "float64"), ("atanh", "float32")),
    *(("pow", "float32"), ("atan2", "float16"), ("hypot", "float64"), ("logaddexp", "bfloat16"), ("tan", "float32")),
)
UNARY = (
    *("exp", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan"),
    *("asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
)


@pytest.mark.parametrize(("operation", "label"), ASKED)
def test_an_honest_device_passes_and_one_of_zeros_or_of_the_last_output_does_not(operation: str, label: str) -> None:
    for word in words(operation):
        findings = ask(devices.ideal(), task(operation, label), word)
        assert [(word, name, finding) for name, finding in findings if finding.outcome != "pass"] == []
        if findings:
            assert devices.failed(devices.zeros, operation, label, word), word
            assert devices.failed(devices.last_output(), operation, label, word), word


@pytest.mark.parametrize("operation", [*UNARY, "pow", "atan2", "hypot", "logaddexp"])
def test_operands_of_fewer_bits_fail(operation: str) -> None:
    assert devices.failed(devices.short_operands, operation, "float32", "domain")


@pytest.mark.parametrize(
    ("operation", "label", "word", "compute"),
    [
        ("log1p", "float32", "domain", lambda x: np.log((1 + x).astype(np.float32).astype(np.float64))),
        ("expm1", "float32", "domain", lambda x: np.exp(x).astype(np.float32).astype(np.float64) - 1),
        ("asinh", "float32", "domain", lambda x: np.log(x + np.sqrt(x * x + 1))),
        ("sin", "float32", "range-reduction", lambda x: np.sin(np.remainder(x, np.float64(np.float32(2 * np.pi))))),
        ("cos", "float32", "range-reduction", lambda x: np.sin(x + np.float64(np.float32(np.pi / 2)))),
        ("pow", "float32", "whole-powers", lambda x, y: np.exp(y * np.log(np.abs(x)))),
        ("pow", "float32", "domain", lambda x, y: np.exp((y * np.log(x)).astype(np.float32).astype(np.float64))),
        ("hypot", "float32", "large-and-small", lambda x, y: np.sqrt((x * x).astype(np.float32) + y * y)),
        ("atan2", "float32", "domain", lambda y, x: np.arctan(y / x)),
        ("logaddexp", "float32", "domain", np.maximum),
        ("tanh", "float16", "exhaustive-16", lambda x: np.where(np.abs(x) > 3, np.sign(x) * 0.9966, np.tanh(x))),
        ("exp", "float32", "specials", lambda x: np.exp(np.nan_to_num(x))),
        ("exp", "float64", "domain", lambda x: np.exp(x.astype(np.float32)).astype(np.float64)),
    ],
)
def test_a_fault_fails_the_class_that_is_there_for_it(
    operation: str, label: str, word: str, compute: Callable[..., Array]
) -> None:
    assert devices.failed(instead(compute), operation, label, word)


@pytest.mark.parametrize("operation", [*UNARY, "pow", "atan2", "hypot"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_points_are_in_the_domain_and_their_values_are_normal(operation: str, dtype: str) -> None:
    about = task(operation, dtype)
    points = spread(about, Draw("seed", "test", operation), 500)
    expected = np.abs(definition_of(about.operation).solve(about, points, {}, False)[0].expected)
    form = FORMATS[dtype]
    assert (expected >= form.smallest_normal).all()
    assert (expected <= form.largest).all()
    for operand, (low, high) in zip(points, about.operation.domain, strict=True):
        assert operand.dtype == numpy_dtype(dtype)
        wide = operand.astype(np.float64)
        assert ((wide >= low) & (wide <= high)).all()
        assert len(set(wide.tolist())) > 150


@pytest.mark.parametrize(
    ("operation", "dtype", "low", "high"),
    [
        # The last numbers whose exponential is a normal number of the type (float.h: log(FLT_MIN) and log(FLT_MAX)).
        ("exp", "float32", -87.33654, 88.72283),
        ("exp", "float16", -9.7031, 11.0859),
        ("exp", "float64", -708.3964, 709.7827),
        ("log", "float16", 2.0**-14, 65504.0),
        ("cosh", "float32", -89.41598, 89.41598),
    ],
)
def test_a_domain_ends_where_results_stop_being_normal(operation: str, dtype: str, low: float, high: float) -> None:
    found = ends(operation, task(operation, dtype).operation.domain[0], dtype, dtype)
    assert found == pytest.approx((low, high), rel=1e-4)


def test_slices_are_disjoint_and_together_everything() -> None:
    first = [question.make(Draw("seed", "t", question.name)) for question in slices(task("atan", "float32"))]
    patterns = [np.concatenate([p.operands[0].view(np.uint32)[:64] for p in problems]) for problems in first]
    usable = [set(found.tolist()) - {int(np.float32(0.75).view(np.uint32))} for found in patterns]
    assert usable[0].isdisjoint(usable[1])
    assert sum(problem.operands[0].size for problem in first[0]) == 1 << 24
    assert len(list(every_slice(task("atan", "float32")))) == 256
    for number, question in enumerate(islice(every_slice(task("atan", "float32")), 1)):
        held = question.make(Draw("seed", "t", "x"))[3].operands[0].view(np.uint32)
        assert {int(word) % 256 for word in held[:99]} <= {number, int(np.float32(0.75).view(np.uint32)) % 256}


def test_what_cannot_be_asked_becomes_ordinary() -> None:
    for name, points in (("exp", [1e4, np.nan, -1e4, 1e-300]), ("acosh", [0.5, 1.0, np.inf])):
        found = representable(task(name, "float32"), [np.array(points)])[0]
        assert set(found.tolist()) == {1.5 if name == "acosh" else 0.75}
