"""The numeric rules: results compared bit for bit, in units in the last place, or against a bound for each element."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.program import Observation, Program
from harness.device.protocol import ADAPTER_LAYER, UNSUPPORTED
from harness.oracle.formats import FORMATS, component, is_float, ulp_of
from harness.oracle.launch import Output
from harness.oracle.rules import FAIL, NOT_REACHED, PASS, UNSUPPORTED_OUTCOME, Finding

Array = NDArray[Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Result:
    """What one launch must leave in one output: the expected elements, in its dtype or, under a bound, in float64.

    ``measure`` says what ``bound`` is of: of each element's error in its own unit (``bound``), in units in the last
    place (``ulp``), or of the two-norm of the error along the last axis (``norm``); under ``bitwise`` there is none.
    Elements whose expected value is not finite must be equal whatever the bound. ``other`` is what an element may be
    as well under ``bitwise``, where its standard leaves two values.
    """

    output: Output
    expected: Array
    bound: Array | None = None
    measure: str = "bitwise"
    other: Array | None = None


@dataclass(frozen=True)
class Comparison:
    """Judges the results of a program's launches, one after another; the first that is wrong fails the case.

    ``name`` is what evidence calls the rule: ``bitwise``, ``bitwise-class``, ``ulp``, ``bound`` or ``norm``. NaNs are
    equal whatever their payload; -0 and +0 are not. For ``bound`` and ``norm`` the figure in evidence is the largest
    error over its bound, for ``ulp`` the largest error in units in the last place. ``histogram`` counts elements by
    their figures.
    """

    name: str
    results: tuple[Result, ...]

    def judge(self, program: Program, observations: Sequence[Observation]) -> Finding:
        """Compare every launch's output with what is right."""
        refusal = self._refusal(program, observations)
        if refusal is not None:
            return refusal
        with np.errstate(all="ignore"):
            return self._compare_all(observations)

    def _compare_all(self, observations: Sequence[Observation]) -> Finding:
        worst, limit, layer = 0.0, 0.0, "device"
        seen: Counter[str] = Counter()
        for result in self.results:
            layer = observations[result.output.launch].layer
            finding, figure, most = self._compare(result, observations, seen)
            if finding is not None:
                return finding
            if figure >= worst:
                worst, limit = figure, max(limit, most)
        if layer == ADAPTER_LAYER:
            return Finding(NOT_REACHED, layer=layer, detail="the adapter computed this itself")
        return Finding(PASS, layer=layer, worst=worst.hex(), limit=limit.hex(), histogram=dict(seen))

    def _refusal(self, program: Program, observations: Sequence[Observation]) -> Finding | None:
        launches = {result.output.launch for result in self.results}
        for index, (step, observation) in enumerate(zip(program.steps, observations, strict=True)):
            if observation.error is None:
                continue
            said = f"step {index} ({step.call}): {observation.error}: {observation.message}"
            if index in launches and observation.error == UNSUPPORTED:
                return Finding(UNSUPPORTED_OUTCOME, layer=observation.layer, detail=said)
            return Finding(
                FAIL, layer=observation.layer, expected="success", got=observation.error, cause="error", detail=said
            )
        return None

    def _compare(
        self, result: Result, observations: Sequence[Observation], seen: Counter[str]
    ) -> tuple[Finding | None, float, float]:
        output = result.output
        layer = observations[output.launch].layer
        got = output.elements(observations)
        figures, limits = figures_of(got, result)
        if result.measure != "bitwise":
            seen.update(histogram(figures))
        if not output.guards_hold(observations):
            return _structural(layer, "guard-overwritten", "bytes outside the output were written"), 0.0, 0.0
        if not output.operands_hold(observations):
            return _structural(layer, "operand-overwritten", "an operand was changed by the launch"), 0.0, 0.0
        wrong = ~(figures <= limits)
        if not wrong.any():
            figure = float(figures.max(initial=0.0))
            return None, figure, float(limits.flat[int(figures.argmax())]) if figures.size else 0.0
        return self._failure(result, got, figures, limits, wrong, layer), 0.0, 0.0

    def _failure(self, result: Result, got: Array, figures: Array, limits: Array, wrong: Mask, layer: str) -> Finding:
        worst = int(np.where(wrong, figures, -1.0).argmax())
        at = tuple(int(index) for index in np.unravel_index(worst, got.shape)) if got.shape else ()
        expected = np.asarray(result.expected)
        return Finding(
            FAIL,
            layer=layer,
            worst=float(figures.flat[worst]).hex(),
            limit=float(limits.flat[worst]).hex(),
            at=at,
            expected=show(expected[at]),
            got=show(got[at]),
            cause=cause_of(result, got, wrong),
            detail=f"{int(wrong.sum())} of {got.size} elements",
            kept={"expected": expected, "got": got},
        )


def figures_of(got: Array, result: Result) -> tuple[Array, Array]:
    """How far off each element is, and how far it may be: infinitely, where bits that must agree do not."""
    if result.bound is None:
        same = same_bits(got, result.expected)
        if result.other is not None:
            same |= same_bits(got, result.other)
        return np.where(same, 0.0, np.inf), np.zeros(got.shape)
    wide = np.complex128 if got.dtype.kind == "c" else np.float64
    expected, bound = np.asarray(result.expected, dtype=wide), np.broadcast_to(result.bound, got.shape)
    with np.errstate(all="ignore"):
        values = got.astype(wide)
        error = np.abs(values - expected)
        unit = ulp_of(expected.real, result.output.laid.dtype) if result.measure == "ulp" else bound
        figures = np.where(error == 0, 0.0, error / unit)
        if result.measure == "norm":
            # Of quotients, since squares of the errors themselves could leave float64's range.
            figures = np.broadcast_to(np.sqrt(np.square(figures).sum(axis=-1, keepdims=True)), got.shape)
    figures = np.where(np.isnan(figures), np.inf, figures)
    special = ~np.isfinite(expected)
    if result.measure == "ulp":
        # A function's zeros have a sign of their own.
        special |= expected == 0
    agree = _same_numbers(values, expected)
    figures = np.where(special, np.where(agree, 0.0, np.inf), figures)
    limits = bound if result.measure == "ulp" else np.float64(1.0)
    return figures, np.where(special, 0.0, limits)


def _same_numbers(got: Array, expected: Array) -> Mask:
    """Where numbers are equal, zeros with their sign, or both NaN; of complex numbers, both parts."""
    if got.dtype.kind == "c":
        return np.asarray(_same_numbers(got.real, expected.real) & _same_numbers(got.imag, expected.imag))
    agree = (got == expected) & (np.signbit(got) == np.signbit(expected))
    return np.asarray(agree | (np.isnan(got) & np.isnan(expected)))


def histogram(figures: Array) -> dict[str, int]:
    """How many elements are how far off: ``0``, then by powers of two, ``2^-3`` for figures from 2**-3 to below 2**-2.

    Figures below 2**-20 are counted there, infinite ones as ``inf``.
    """
    finite = np.isfinite(figures)
    off = figures[finite & (figures > 0)]
    exponents = np.maximum(np.frexp(off)[1] - 1, -20)
    found = {"0": int((figures == 0).sum()), "inf": int((~finite).sum())}
    values, counts = np.unique(exponents, return_counts=True)
    found |= {f"2^{value}": int(count) for value, count in zip(values, counts, strict=True)}
    return {word: count for word, count in found.items() if count}


def bitwise(*results: Result) -> Comparison:
    """Every bit counts; NaN equals NaN."""
    return Comparison("bitwise", results)


def _structural(layer: str, cause: str, detail: str) -> Finding:
    return Finding(FAIL, layer=layer, worst="inf", limit="0x0.0p+0", cause=cause, detail=detail)


def same_bits(got: Array, expected: Array) -> Mask:
    """Where two arrays of one dtype agree bit for bit, or are both NaN."""
    expected = np.broadcast_to(np.asarray(expected), got.shape)
    if expected.dtype != got.dtype:
        raise TypeError(f"expected {expected.dtype}, got {got.dtype}: the reference is of the wrong type")
    if got.dtype.kind == "c":
        return np.asarray(same_bits(got.real, expected.real) & same_bits(got.imag, expected.imag))
    bits = f"u{got.dtype.itemsize}"
    same = np.asarray(got, order="C").view(bits) == np.asarray(expected, order="C").view(bits)
    if is_float(got.dtype.name):
        with np.errstate(invalid="ignore"):
            same |= np.isnan(got.astype(np.float64)) & np.isnan(expected.astype(np.float64))
    return np.asarray(same)


def show(value: Any) -> str:
    """One element as evidence shows it: a float in hexadecimal, anything else as it is."""
    if isinstance(value, np.bool_ | bool) or np.issubdtype(np.asarray(value).dtype, np.integer):
        return str(int(value))
    if np.iscomplexobj(value):
        return f"{float(value.real).hex()} {float(value.imag).hex()} i"
    return float(value).hex()


def cause_of(result: Result, got: Array, wrong: Mask) -> str:
    """The class of cause the wrong elements point to; ``wrong-value`` where they point to none."""
    dtype = component(got.dtype.name)
    with np.errstate(invalid="ignore", over="ignore"):
        right, seen = _parts(np.asarray(result.expected)[wrong]), _parts(got[wrong])
        if not seen.any() and (right[~np.isnan(right)] != 0).any():
            return "flushed" if _subnormal(right, dtype) else "zeros"
        if result.output.unwritten(got)[wrong].all():
            return "not-written"
        if not is_float(dtype):
            return "wrong-value"
        if (np.isnan(right) & ~np.isnan(seen)).any():
            return "lost-nan"
        if ((right == 0) & (seen == 0)).all():
            return "lost-sign-of-zero"
        if result.bound is not None:
            return "beyond-bound"
        near = np.abs(right - seen) <= ulp_of(np.where(np.isfinite(right), right, 1.0), dtype)
        return "wrong-rounding" if near.all() else "wrong-value"


def _parts(values: Array) -> Array:
    """Numbers in float64; of complex ones, both parts in turn."""
    parts = values.view(values.real.dtype) if values.dtype.kind == "c" else values
    return np.asarray(parts.astype(np.float64))


def _subnormal(values: Array, dtype: str) -> bool:
    return is_float(dtype) and bool((np.abs(values) < FORMATS[dtype].smallest_normal).all())


@dataclass(frozen=True)
class Agreement:
    """Judges results as ``comparison`` does, and then holds parts of different outputs to be the same bits.

    ``parts`` are pairs of (number of the result, how many leading rows of it); all of them must agree. ``None`` rows
    are all there are.
    """

    comparison: Comparison
    parts: tuple[tuple[int, int | None], ...]
    name: str = "bitwise-repeat"

    def judge(self, program: Program, observations: Sequence[Observation]) -> Finding:
        """Compare with what is right, then with each other."""
        finding = self.comparison.judge(program, observations)
        if finding.outcome != PASS:
            return finding
        pieces = [
            self.comparison.results[number].output.elements(observations)[slice(rows) if rows is not None else ...]
            for number, rows in self.parts
        ]
        for piece in pieces[1:]:
            wrong = ~same_bits(piece, pieces[0])
            if wrong.any():
                at = tuple(int(index) for index in np.argwhere(wrong)[0])
                return Finding(
                    FAIL,
                    layer=finding.layer,
                    at=at,
                    expected=show(pieces[0][at]),
                    got=show(piece[at]),
                    cause="not-repeatable",
                    detail=f"{int(wrong.sum())} of {piece.size} elements differ between launches",
                    kept={"expected": pieces[0], "got": piece},
                )
        return finding
