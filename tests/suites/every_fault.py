"""What every operation must be failed for: each fault, the input classes that must say so, and what it cannot touch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any

from harness.oracle.formats import component, is_float
from harness.oracle.task import Task
from tests.suites import faulty_operations as devices

#: Input classes whose operands are of full precision, so that lost bits show.
_PRECISE = ("selector", "dense", "domain")
#: Input classes that tell accumulators apart.
_ADDED = ("integer-exact", "dense")


@dataclass(frozen=True)
class Fault:
    """A fault that any operation can have.

    ``words`` are the input classes that must fail of those an operation is asked, all of them where none are named.
    ``spared`` says why it cannot show: of an operation, of a family, or of ``NAME/LABEL`` with ``*`` for anything.
    ``touches`` says of a task why the fault leaves it alone, for reasons that are not a matter of names. What is spared
    is taken for right, unless the fault still shows ``sometimes``.
    """

    name: str
    device: Callable[[], Any]
    words: tuple[str, ...] = ()
    touches: Callable[[Task], str] = lambda task: ""
    spared: Mapping[str, str] = field(default_factory=dict)
    sometimes: bool = False

    def excuse(self, task: Task, word: str = "") -> str:
        """Why a task, or one input class of it, cannot show the fault; empty where it must."""
        names = (task.family, task.name, f"{task.name}/{task.types.label}")
        places = [*names, *(f"{name}:{word}" for name in names if word)]
        return self.touches(task) or next(
            (why for pattern, why in self.spared.items() for place in places if fnmatch(place, pattern)), ""
        )


def _no_operands(task: Task) -> str:
    return "" if task.types.inputs else "it has no operands"


def _no_floats_in(task: Task) -> str:
    return "" if any(is_float(component(dtype)) for dtype in task.types.inputs) else "no operand is floating-point"


def _no_floats_out(task: Task) -> str:
    return "" if any(is_float(component(dtype)) for dtype in task.types.outs) else "no result is floating-point"


def _no_short_accumulator(task: Task) -> str:
    if component(task.types.operand) not in ("float16", "bfloat16", "float64"):
        return "its accumulator stays as it is"
    return "" if task.family in _SUMS else "it adds nothing up"


def _no_order(task: Task) -> str:
    if component(task.types.operand) not in ("float32", "float64"):
        return "the order of its sums is hardly seen in so few bits"
    return "" if task.family in _SUMS else "it adds nothing up that is rounded"


#: Families whose results are sums of many terms, or products, along an axis.
_SUMS = frozenset(
    [
        *("sum", "product", "variance", "scan", "inner-product", "convolution", "softmax", "normalization"),
        *("attention", "rotation", "vector-update", "vector-product", "triangular", "transform"),
        *("average-pooling", "scaled-product"),
    ]
)
_ONE_ANSWER = "there is one right answer for each shape"
_BITS_ASIDE = "the bits that are lost do not decide the answer"
_FEW_BITS = "no result has more bits than are kept"
_ONE_ORDER = "the simulated units add its terms up in one order only"
_SMALL = "whole numbers, and few terms, are exact in a short accumulator too"
_STEPS = "its steps are carried out in the type of the operands or a wider one, whatever the accumulator"
_A_NUMBER = "a number has no strides"

#: Rows whose results are operands of few bits that were selected or converted, times powers of two.
_SHORT = (
    *("*/float16-float32:selector", "*/bfloat16-float32:selector", "scaled_mm/*:selector", "cast/float8_*"),
    *("cast/float16-float32", "cast/bfloat16-float32", "cast/bfloat16-float16", "cast/int8-float32"),
    *("cast/bool-float32", "cast/float32-float64"),
)

FAULTS = (
    Fault("zeros", devices.with_arithmetic(devices.GivesZeros), spared={"zeros": "zeros are right"}),
    Fault(
        "stale",
        devices.with_arithmetic(devices.GivesTheLastOne),
        spared={"zeros": _ONE_ANSWER, "ones": _ONE_ANSWER},
    ),
    Fault("nothing written", devices.WritesNothing),
    Fault("last row left out", devices.LeavesLastRowOut, ("guards", "shapes")),
    Fault("strides ignored", devices.IgnoresStrides, ("layouts",), _no_operands),
    Fault(
        "output strides ignored",
        devices.IgnoresOutputStrides,
        ("guards",),
        spared={"dot": _A_NUMBER, "dotc": _A_NUMBER, "nrm2": _A_NUMBER},
    ),
    Fault("bytes behind the output written", devices.WritesPastTheEnd, ("guards",)),
    Fault("operands scratched", devices.ScratchesOperands, ("guards",), _no_operands),
    Fault(
        "an order that varies",
        devices.with_arithmetic(devices.Alternates),
        ("repeat",),
        _no_order,
        dict.fromkeys(["scan", "rotation", "vector-update", "triangular"], _ONE_ORDER)
        | {"nrm2/complex128": "the root of a sum hides half of its error"},
        sometimes=True,
    ),
    Fault(
        "operands in the next lower precision",
        devices.with_arithmetic(devices.CutsOperands),
        _PRECISE,
        _no_floats_in,
        {
            "classification": _BITS_ASIDE,
            "sign": _BITS_ASIDE,
            "quantifier": _BITS_ASIDE,
            "QuantizeLinear:selector": _BITS_ASIDE,
        },
    ),
    Fault(
        "results in the next lower precision",
        devices.with_arithmetic(devices.CutsResults),
        _PRECISE,
        _no_floats_out,
        {
            "sign": _FEW_BITS,
            "eye": _FEW_BITS,
            "zeros": _FEW_BITS,
            "ones": _FEW_BITS,
            **dict.fromkeys(_SHORT, _FEW_BITS),
            "scaled_mm/*-float32": "sums of 8-bit products may be kept to fewer bits, unless more are declared",
        },
    ),
    Fault(
        "accumulators of the operands' type",
        devices.short_accumulators,
        _ADDED,
        _no_short_accumulator,
        {
            **dict.fromkeys(["*/float64:integer-exact", "*/complex128:integer-exact", "prod:integer-exact"], _SMALL),
            "axpy": "one product and one sum are rounded as the operands are",
            **dict.fromkeys(["cumulative_sum/float64", "CumSum/float64", "trsm/*"], _STEPS),
        },
    ),
)
