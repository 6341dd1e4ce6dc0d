"""Dot products that give a matrix unit's secrets away: for each field, words on both sides of what it decides.

Everything is drawn from the fields and from fixed seeds, so that the same unit always gets the same vectors.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import islice, product

from tests.simulator.definition import Parameters
from tests.simulator.dot_vectors import ONE, Vector, power, word
from tests.simulator.number_formats import FORMS, INTEGERS
from tests.simulator.scaled_vectors import ScaledMaker


def directed(parameters: Parameters, every: int = 1) -> list[Vector]:
    """The vectors for one unit: those of every field, then random ones with cancellation; or every so many of them."""
    if parameters.d in INTEGERS:
        return list(_integers(parameters))[::every]
    return list(_Maker(parameters, every).all())


def likely_first(vectors: Sequence[Vector], field: str) -> list[int]:
    """The order in which to try vectors for a change of a field: its own first, each kind taken from all over."""
    return sorted(range(len(vectors)), key=lambda at: (vectors[at].shows != field, at % 61, at))


class _Maker(ScaledMaker):
    """Vectors for one unit of floating-point operands, a family for each thing that a field decides."""

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
                scales = [(ONE[p.scale_format],) * (count - 1) + (each,) for each in (x, y)]
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
