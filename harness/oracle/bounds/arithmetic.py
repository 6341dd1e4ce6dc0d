"""The arithmetic a result is held to: the weakest legal one, or the declared one where that is stronger.

The unit roundoff is u = 2**-p of the accumulator; where rounding is not declared to be to nearest, truncation is legal
and counts double.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.interface.operation import Operation, Types
from harness.oracle.formats import FORMATS, Format, component, is_float
from harness.profile.model import Profile

#: Families whose results come about step by step, each rounded to the format of the operands: an accumulator is about
#: long sums, and a wider one that is declared says nothing of them.
_STEPWISE = frozenset({"vector-update", "vector-product", "triangular", "transform"})

#: What the declarations of a rounding to nearest are called.
_TO_NEAREST = ("nearest-even", "nearest-away")


@dataclass(frozen=True)
class Arithmetic:
    """The arithmetic a result is held to.

    ``accumulator`` is the format results are put together in, also inside a composed operation. ``u`` and ``eta`` are
    its unit roundoff, doubled where truncation is legal, and the most that underflow takes from one term (the smallest
    subnormal, or the smallest normal number where flushing is declared). ``u_out`` and ``eta_out`` are the same of the
    output.
    """

    accumulator: str
    u: float
    eta: float
    u_out: float
    eta_out: float


def held_to(operation: Operation, types: Types, profile: Profile) -> Arithmetic:
    """The weakest arithmetic that is legal: the interface's accumulator, or the declared one where that is wider.

    A claim weaker than the interface's is not followed: a device that computes so fails.
    """
    declared = profile.arithmetic_of(operation.name, types.operand)
    accumulator = least = component(types.working)
    wider = declared.accumulator in FORMATS and is_float(least) and FORMATS[declared.accumulator].p > FORMATS[least].p
    if wider and operation.family not in _STEPWISE:
        assert declared.accumulator is not None
        accumulator = declared.accumulator
    form, out = FORMATS[accumulator], FORMATS[component(types.out)]
    twice = 1 if declared.rounding in _TO_NEAREST else 2
    flushes = bool(declared.flush_inputs or declared.flush_outputs)
    return Arithmetic(
        accumulator,
        twice * form.unit_roundoff,
        _least_step(form, flushes),
        out.unit_roundoff,
        _least_step(out, flushes),
    )


def arithmetic_in(accumulator: str, like: Arithmetic) -> Arithmetic:
    """The arithmetic of another accumulator whose rounding may be truncation; the output as in ``like``."""
    form = FORMATS[accumulator]
    return Arithmetic(accumulator, 2 * form.unit_roundoff, form.smallest_normal, like.u_out, like.eta_out)


def _least_step(form: Format, flushes: bool) -> float:
    return form.smallest_normal if flushes else form.smallest_subnormal
