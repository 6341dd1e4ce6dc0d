"""What is known to be wrong with other implementations is found, and nothing else is found where they are right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from harness.adapters.onnxruntime import open_onnxruntime
from harness.oracle.definition import pose
from harness.oracle.task import Task
from harness.profile.store import parse_profile, profile_path
from harness.suite.numeric import written
from tests.peers.jax_device import open_jax
from tests.suites.asking import ask, judged, task, words

Found = frozenset[str]

NOTHING: Found = frozenset()

#: Classes that take long, or ask for more than these devices show in a second.
LEFT_OUT = frozenset({"exhaustive-16", "slices-32", "volume", "huge", "largest", "long", "skinny", "many-batches"})

#: onnxruntime 1.32. A maximum and a minimum drop NaN, and a maximum over minus infinity alone is the least finite
#: number. Sigmoid and tanh are approximated in float32, the one far into the tails, the other near the subnormals. Sine
#: and cosine of float64 reduce their argument with too few bits. Padding SAME does not go with dilation. A sum over
#: nothing of 8-bit products is left as the memory was, and zero points are taken for whole matrices only. Attention
#: rounds its scores to float16, as ONNX allows and the interface does not, and takes no mask of one query for all.
OF_ONNXRUNTIME: Mapping[tuple[str, str], Found] = {
    ("max", "float32"): frozenset({"nan-positions", "specials"}),
    ("min", "float32"): frozenset({"nan-positions", "specials"}),
    ("sign", "float16"): frozenset({"special-values", "specials"}),
    ("MaxPool", "float32"): frozenset({"specials", "auto-pad"}),
    ("AveragePool", "float32"): frozenset({"auto-pad"}),
    ("Conv", "float32"): frozenset({"auto-pad"}),
    ("Sigmoid", "float32"): frozenset({"domain", "specials"}),
    ("tanh", "float32"): frozenset({"domain"}),
    ("sin", "float64"): frozenset({"domain", "range-reduction"}),
    ("cos", "float64"): frozenset({"domain", "range-reduction"}),
    ("MatMulInteger", "uint8"): frozenset({"empty-depth", "zero-points"}),
    ("LogSoftmax", "float64"): frozenset({"specials"}),
    ("Attention", "float32"): frozenset({"masks"}),
    ("Attention", "float16"): frozenset({"dense", "overflow", "blocks"}),
}
ONNXRUNTIME_IS_RIGHT = [
    ("add", "float32"),
    ("multiply", "float16"),
    ("divide", "float32"),
    ("sqrt", "float64"),
    ("exp", "float32"),
    ("exp", "float64"),
    ("sin", "float32"),
    ("Erf", "float32"),
    ("sum", "float32"),
    ("max", "int32"),
    ("CumSum", "float32"),
    ("Gather", "float16"),
    ("TopK", "float32"),
    ("MatMul", "float32"),
    ("MatMul", "float16"),
    ("Gemm", "float64"),
    ("Softmax", "float32"),
    ("Softmax", "float16"),
    ("LayerNormalization", "float32"),
    ("LayerNormalization", "float64"),
    ("RMSNormalization", "float64"),
    ("RotaryEmbedding", "float16"),
    ("QuantizeLinear", "float32-int8"),
    ("DequantizeLinear", "uint8-float16"),
]

#: JAX 0.10. Subnormal operands and results are taken for zero, which the profile does not declare. The exponential is
#: off by four units near overflow, expm1 by as much elsewhere; sinh overflows early. A division by a row that is
#: broadcast is a product with its reciprocals. Signs of zero are wrong in remainder and floor_divide. Sums of float16
#: are rounded to float16 on the way.
OF_JAX: Mapping[tuple[str, str], Found] = {
    ("add", "float32"): frozenset({"subnormals"}),
    ("multiply", "float64"): frozenset({"subnormals"}),
    ("sqrt", "bfloat16"): frozenset({"subnormals"}),
    ("maximum", "float32"): frozenset({"subnormals"}),
    ("divide", "float32"): frozenset({"subnormals", "broadcasting"}),
    ("exp", "float32"): frozenset({"domain"}),
    ("expm1", "float32"): frozenset({"domain"}),
    ("sinh", "float32"): frozenset({"domain"}),
    ("remainder", "float32"): frozenset({"special-values"}),
    ("floor_divide", "float32"): frozenset({"special-values", "integer-exact"}),
    ("sum", "float16"): frozenset({"dense", "cancellation", "integer-exact"}),
}
JAX_IS_RIGHT = [
    ("add", "float16"),
    ("multiply", "int8"),
    ("round", "float32"),
    ("exp", "float64"),
    ("log", "float32"),
    ("sin", "float32"),
    ("pow", "float32"),
]


@cache
def onnxruntime() -> Any:
    return open_onnxruntime("CPUExecutionProvider")


@cache
def jax() -> Any:
    return open_jax()


def fails(device: Any, about: Task, word: str) -> bool:
    """Whether a device fails one input class."""
    return any(finding.outcome != "pass" for _, finding in ask(device, about, word))


def failing(device: Any, name: str, label: str, asked: Iterable[str] | None = None, apart: Found = NOTHING) -> Found:
    """The input classes that a device fails, of those asked for one row of an operation's dtypes."""
    about = task(name, label)
    chosen = words(about) if asked is None else asked
    return frozenset(word for word in chosen if word not in LEFT_OUT | apart and fails(device, about, word))


@pytest.mark.parametrize(("name", "label"), OF_ONNXRUNTIME)
def test_what_is_known_of_onnxruntime_is_found(name: str, label: str) -> None:
    known = OF_ONNXRUNTIME[name, label]
    assert failing(onnxruntime(), name, label, known) == known


@pytest.mark.parametrize(("name", "label"), ONNXRUNTIME_IS_RIGHT)
def test_onnxruntime_is_not_accused_where_it_is_right(name: str, label: str) -> None:
    assert failing(onnxruntime(), name, label) == NOTHING


@pytest.mark.parametrize("place", [64, 129])
def test_onnxruntime_drops_a_nan_from_a_row_of_130(place: int) -> None:
    row = np.ones((1, 130), np.float32)
    row[0, place] = np.nan
    row[0, place - 1] = 2
    finding = judged(onnxruntime(), written([pose(task("max", "float32"), [row], {"axis": -1})]))
    assert (finding.outcome, finding.cause) == ("fail", "lost-nan")


@pytest.mark.parametrize(("name", "label"), OF_JAX)
def test_what_is_known_of_jax_is_found(name: str, label: str) -> None:
    known = OF_JAX[name, label]
    assert failing(jax(), name, label, known) == known


# A launch of a new shape is compiled, so that the sweep over shapes would take minutes.
@pytest.mark.parametrize(("name", "label"), JAX_IS_RIGHT)
def test_jax_is_not_accused_where_it_is_right(name: str, label: str) -> None:
    assert failing(jax(), name, label, apart=frozenset({"shapes"})) == NOTHING


@pytest.mark.parametrize("name", ["add", "multiply", "maximum"])
def test_what_jax_flushes_is_legal_where_it_is_declared(name: str) -> None:
    said = profile_path("reference/ieee").read_text().replace("flush: none", "flush: both")
    about = replace(task(name, "float32"), profile=parse_profile(said.encode(), "flushing.yaml"))
    assert about.flushes
    assert not fails(jax(), about, "subnormals")


def test_the_exponential_of_jax_is_off_by_four_units() -> None:
    worst = max(
        float.fromhex(finding.worst)
        for _, finding in ask(jax(), task("exp", "float32"), "domain")
        if finding.outcome == "fail"
    )
    assert 3 < worst < 6
