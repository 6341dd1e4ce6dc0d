"""Dot products that give a matrix unit's secrets away: for each field, words on both sides of what it decides.

Everything is drawn from the fields and from fixed seeds, so that the same unit always gets the same vectors.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import islice, product
from typing import Any

from tests.simulator.definition import FORMS, INTEGERS, Parameters, encoded, rounded

#: A word of one for each format of scales.
_ONE = {"float8_e8m0fnu": 127, "ue4m3": 0x38}


@dataclass(frozen=True)
class Vector:
    """One dot product in words, and what it is there to show."""

    shows: str
    a: tuple[int, ...]
    b: tuple[int, ...]
    c: int
    scales_a: tuple[int, ...] | None = None
    scales_b: tuple[int, ...] | None = None


@cache
def word(value: Fraction | int, form: str) -> int | None:
    """The word of a number in a format, or ``None`` where the format does not have it."""
    if form in INTEGERS:
        return int(value) & ((1 << INTEGERS[form][1]) - 1)
    if form == "float8_e8m0fnu":
        size = Fraction(value)
        exponent = size.numerator.bit_length() - size.denominator.bit_length()
        return exponent + 127 if size == power(exponent) and -127 <= exponent <= 127 else None
    units = Fraction(value) * power(2400)
    if units.denominator > 1:
        return None
    found = rounded(int(units), form, "toward-zero")
    if found.kind != "finite" or found.units != units:
        return None
    bits = encoded(found, form)
    assert isinstance(bits, int)
    top = FORMS[form]._replace(unread=0).width
    highest = (1 << (top - 1)) - 1
    if top == 8 and FORMS[form].special == "one-nan" and bits & 0x7F == highest:
        return None
    return bits << FORMS[form].unread


@cache
def power(exponent: int) -> Fraction:
    """Two to an exponent."""
    return Fraction(2) ** exponent


def directed(parameters: Parameters, every: int = 1) -> list[Vector]:
    """The vectors for one unit: those of every field, then random ones with cancellation; or every so many of them."""
    if parameters.d in INTEGERS:
        return list(_integers(parameters))[::every]
    return list(_Maker(parameters, every).all())


Terms = Mapping[int, Fraction] | Mapping[int, int] | Mapping[int, Fraction | int]


def mutants(unit: Parameters) -> dict[str, Parameters]:
    """Units that differ from one in one field, by one step where it is a number, as far as there can be such units."""
    if unit.d in INTEGERS:
        return {
            f"overflow {mode}": replace(unit, overflow=mode) for mode in ("wrap", "saturate") if mode != unit.overflow
        }
    changes = [*_steps(unit), *_words_instead(unit), *_shapes(unit)]
    return {f"{field} {how}": replace(unit, **more) for field, how, more in changes}


Change = tuple[str, str, dict[str, Any]]


def _steps(p: Parameters) -> Iterator[Change]:
    """One more and one less."""
    for field in ("alignment_bits", "zero_exponent", "late_bits", "addend_reach", "fraction_bits"):
        value = getattr(p, field)
        if value is not None:
            yield from ((field, f"{by:+d}", {field: value + by}) for by in (1, -1))
    if p.fraction_bits is None:
        yield "fraction_bits", "-1", {"fraction_bits": FORMS[p.kept].fraction - 1}


def _words_instead(p: Parameters) -> Iterator[Change]:
    """Another word in the place of the one that is there."""
    for mode in ("nearest-even", "nearest-away", "toward-zero", "toward-positive", "toward-negative"):
        if mode != p.rounding:
            yield "rounding", mode, {"rounding": mode}
    yield from (("flush", mode, {"flush": mode}) for mode in ("none", "both") if mode != p.flush)
    if p.model == "fused":
        yield from (("alignment", mode, {"alignment": mode}) for mode in ("floor", "nearest-even"))
    if p.model in ("fused", "exact"):
        other = "unbounded" if p.product_range == "accumulator" else "accumulator"
        yield "product_range", other, {"product_range": other}
        addend = "last" if p.addend is None else "fused"
        yield "addend", addend, {"addend": addend, "late_bits": None, "addend_reach": None, "groups": 1}
    if p.addend != "late" and p.passes == 1:
        yield "order", "pairwise", {"order": "pairwise"}
        yield "order", "split-k", {"order": "split-k", "splits": 2}


def _shapes(p: Parameters) -> Iterator[Change]:
    """Blocks, groups and passes of another size."""
    if p.block is not None:
        yield "block", "* 2", {"block": 2 * p.block}
        if p.block % (2 * max(p.groups, p.scale_block or 1)) == 0:
            yield "block", "/ 2", {"block": p.block // 2}
    if p.addend in ("late", "last") and p.width > 1:
        yield "groups", str(3 - p.groups), {"groups": 3 - p.groups}
    if p.depth > 1:
        yield "passes", str(3 - p.passes), {"passes": 3 - p.passes, "run": p.run if p.passes == 1 else 1}
    if p.passes > 1:
        yield "run", "/ 2", {"run": p.run // 2}
        yield "run", "* 2", {"run": p.run * 2}
    if p.exact_group is not None:
        yield "exact_group", "/ 2", {"exact_group": p.exact_group // 2}


def why_no_effect(unit: Parameters, change: str) -> str | None:
    """Why no operands at all can show a change, where that can be proved; ``None`` where some vector has to show it."""
    field = change.split(maxsplit=1)[0]
    proof = {"zero_exponent": _zero_unseen, "product_range": _range_unseen, "passes": _passes_unseen}.get(field)
    if change == "block * 2":
        proof = _block_unseen
    return proof(unit) if proof is not None else None


def _zero_unseen(p: Parameters) -> str | None:
    """A zero exponent matters only where it is the largest: where no other term of the block is above it."""
    assert p.zero_exponent is not None
    assert p.alignment_bits is not None
    forms = FORMS[p.a], FORMS[p.b]
    kept, addend = FORMS[p.kept], FORMS[p.c]
    fraction = kept.fraction if p.fraction_bits is None else p.fraction_bits
    least, last = (sum(form.least for form in forms), sum(form.least - form.fraction for form in forms))
    if p.scale_format == "float8_e8m0fnu":
        least, last = least - 254, last - 254
    elif p.scale_format is not None:  # two scales, the least 2**-9; subnormal ones have the exponent -6
        least, last = (least if p.exact_group is None else 0) - 12, last - 18
    above = p.zero_exponent + 1
    # Every term that is not zero has an exponent of at least these. Is the zero exponent, or one more, never above
    # them, it is the largest only where all terms are zero, and then the sum is zero whatever is cut off.
    if above <= min(least, kept.least, addend.least):
        return "no product and no C lies below the exponent of a zero"
    # Is the zero exponent the largest, what is cut off lies below 2**(above - bits). Are all terms multiples of that,
    # nothing is cut off, neither with this exponent nor with one beside it.
    if above - p.alignment_bits <= min(last, kept.least - fraction, addend.least - addend.fraction):
        return "no product has bits so low that the exponent of a zero could cut them off"
    return None


def _range_unseen(p: Parameters) -> str | None:
    """A product is infinite by itself only from 2**(greatest + 1) on."""
    if p.scale_format is not None and p.exact_group is None:
        return None
    # the largest significands are below two, so the largest product is below 2**(sum of the greatest exponents + 2)
    if sum(FORMS[form].greatest for form in (p.a, p.b)) + 2 <= FORMS[p.kept].greatest + 1:
        return "no product reaches the end of the accumulator's range"
    return None


def _passes_unseen(p: Parameters) -> str | None:
    # elements 0 and 1 of an instruction of two are taken one after the other in one pass as in two
    if p.model == "fma" and p.depth == 2 and p.passes == 1:
        return "two passes over two elements take them in the same order"
    return None


def _block_unseen(p: Parameters) -> str | None:
    """Blocks begin anew in every pass of an instruction that ends with an addition."""
    # More room in a block only adds zero products to it. Their exponent matters, if at all, where it is the largest,
    # and then as much as one step of it does.
    if p.by_instruction and p.depth // p.passes <= p.width and p.zero_exponent is not None and _zero_unseen(p):
        return "a pass of an instruction has no more products than a block takes"
    return None


def likely_first(vectors: Sequence[Vector], field: str) -> list[int]:
    """The order in which to try vectors for a change of a field: its own first, each kind taken from all over."""
    return sorted(range(len(vectors)), key=lambda at: (vectors[at].shows != field, at % 61, at))


class _Maker:
    """Vectors for one unit of floating-point operands."""

    def __init__(self, parameters: Parameters, every: int = 1) -> None:
        self.p = p = parameters
        self.every, self.asked = every, 0
        self.forms = FORMS[p.a], FORMS[p.b]
        self.kept = FORMS[p.kept]
        self.addend = FORMS[p.c]
        self.width = p.width if p.model != "fma" else 4
        self.bits = 24 if p.alignment_bits is None else p.alignment_bits
        self.fraction = self.kept.fraction if p.fraction_bits is None else p.fraction_bits
        least = sum(form.least - form.fraction for form in self.forms)
        greatest = sum(form.greatest for form in self.forms)
        self.range = range(least, greatest + 1)
        # groups deal neighbours to different sums, passes to different steps: these share both
        self.made: set[tuple[tuple[int, ...], tuple[int, ...], int]] = set()
        self.near = p.groups * (p.passes if p.passes > p.groups else 1)

    def all(self) -> Iterator[Vector]:
        """Every family in turn, each vector with both signs."""
        families = (
            self.cancelling, self.against_c, self.carrying, self.edges, self.zeros, self.second_step, self.ties,
            self.overflow, self.subnormal, self.infinite, self.positions, self.heavy, self.scaled, self.boundary,
            self.random,
        )  # fmt: skip
        for family in families:
            whole = family in (self.infinite, self.scaled, self.boundary, self.subnormal, self.random)
            yield from islice(family(), 0, None, max(1, self.every // 3)) if whole else family()

    # What vectors are made of.

    @cache  # noqa: B019 - a maker lives as long as its vectors are made
    def term(self, value: Fraction) -> tuple[int, int] | None:
        """Words of A and B whose product has a value."""
        if value == 0:
            return 0, 0
        odd, exponent = value.numerator, -(value.denominator.bit_length() - 1)
        while odd % 2 == 0:
            odd, exponent = odd // 2, exponent + 1
        first, second = self.forms
        # the less of a product's exponent comes from subnormal factors, the closer it is to that of the product's value
        splits = sorted(
            range(first.least - first.fraction, first.greatest + 1),
            key=lambda e: (max(e, first.least) + max(exponent - e, second.least), abs(2 * e - exponent)),
        )
        for left, right in _factors(odd):
            for e in splits:
                if second.least - second.fraction <= exponent - e <= second.greatest:
                    a, b = word(left * power(e), self.p.a), word(right * power(exponent - e), self.p.b)
                    if a is not None and b is not None:
                        return a, b
        return None

    def vector(self, shows: str, terms: Terms, c: Fraction | int, length: int) -> Iterator[Vector]:
        """A vector and its negative, where the formats have its numbers."""
        self.asked += 1
        if self.asked % self.every:
            return
        for sign in (1, -1):
            a, b = [0] * length, [0] * length
            addend = word(Fraction(sign * c), self.p.c)
            if addend is None:
                return
            for k, value in terms.items():
                found = self.term(Fraction(sign * value))
                if found is None or k >= length:
                    return
                a[k], b[k] = found
            made = self.scaled_by_one(shows, a, b, addend)
            key = made.a, made.b, made.c
            if key not in self.made:
                self.made.add(key)
                yield made

    def scaled_by_one(self, shows: str, a: Sequence[int], b: Sequence[int], c: int) -> Vector:
        """A vector of words, with scales of one where there have to be scales."""
        if self.p.scale_format is None:
            return Vector(shows, tuple(a), tuple(b), c)
        assert self.p.scale_block is not None
        scales = (_ONE[self.p.scale_format],) * -(-len(a) // self.p.scale_block)
        return Vector(shows, tuple(a), tuple(b), c, scales, scales)

    def levels(self) -> list[int]:
        """Exponents to put the largest term at."""
        low, high = self.range.start, self.range.stop - 1
        wanted = {high, high - 1, 0, 1, low + self.bits, low + self.bits + 2, (low + high) // 2, high - 3}
        wanted |= {high + n for n in (4, 8)} | {self.bits + low + n for n in (4, 7, 10)}
        if self.p.zero_exponent is not None:
            wanted |= {self.p.zero_exponent + n for n in (-1, 0, 1)}
        return sorted(wanted)

    # The fields.

    def cancelling(self) -> Iterator[Vector]:
        """Two large products that cancel, and what is left of a small one beside them."""
        n = self.near
        for level, below, size in product(self.levels(), range(-3, 4), (1, 3)):
            small = size * power(level - self.bits + below)
            turn = self.p.passes * self.p.run
            for i, j, k in ((0, n, 2 * n), (0, n, 1), (0, n, 2), (2, 0, 1), (0, 1, turn), (0, 1, self.width - 1)):
                if max(i, j, k) < self.width and len({i, j, k}) == 3:
                    terms = {i: power(level), j: -power(level), k: small}
                    yield from self.vector("alignment_bits", terms, 0, self.width)
            yield from self.vector("alignment_bits", {0: power(level), 1: -power(level)}, small, self.width)
            yield from self.vector("alignment", {0: power(level), 1: -power(level)}, -small, 2 * self.width)

    def against_c(self) -> Iterator[Vector]:
        """A large product that C cancels, and what is left of small ones."""
        for level, below in product(self.levels(), range(-3, 4)):
            unit = power(level - self.bits + below)
            for smalls in ([1], [1, 1], [1, 1, 1], [-1], [-1, -1, -1], [3], [-3], [2, 1], [-2, -1]):
                if len(smalls) < self.width:
                    terms = {0: -power(level)} | {k: size * unit for k, size in enumerate(smalls, 1)}
                    yield from self.vector("alignment_bits", terms, power(level), self.width)
            yield from self.vector("addend", {self.width - 1: -power(level), 0: unit}, power(level), 2 * self.width)

    def carrying(self) -> Iterator[Vector]:
        """A C or a product alone above many small terms, which count together or not at all."""
        high = self.range.stop - 1
        levels = {
            *self.levels(),
            high + self.bits,
            high + self.bits - 1,
            high + self.fraction,
            high + self.fraction + 2,
        }
        for level, below, size in product(sorted(levels), range(-4, 4), (1, 3)):
            small = size * power(level - self.bits + below)
            for sign in (1, -1):
                terms = dict.fromkeys(range(self.width), sign * small)
                for c in (power(level), power(level) * (2 - power(-min(self.addend.fraction, self.fraction)))):
                    yield from self.vector("alignment_bits", terms, c, self.width)
                large = terms | {0: power(level)}
                yield from self.vector("alignment_bits", large, 0, self.width)
                yield from self.vector("block", large, 0, 2 * self.width)

    def edges(self) -> Iterator[Vector]:
        """Cancellation across the edge of a block, and within one, by which its width shows."""
        w = self.width
        spots = {(0, 1, w), (0, 1, w // 2), (w - 1, w, 0), (w // 2 - 1, w // 2, 0), (0, w, 1), (0, w // 2, 1)}
        spots |= {(w - 1, w, w + 1), (w // 2 - 1, w // 2, w - 1), (0, w - 1, w), (0, w // 2, w - 1), (0, w - 1, w // 2)}
        for level, (i, j, k) in product(self.levels(), sorted(spots)):
            if len({i, j, k}) < 3 or min(i, j, k) < 0:
                continue
            steps = {self.bits, self.bits - 1, self.bits + 1, self.bits + 3, self.fraction, self.fraction + 1}
            for below, sign in product(sorted({*steps, self.fraction + 2}), (1, -1)):
                terms = {i: power(level), j: -power(level), k: sign * power(level - below)}
                yield from self.vector("block", terms, 0, 2 * w)
                yield from self.vector("block", terms, power(level - below), 2 * w)

    def zeros(self) -> Iterator[Vector]:
        """Products so small that a zero, or a zero C, decides what is cut off."""
        p, step = self.p, self.kept.least - self.fraction
        anchors = {step, step - 1, step + 1, step + 4, self.range.start + self.bits}
        cuts = {step - 1, step - 2, step - 4, step - 9}
        if p.zero_exponent is not None:
            cut = p.zero_exponent - self.bits
            cuts |= {cut - 2, cut - 1, cut, cut + 1}
            anchors |= {p.zero_exponent - 1, p.zero_exponent, p.zero_exponent - 2, p.zero_exponent + 1}
        for anchor, below, size in product(sorted(anchors), sorted(cuts), (1, 3, -1, -3)):
            if below < anchor:
                small = size * power(below)
                yield from self.vector("zero_exponent", {0: power(anchor), 1: small}, 0, self.width)
                yield from self.vector("zero_exponent", {0: power(anchor), 1: small, 2: small}, 0, self.width)
                yield from self.vector("zero_exponent", {0: small}, power(anchor), self.width)
        for c in (0, 1):
            yield from self.vector("zero_exponent", {}, c, self.width)

    def second_step(self) -> Iterator[Vector]:
        """A C far above or below the finished sum of the products."""
        if self.p.addend != "late":
            return
        bits, reach = self.p.late_bits or 31, self.p.addend_reach
        low, high = self.range.start, self.range.stop - 1
        for level in (0, 4, high - 1, low + 12, low + 20, low + 30, 20, 40, -20):
            tie = level - self.fraction - 1
            for below, sign in product(range(-3, 4), (1, -1)):
                sticky = sign * power(level - bits + below)
                yield from self.vector("late_bits", {0: power(tie), 1: sticky}, power(level), self.width)
                yield from self.vector("late_bits", {0: power(tie) + sticky}, power(level), self.width)
                yield from self.vector("late_bits", {0: sticky}, power(level), self.width)
                yield from self.vector(
                    "late_bits", {0: sticky}, power(level) + power(level - self.fraction), self.width
                )
                for more in range(1, 5):  # the sum is larger than its largest term
                    terms = dict.fromkeys(range(min(self.width - 2, 1 << more)), power(level - 1))
                    terms |= {self.width - 1: sticky, self.width - 2: power(level + more - self.fraction - 2)}
                    yield from self.vector("late_bits", terms, power(level), self.width)
            for far in range(22, 29) if reach is None else range(reach - 3, reach + 4):
                for c in (power(level - far), -power(level - far), -3 * power(level - far - 1)):
                    left = {0: power(level), 1: -power(level), 2: power(level - 12)}
                    yield from self.vector("addend_reach", left, c, self.width)
                    yield from self.vector("addend_reach", {**left, 1: 0, 2: -power(level)}, c, self.width)

    def ties(self) -> Iterator[Vector]:
        """Sums on, just above and just below the middle of two neighbours; the even one below, and above."""
        for level, odd, beside in product(self.levels(), (0, 1), (-2, -1, 0, 1, 2)):
            ulp = power(level - self.fraction)
            base = power(level) + odd * ulp
            for eighths in (1, 2, 4, 6):
                rest = ulp * eighths / 8 + beside * ulp / (1 << 6)
                for terms, c in (
                    ({0: rest}, base), ({0: power(level), 1: odd * ulp, 2: rest}, 0),
                    ({0: power(level), 1: odd * ulp, 2: ulp * eighths / 8, 3: beside * ulp / (1 << 6)}, 0),
                    ({0: ulp * eighths / 8, 1: beside * ulp / (1 << 6)}, base),
                ):  # fmt: skip
                    yield from self.vector("rounding", terms, c, max(self.width, len(terms)))
        for level, parts in product(self.levels(), (3, 5, 7)):
            # a carry makes room for bits that every term alone has below the last one kept
            one = power(level) + power(level - self.fraction) * parts
            for unit in (power(level - self.fraction), power(level - self.fraction + 1)):
                terms = {0: power(level), 1: power(level), 2: unit, 3: unit * parts}
                yield from self.vector("rounding", terms, 0, max(4, self.width))
                yield from self.vector("rounding", {0: power(level), 1: unit}, one, max(4, self.width))
                yield from self.vector("fraction_bits", {0: power(level), 1: unit / 2}, one, max(4, self.width))

    def overflow(self) -> Iterator[Vector]:
        """Sums and products at the end of the range."""
        top = self.kept.greatest
        ulp = power(top - self.fraction)
        largest = 2 * power(top) - ulp
        for rest in (ulp, ulp / 2, ulp / 4, -ulp, ulp * 3 / 4, ulp * 2, power(top)):
            yield from self.vector("rounding", {0: rest}, largest, self.width)
            yield from self.vector("rounding", {0: rest, 1: power(top), 2: power(top) - ulp}, 0, max(3, self.width))
            yield from self.vector("rounding", {0: power(top), 1: rest}, power(top), self.width)
        for above in (0, 1, 2, 4):
            terms = {0: power(top + above), 1: -power(top + above), 2: power(top - 9)}
            yield from self.vector("product_range", terms, 0, max(3, self.width))
            yield from self.vector("product_range", {0: power(top + above), 1: -power(top)}, -power(top), self.width)
            three = Fraction(3, 2) * power(top + above)
            yield from self.vector("product_range", {0: three, 1: -power(top + above)}, 0, self.width)

    def subnormal(self) -> Iterator[Vector]:
        """Subnormal operands, a subnormal C, and sums that are subnormal."""
        p = self.p
        for shows, form, side in (("flush", p.a, 0), ("flush", p.b, 1)):
            found = FORMS[form]
            for tiny in (1, (1 << found.fraction) - 1, (1 << found.fraction) // 2, 1 << found.fraction):
                small = tiny << found.unread
                other = (p.b, p.a)[side]
                for exponent in (0, FORMS[other].greatest, FORMS[other].greatest - 1):
                    one = word(power(exponent), other)
                    if one is not None:
                        pair = (small, one) if side == 0 else (one, small)
                        row = [pair] + [(0, 0)] * (self.width - 1)
                        for c in (0, word(power(self.addend.least), p.c) or 0):
                            yield self.scaled_by_one(shows, [x for x, _ in row], [y for _, y in row], c)
        least = 1 << self.addend.fraction
        sign = 1 << (self.addend.width - 1)
        for bits in (1, 2, 3, least // 2, least - 1, least, least + 1, sign, sign + 1, sign + least - 1):
            for terms in ({}, {0: 1}, {0: power(self.kept.least)}, {0: -power(self.kept.least - 1)}):
                for vector in self.vector("flush", terms, 0, self.width):
                    yield Vector("flush", vector.a, vector.b, bits, vector.scales_a, vector.scales_b)
        step = self.kept.least - self.fraction
        for small, rest in product(range(step - 2, step + self.fraction + 2), (0, 1, 2, 3)):
            yield from self.vector("rounding", {0: power(small), 1: rest * power(step - 2)}, 0, self.width)
            yield from self.vector("flush", {0: power(small)}, -power(self.addend.least), self.width)
            yield from self.vector("flush", {0: rest * power(step - 1)}, power(max(small, step)), self.width)

    def infinite(self) -> Iterator[Vector]:
        """NaN and infinities, where the formats have them, and minus zero."""
        p = self.p
        specials_a, specials_b, specials_c = (_specials(form) for form in (p.a, p.b, p.c))
        ones = [word(1, form) or 0 for form in (p.a, p.b)]
        for at in {0, self.width - 1}:
            for x, y, z in product([*specials_a, ones[0], 0], [*specials_b, ones[1], 0], [*specials_c, 0]):
                a, b = [ones[0]] * self.width, [0] * self.width
                a[at], b[at] = x, y
                yield self.scaled_by_one("special values", a, b, z)
        if len(specials_a) > 2 and self.width > 1:
            for x, y in product(specials_a, specials_a):
                a, b = [0] * self.width, [ones[1]] * self.width
                a[0], a[-1] = x, y
                yield self.scaled_by_one("special values", a, b, 0)
        if p.scale_format is not None and p.scale_block is not None:
            count = -(-self.width // p.scale_block)
            nan = 0xFF if p.scale_format == "float8_e8m0fnu" else 0x7F
            for x, y in product((nan, 0, 0x80, 0x81), repeat=2):
                scales = [(_ONE[p.scale_format],) * (count - 1) + (each,) for each in (x, y)]
                yield Vector("scale_format", (ones[0],) * self.width, (ones[1],) * self.width, 0, scales[0], scales[1])

    def positions(self) -> Iterator[Vector]:
        """Two large terms that cancel and a small one, at positions drawn anywhere, in one block or in several."""
        draw = random.Random(f"positions {self.p.depth}")
        lengths = sorted({self.width, 2 * self.width, self.p.depth, 2 * self.p.depth, 4 * self.width})
        for _, length in product(range(60), lengths):
            if length < 3:
                continue
            i, j, k = draw.sample(range(length), 3)
            level = draw.choice(self.levels())
            below = draw.choice((self.bits, self.bits + 1, self.fraction + 1, self.fraction + 2, 6))
            terms = {i: power(level), j: -power(level), k: draw.choice((1, -1)) * power(level - below)}
            yield from self.vector("order", terms, draw.choice((0, 0, power(level - below))), length)

    def heavy(self) -> Iterator[Vector]:
        """Terms with all their bits set, so that sums are long."""
        draw = random.Random("heavy")
        p, addend = self.p, FORMS[self.p.c]
        for count in range(40):
            length = self.width * (1 + count % 2)
            a, b = ([self._full(form, draw) for _ in range(length)] for form in (p.a, p.b))
            c = draw.getrandbits(addend.width - 2) if count % 3 else 0
            yield self.scaled_by_one("rounding", a, b, c if _finite(c, p.c) else 0)

    def _full(self, form: str, draw: random.Random) -> int:
        """A word near the middle of a format's range with most bits of its significand set."""
        found = FORMS[form]
        middle = found.bias if found.exponent_bits > 3 else 1
        field = max(0, middle + draw.choice((-1, 0, 0, 1)))
        low = (1 << found.fraction) - 1 - draw.choice((0, 0, 0, 1, 2)) % (1 << found.fraction)
        bits = (field << found.fraction) | low
        return (bits | (draw.getrandbits(1) << (found.exponent_bits + found.fraction))) << found.unread

    def scaled(self) -> Iterator[Vector]:
        """Blocks with scales far apart, at the zero exponent, and with significands of their own."""
        p = self.p
        if p.scale_format is None or p.scale_block is None:
            return
        one = [word(1, form) or 0 for form in (p.a, p.b)]
        size, count = p.scale_block, -(-2 * self.width // p.scale_block)
        draw = random.Random("scales")
        if p.scale_format == "float8_e8m0fnu":
            zero = -133 if p.zero_exponent is None else p.zero_exponent
            exponents = [zero - self.bits + n for n in range(-3, 3)] + [zero + n for n in (-2, -1, 0, 1)]
            exponents += [-149, -150, -148, -145, 0, -self.bits, -self.bits - 1, -self.bits + 1, 127, 128, 5]
        else:
            exponents = list(range(-18, 17))
        for _ in range(600):
            top = draw.choice(exponents)
            low = top - self.bits
            wanted = [
                draw.choice((top, top, low, low + draw.randint(-2, 2), draw.choice(exponents))) for _ in range(count)
            ]
            pairs = [self._pair_of_scales(exponent, draw) for exponent in wanted]
            a, b = [0] * (count * size), [0] * (count * size)
            for at in range(count):
                for k in draw.sample(range(size), min(size, draw.choice((1, 1, 2, 3)))):
                    a[at * size + k], b[at * size + k] = (
                        one[0],
                        one[1] | (draw.getrandbits(1) << (FORMS[p.b].width - 1)),
                    )
                    if draw.random() < 0.3:
                        a[at * size + k] = draw.getrandbits(FORMS[p.a].width - 2)
            c = word(draw.choice((0, 0, 1, -1)) * power(max(top, -149)), p.c) or 0
            half = draw.choice((1, 2))
            length, scales = len(a) // half, count // half or 1
            if scales * size != length:
                length, scales = len(a), count
            yield Vector("zero_exponent", tuple(a[:length]), tuple(b[:length]), c,
                         tuple(x for x, _ in pairs[:scales]), tuple(y for _, y in pairs[:scales]))  # fmt: skip

    def boundary(self) -> Iterator[Vector]:
        """Scaled products that add up to a whole subnormal number only if no low bit of theirs is cut off."""
        p = self.p
        if p.scale_format != "float8_e8m0fnu" or p.exact_group is not None or p.zero_exponent is None:
            return
        assert p.scale_block is not None
        first, second = self.forms
        found = {
            Fraction(x * y): None for x, y in product(range(1, 2 << first.fraction), range(1, 2 << second.fraction))
        }  # in units of the last bits of subnormal numbers
        unit = power(first.least - first.fraction + second.least - second.fraction)
        sizes = sorted({size * power(e) for size in found for e in range(7)}, reverse=True)
        terms = [size for size in sizes if self.term(size * unit) is not None]
        step = self.kept.least - self.fraction
        draw = random.Random("boundary")
        for below, count, odd in product(range(-3, 3), (1, 2, 4), (1, 2, 3, 5)):
            # the last bit of the smallest product lies this far below what a zero lets through
            last = p.zero_exponent - self.bits + below
            exponent = last - (first.least - first.fraction + second.least - second.fraction)
            rest = count * power(step - last) - odd
            chosen = [Fraction(1)] * odd
            while rest > 0 and len(chosen) < p.scale_block:
                largest = next((size for size in terms if size <= rest), None)
                if largest is None:
                    break
                chosen.append(largest)
                rest -= largest
            if rest == 0:
                scales = self._pair_of_scales(exponent, draw)
                if scales[0] + scales[1] - 254 == exponent:
                    terms_at = {k: size * unit for k, size in enumerate(chosen)}
                    for made in self.vector("zero_exponent", terms_at, 0, p.scale_block):
                        yield replace(made, scales_a=(scales[0],), scales_b=(scales[1],))

    def _pair_of_scales(self, exponent: int, draw: random.Random) -> tuple[int, int]:
        if self.p.scale_format == "float8_e8m0fnu":
            x = max(-127, min(127, exponent // 2 + draw.randint(-1, 1)))
            y = max(-127, min(127, exponent - x))
            return x + 127, y + 127
        if draw.random() < 0.3:
            return draw.getrandbits(7), draw.getrandbits(7)
        x = max(-9, min(8, exponent // 2))
        y = max(-9, min(8, exponent - x))
        return word(power(x), "ue4m3") or 0, word(power(y), "ue4m3") or 0

    def random(self) -> Iterator[Vector]:
        """Words drawn at random, near one another, with one product that cancels the largest."""
        p = self.p
        draw = random.Random("words near one another")
        lengths = sorted({self.width, 2 * self.width, p.depth, self.width + 1})
        for count in range(240):
            length = lengths[count % len(lengths)]
            spread = draw.choice((1, 2, 4, 8, 30))
            a, b = ([_drawn(form, draw, spread) for _ in range(length)] for form in (p.a, p.b))
            if length > 1:
                i, j = draw.sample(range(length), 2)
                a[j], b[j] = a[i], b[i] ^ (1 << (FORMS[p.b].width - 1))
                if not _finite(b[j], p.b):
                    b[j] = 0
            c = _drawn(p.c, draw, spread) if count % 3 else 0
            yield self.scaled_by_one("random", a, b, c)


@cache
def _factors(odd: int) -> tuple[tuple[int, int], ...]:
    """An odd number as a product of two, the simplest first."""
    sign, size = (1 if odd > 0 else -1), abs(odd)
    found = [(odd, 1), (1, odd)]
    if size.bit_length() <= 24:
        found += [(sign * n, size // n) for n in range(3, min(size, 256), 2) if size % n == 0]
    return tuple(found)


@cache
def _specials(form: str) -> tuple[int, ...]:
    """Infinities, NaN and minus zero of a format, as far as it has them."""
    found = FORMS[form]
    exponent = ((1 << found.exponent_bits) - 1) << found.fraction
    sign = 1 << (found.exponent_bits + found.fraction)
    if found.special == "ieee":
        words = [exponent, sign | exponent, exponent | 1, sign | (exponent + (1 << (found.fraction - 1))), sign]
    elif found.special == "one-nan":
        words = [exponent | ((1 << found.fraction) - 1), sign]
    else:
        words = [sign]
    return tuple(each << found.unread for each in words)


@cache
def _finite(bits: int, form: str) -> bool:
    found = FORMS[form]
    low, field = (bits >> found.unread) & ((1 << found.fraction) - 1), bits >> found.unread >> found.fraction
    negative, highest = bool(field >> found.exponent_bits), (1 << found.exponent_bits) - 1
    top = field & highest == highest
    if found.special == "ieee":
        return not top
    if found.special == "one-nan":
        return not (top and low == (1 << found.fraction) - 1)
    return found.special == "none" or not (negative and not field & highest and not low)


def _drawn(form: str, draw: random.Random, spread: int) -> int:
    """A finite word whose exponent lies within a spread around the middle of the range."""
    found = FORMS[form]
    highest = (1 << found.exponent_bits) - 1
    field = min(max(found.bias + draw.randint(-spread, spread), 0), highest - (found.special == "ieee"))
    bits = (draw.getrandbits(1) << found.exponent_bits | field) << found.fraction | draw.getrandbits(found.fraction)
    bits <<= found.unread
    return bits if _finite(bits, form) else 0


def _integers(p: Parameters) -> Iterator[Vector]:
    """Sums of whole numbers at the ends of the range, and random ones."""
    draw = random.Random("whole numbers")
    width_a, width_b, width_c = (INTEGERS[form][1] for form in (p.a, p.b, p.c))
    for length in (1, p.depth, 2 * p.depth, p.depth + 1):
        for c in (0, (1 << (width_c - 1)) - 1, 1 << (width_c - 1), (1 << width_c) - 1):
            for x, y in product((0, 1, (1 << width_a) - 1, 1 << (width_a - 1)), (1, (1 << width_b) - 1)):
                yield Vector("overflow", (x,) * length, (y,) * length, c)
                yield Vector("overflow", (x,) + (0,) * (length - 1), (y,) * length, c)
        for _ in range(50):
            a, b = (tuple(draw.getrandbits(width) for _ in range(length)) for width in (width_a, width_b))
            yield Vector("random", a, b, draw.getrandbits(width_c))
