"""What a failure points to: each likely cause is tried as a hypothesis, and the first that explains it is named.

A hypothesis is a wrong device that would have given what was got: one that cuts its operands to a narrower format, adds
in one, loses the last tile. Nothing is guessed from the size of an error alone where the error can be computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.oracle.bounds.arithmetic import arithmetic_in
from harness.oracle.definition import definition_of, plain, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS, Format, component, is_float
from harness.oracle.numeric_rules import Mask, Result, figures_of
from harness.oracle.problem import Array, Problem, Wanted
from harness.oracle.task import Task

#: Significands that numbers are commonly cut to, in bits with the hidden one, widest first.
_NARROW = {"float32": 24, "tfloat32": 11, "float16": 11, "bfloat16": 8, "float8_e4m3fn": 4}
#: Formats that sums are commonly kept in, widest first.
_ACCUMULATORS = ("float32", "float16", "bfloat16")
#: Lengths of tiles and vectors, longest first.
_TILES = (256, 128, 64, 48, 32, 16, 8, 4)
#: Where indices of too few bits turn over.
_LIMITS = tuple(1 << bits for bits in (15, 16, 20, 21, 24, 31))


@dataclass(frozen=True)
class Cause:
    """A class of cause, and what speaks for it in words."""

    word: str
    because: str


@dataclass(frozen=True)
class Evidence:
    """One failing launch: the problem, which of its results is wrong, and what was got.

    ``plainly`` is what the rule saw by itself, such as ``lost-nan``. ``before`` are the launches before it.
    """

    problem: Problem
    result: Result
    got: Array
    number: int = 0
    plainly: str = ""
    before: Sequence[Problem] = ()

    @property
    def wrong(self) -> Mask:
        """Which elements are wrong."""
        figures, limits = figures_of(self.got, self.result)
        return np.asarray(~(figures <= limits))

    @property
    def dense(self) -> bool:
        """Whether every tensor lies dense."""
        return all(layout == "dense" for layout in (*self.problem.layouts, self.problem.out_layout))


#: Asks the device more: what of each problem, launched by itself, is wrong; ``None`` for one that is right.
Ask = Callable[[Sequence[Problem]], Sequence[Evidence | None]]


def explain_without_values(plainly: str, said: str) -> Cause | None:
    """The cause of a failure that is none of values, which the rule sees by itself and tells in words."""
    word = _STRUCTURAL.get(plainly)
    return None if word is None else Cause(word, said)


def explain(whole: Evidence, smallest: Evidence, ask: Ask) -> Cause:
    """The likely cause of a failure, as it was met and as it was made small; ``ask`` tries more on the device.

    Where elements are wrong shows in the whole launch, how they are wrong in the smallest one, which is dense where
    that fails as well.
    """
    return next(_found(whole, smallest, ask), _UNEXPLAINED)


def _found(whole: Evidence, smallest: Evidence, ask: Ask) -> Iterator[Cause]:
    """What explains it, from what is surest to what is least."""
    both = (whole, smallest)
    yield from _each((_specials,), both)
    yield from _each((_stale,), (whole,))
    yield from _each((_layout,), (smallest,))
    yield from _each((_input_precision, _flushed_inputs, _narrow_results, _neighbours), (whole,))
    yield from _each((_input_precision, _flushed_inputs), (smallest,))
    yield from _each((_length,), (smallest,))
    if smallest.got.size > _LIMITS[0]:
        yield from _each((_limit,), both)
    yield from _tiles(whole.problem.task, ask)
    if max((operand.size for operand in smallest.problem.operands), default=0) > 1:
        # What shows in a single element is no matter of how sums are kept.
        yield from _each((_accumulator,), both)
    yield from _each((_narrow_results, _neighbours), (smallest,))
    usual = [found for found in ask([plain(whole.problem.task, Draw("0", whole.problem.task.name, "plain"))]) if found]
    yield from _each((_tail,), (whole, *usual))
    yield from _each((_untouched,), (whole,))


def _each(hypotheses: Sequence[Callable[[Evidence], Cause | None]], of: Sequence[Evidence]) -> Iterator[Cause]:
    for evidence in of:
        for hypothesis in hypotheses:
            found = hypothesis(evidence)
            if found is not None:
                yield found


_UNEXPLAINED = Cause("wrong-function", "no narrower arithmetic, tail, layout or earlier output explains what was got")


#: What a rule can tell by itself, as a class of cause.
_STRUCTURAL = {
    "error": "refusal",
    "guard-overwritten": "tail-tile",
    "operand-overwritten": "wrong-function",
    "not-repeatable": "order",
}


def _specials(evidence: Evidence) -> Cause | None:
    """What every wrong element has lost: being NaN, the sign of a zero, a subnormal value."""
    if not is_float(component(evidence.got.dtype.name)) or evidence.got.dtype.kind == "c":
        return None
    wrong = evidence.wrong
    right, got = (np.asarray(a)[wrong].astype(np.float64) for a in (evidence.result.expected, evidence.got))
    if not right.size:
        return None
    if bool((np.isnan(right) & ~np.isnan(got)).all()):
        return Cause("lost-nan", "NaN was expected and something else came")
    if bool(((right == 0) & (got == 0)).all()):
        return Cause("lost-sign-of-zero", "the zeros have another sign")
    smallest = FORMATS[evidence.got.dtype.name].smallest_normal
    if bool(((got == 0) & (right != 0) & (np.abs(right) < smallest)).all()):
        return Cause("flushing", "subnormal numbers came back as zero")
    return None


def _stale(evidence: Evidence) -> Cause | None:
    for back, problem in enumerate(reversed(evidence.before), 1):
        for wanted in problem.wanted:
            alike = (
                np.shape(wanted.expected) == evidence.got.shape and wanted.dtype == evidence.result.output.laid.dtype
            )
            if alike and _right_for(evidence, wanted) and not _same(wanted.expected, evidence.result.expected):
                return Cause("stale-output", f"the result is that of the launch {back} before")
    return None


def _layout(evidence: Evidence) -> Cause | None:
    return None if evidence.dense else Cause("layout", "the same launch is right with dense tensors")


def _untouched(evidence: Evidence) -> Cause | None:
    said = {
        "not-written": ("stale-output", "every wrong element still holds what lay there before the launch"),
        "zeros": ("wrong-function", "every wrong element is zero"),
    }.get(evidence.plainly)
    return None if said is None else Cause(*said)


def _input_precision(evidence: Evidence) -> Cause | None:
    problem = evidence.problem
    for name, bits in _NARROW.items():
        for how, rounded in (("rounded", np.rint), ("cut", np.trunc)):
            narrowed = tuple(_cut(operand, bits, rounded) for operand in problem.operands)
            changed = any(not _same(a, b) for a, b in zip(narrowed, problem.operands, strict=True))
            if changed and _would_be_right(evidence, narrowed):
                return Cause("input-precision", f"right for operands {how} to {name}")
    return None


def _flushed_inputs(evidence: Evidence) -> Cause | None:
    flushed = tuple(map(_without_subnormals, evidence.problem.operands))
    changed = any(not _same(a, b) for a, b in zip(flushed, evidence.problem.operands, strict=True))
    if changed and _would_be_right(evidence, flushed):
        return Cause("flushing", "right for operands whose subnormal numbers are zero")
    return None


def _neighbours(evidence: Evidence) -> Cause | None:
    """Neighbours of what is right, where every bit counts; beyond the largest number infinity is one."""
    dtype = evidence.got.dtype.name
    if not is_float(dtype) or evidence.result.bound is not None:
        return None
    form = FORMATS[dtype]
    right, got = (_bounded(values, form) for values in _wrong_numbers(evidence))
    if not bool((np.abs(got - right) <= _step(right, form.p, form.emin)).all()):
        return None
    return Cause("rounding", "each wrong element is a neighbour of the right one")


def _narrow_results(evidence: Evidence) -> Cause | None:
    """Results of fewer bits than they should have: rounded to them, or added up in them where they are further off."""
    dtype = evidence.got.dtype.name
    if not is_float(dtype):
        return None
    form = FORMATS[dtype]
    right, got = _wrong_numbers(evidence)
    if not (np.isfinite(right).all() and np.isfinite(got).all() and got.all()):
        return None
    for name, bits in reversed(_NARROW.items()):
        short = bits < form.p and _same(_rounded(got, bits, np.rint), got)
        # Of few elements, some would have few bits by chance; of small whole numbers, all have.
        if not short or got.size * (form.p - bits) < _CHANCE or (_rounded(right, bits, np.rint) == right).mean() > 0.5:
            continue
        if bool((np.abs(got - right) <= _step(right, bits, form.emin)).all()):
            return Cause("rounding", f"results have no more bits than {name}")
        if evidence.problem.operands and _near(got, right):
            return Cause("accumulator-width", f"results have no more bits than {name}, and are off by more than those")
    return None


#: So many bits that are zero are none by chance.
_CHANCE = 12


def _wrong_numbers(evidence: Evidence) -> tuple[Array, Array]:
    """The wrong elements, as they should be and as they are, in float64."""
    wrong = evidence.wrong
    right, got = (np.asarray(values)[wrong] for values in (evidence.result.expected, evidence.got))
    return right.astype(np.float64), got.astype(np.float64)


def _bounded(values: Array, form: Format) -> Array:
    """Numbers with the first beyond the format's range in place of infinities."""
    return np.asarray(np.where(np.isinf(values), np.copysign(np.ldexp(1.0, form.emax + 1), values), values))


def _step(values: Array, bits: int, emin: int) -> Array:
    """The distance of numbers of so many bits near others."""
    exponents = np.where(values == 0, emin, np.frexp(values)[1] - 1)
    return np.asarray(np.ldexp(1.0, np.maximum(exponents, emin) - bits + 1))


def _accumulator(evidence: Evidence) -> Cause | None:
    task, right = evidence.problem.task, evidence.problem.wanted[evidence.number]
    held = FORMATS.get(component(task.types.working))
    if held is None or right.measure == "ulp":
        return None
    solved = pose(task, evidence.problem.operands, evidence.problem.attributes).wanted[evidence.number]
    wrong = evidence.wrong
    own = component(task.types.operand)
    for name in sorted(_ACCUMULATORS, key=lambda name: name != own):
        if FORMATS[name].p >= held.p:
            continue
        narrow = replace(task, arithmetic=arithmetic_in(name, task.held_to))
        wanted = pose(narrow, evidence.problem.operands, evidence.problem.attributes).wanted[evidence.number]
        if wanted.bound is None or solved.bound is None or not bool((wanted.bound > 2 * solved.bound).any()):
            continue
        if _right_for(evidence, wanted) and _near(evidence.got[wrong], np.asarray(wanted.expected)[wrong]):
            return Cause("accumulator-width", f"within the bound of sums kept in {name}")
    return None


def _near(got: Array, expected: Array) -> bool:
    """Whether errors are small beside the results: a bound of few bits would allow what is no rounding at all."""
    wide = np.complex128 if got.dtype.kind == "c" else np.float64
    with np.errstate(all="ignore"):
        errors, sizes = np.abs(got.astype(wide) - expected), np.abs(np.asarray(expected))
        return bool(np.sqrt(np.square(errors).mean()) <= 0.25 * np.sqrt(np.square(sizes).mean()))


def _limit(evidence: Evidence) -> Cause | None:
    """What begins at an index that a number of few bits cannot hold, counted through or along an axis."""
    wrong = evidence.wrong
    for limit in _LIMITS:
        if _turns_over(wrong.reshape(-1), limit):
            return Cause("index-limit", f"wrong from element {limit} on")
        for axis in range(wrong.ndim):
            if _turns_over(_along(wrong, axis) > 0, limit):
                return Cause("index-limit", f"wrong from index {limit} on axis {axis}")
    return None


def _length(evidence: Evidence) -> Cause | None:
    """A smallest failure just longer than a number of few bits counts: none shorter fails."""
    lengths = {length for operand in evidence.problem.operands for length in operand.shape}
    for limit in _LIMITS:
        if limit + 1 in lengths:
            return Cause("index-limit", f"right up to a length of {limit}")
    return None


def _tiles(task: Task, ask: Ask) -> Iterator[Cause]:
    """Plain launches that are right where a length is a multiple of a tile, and wrong where it is one more."""
    definition = definition_of(task.operation)
    lengths = sorted({times * tile + more for tile in _TILES for times in (1, 2) for more in (0, 1)})
    sizes = [definition.sweep(task, length) for length in lengths]
    problems = [plain(task, Draw("0", task.name, "tiles"), size) for each in sizes for size in each]
    wrong = iter([found is not None for found in ask(problems)])
    fails = {length: [next(wrong) for _ in each] for length, each in zip(lengths, sizes, strict=True)}
    for place in range(min(map(len, sizes))):
        for tile in sorted(_TILES):
            whole, more = ([fails[times * tile + add][place] for times in (1, 2)] for add in (0, 1))
            if not any(whole) and all(more):
                yield Cause("tail-tile", f"right where a length is a multiple of {tile}, wrong where it is one more")


def _tail(evidence: Evidence) -> Cause | None:
    """What begins behind the last whole tile, and is most of what lies there."""
    for axis, length in enumerate(evidence.wrong.shape):
        along = _along(evidence.wrong, axis)
        first = int((along > 0).argmax()) if length else 0
        if not first or bool((along[first:] < 0.5).any()):
            continue
        for tile in _TILES:
            if length % tile and first == length // tile * tile:
                said = f"wrong from index {first} on axis {axis}, behind the last whole tile of {tile}"
                return Cause("tail-tile", said)
        if first == length - 1 and length > 2:
            return Cause("tail-tile", f"wrong at the last index of axis {axis} alone")
    return None


def _along(wrong: Mask, axis: int) -> Array:
    """How much of what lies at each index of an axis is wrong."""
    return np.asarray(wrong.mean(axis=tuple(other for other in range(wrong.ndim) if other != axis)))


def _turns_over(wrong: Mask, limit: int) -> bool:
    """Whether what is wrong begins at a limit, or is there and where indices that turned over have written instead."""
    begins = int(wrong[limit:].argmax()) if wrong[limit:].any() else len(wrong)
    again = max(len(wrong) - limit, 0) if len(wrong) <= 2 * limit else 0
    return begins <= limit >> _BEGINS and not wrong[again:limit].any()


#: What begins at a limit may be right by chance for so small a part of it: two to the minus this.
_BEGINS = 6


def _would_be_right(evidence: Evidence, operands: tuple[Array, ...]) -> bool:
    """Whether what was got would be right for other operands; an element that any operands explain explains nothing."""
    problem = evidence.problem
    try:
        wanted = pose(problem.task, operands, problem.attributes, exact=problem.exact).wanted[evidence.number]
    except (ValueError, IndexError, ZeroDivisionError):
        return False
    return np.shape(wanted.expected) == evidence.got.shape and _right_for(evidence, wanted)


def _right_for(evidence: Evidence, wanted: Wanted) -> bool:
    """Whether what was got is right where something else is wanted."""
    other = replace(
        evidence.result,
        expected=wanted.expected,
        bound=wanted.bound,
        measure=wanted.measure,
        other=wanted.other,
    )
    figures, limits = figures_of(evidence.got, other)
    return bool((figures <= limits).all())


def _same(one: Array, other: Array) -> bool:
    with np.errstate(invalid="ignore"):
        return bool(np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind in "fc"))


def _cut(operand: Array, bits: int, rounding: Callable[[Array], Array]) -> Array:
    """An operand with a significand of so many bits."""
    if not is_float(operand.dtype.name) or FORMATS[operand.dtype.name].p <= bits:
        return operand
    return _rounded(operand.astype(np.float64), bits, rounding).astype(operand.dtype)


def _rounded(values: Array, bits: int, rounding: Callable[[Array], Array]) -> Array:
    """Numbers in float64 with a significand of so many bits; their range stays."""
    with np.errstate(all="ignore"):
        mantissa, exponent = np.frexp(values)
        return np.where(np.isfinite(values), np.ldexp(rounding(np.ldexp(mantissa, bits)), exponent - bits), values)


def _without_subnormals(operand: Array) -> Array:
    if not is_float(operand.dtype.name):
        return operand
    wide = operand.astype(np.float64)
    small = np.abs(wide) < FORMATS[operand.dtype.name].smallest_normal
    return np.where(small, np.copysign(0.0, wide), wide).astype(operand.dtype)
