"""Dot products of blocks with scales: those that show what scales, their zero and their groups decide."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product

from tests.simulator.dot_vectors import Maker, Vector, power, word
from tests.simulator.number_formats import FORMS


class ScaledMaker(Maker):
    """Vectors for one unit whose operands may have scales."""

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
        if first.fraction + second.fraction > 8:
            return  # too many products to look through
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
