"""Matrix units by definition: one dot product at a time, in whole numbers of any size, straight from the fields.

Slow on purpose, and independent: nothing here comes from the simulator, neither its formats nor its rounding, so that
where the two agree they agree about what the fields mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import NamedTuple

from harness.profile.arithmetic import Instruction
from harness.profile.coherence import said_of
from harness.profile.conduct import Assumption
from harness.profile.store import list_profiles, load_profile
from tests.simulator.number_formats import (
    FORMS,
    INTEGERS,
    NOTHING,
    UNIT,
    Number,
    decoded,
    encoded,
    ends,
    flushed,
    infinity,
    multiple,
    product,
    rounded,
    special,
    tree,
)

#: Those of numbers are named for tests that hold a word against this definition.
#: What is given back for a result that is not a number: its bits are nobody's business here.
NAN = "nan"


@dataclass(frozen=True)
class Parameters:
    """All that decides what a matrix instruction computes: its formats, its depth, and how it adds."""

    a: str
    b: str
    c: str
    d: str
    depth: int
    model: str | None = None
    block: int | None = None
    groups: int = 1
    alignment_bits: int | None = None
    alignment: str = "truncate"
    zero_exponent: int | None = None
    product_range: str = "unbounded"
    addend: str | None = None
    late_bits: int | None = None
    addend_reach: int | None = None
    fraction_bits: int | None = None
    passes: int = 1
    run: int = 1
    order: str = "chained"
    splits: int | None = None
    scale_format: str | None = None
    scale_block: int | None = None
    exact_group: int | None = None
    accumulator: str | None = None
    rounding: str = "nearest-even"
    flush: str = "none"
    overflow: str = "wrap"

    @property
    def kept(self) -> str:
        """The format of the running sum."""
        return self.accumulator or self.d

    @property
    def width(self) -> int:
        """How many products one step takes."""
        return 1 if self.model == "fma" else self.block or self.depth

    @property
    def flush_inputs(self) -> bool:
        """Whether subnormal operands are zero."""
        return self.flush in ("inputs", "both")

    @property
    def flush_outputs(self) -> bool:
        """Whether subnormal results are zero."""
        return self.flush in ("outputs", "both")

    @property
    def by_instruction(self) -> bool:
        """Whether something happens at the end of every instruction's K, beside what happens in every block."""
        return self.order == "chained" and (
            self.passes > 1 or self.kept != self.d or (self.addend == "last" and self.model != "pairwise")
        )


def parameters_of(instruction: Instruction, assumed: Assumption | None = None) -> Parameters:
    """What an instruction computes by its profile: what is declared, and what is assumed where nothing is."""
    said = said_of(instruction.row, assumed)
    known = {field.name for field in fields(Parameters)}
    strange = said.keys() - known
    assert not strange, f"the definition does not know {', '.join(sorted(strange))}"
    return Parameters(instruction.a, instruction.b, instruction.c, instruction.d, instruction.shape[2], **said)


@cache
def shipped() -> dict[Parameters, tuple[str, str]]:
    """Every distinct arithmetic of the profiles that come with Assay, with a profile and an instruction that has it."""
    found: dict[Parameters, tuple[str, str]] = {}
    depths: dict[Parameters, int] = {}
    for name in list_profiles():
        profile = load_profile(name)
        patterns = {id(row): pattern for pattern, row in profile.declared.arithmetic.matrix.rows.items()}
        for instruction in profile.instructions.values():
            pattern = patterns[id(instruction.row)]
            unit = parameters_of(instruction, profile.assumed.get(pattern))
            # the depth of an instruction matters only where something happens at its end
            alike = unit if unit.by_instruction else replace(unit, depth=0)
            if alike not in depths:
                depths[alike] = unit.depth
                found[unit] = profile.id, instruction.name
    return found


class Term(NamedTuple):
    """One term of an aligned sum: its value in units of 2**UNIT, and the exponent it is compared by, if by any."""

    units: int
    exponent: int | None


Scales = tuple[Number, Number]
Element = tuple[Number, Scales]


class Block(NamedTuple):
    """What one step takes."""

    products: list[Number]
    scales: list[Scales] | None


class Unit:
    """One matrix instruction, step by step."""

    def __init__(self, parameters: Parameters) -> None:
        self.p = parameters

    # Roundings.

    def result(self, units: int, negative_zero: bool = False) -> Number:
        """A sum rounded as the unit rounds, and flushed if it flushes."""
        found = self._out(rounded(units, self.p.kept, self.p.rounding, self.p.fraction_bits, negative_zero))
        if found.zero and self.p.model == "fused" and self.p.addend != "late":
            return found._replace(negative=False)  # no zero has a sign there, be it exact or too small
        return found

    def add(self, x: Number, y: Number) -> Number:
        """A rounded addition inside a block, its zeros signed as IEEE 754 has it."""
        found = special([x, y])
        if found is not None:
            return found
        negative_zero = x.negative if x.negative == y.negative else self.p.rounding == "toward-negative"
        return self.result(x.units + y.units, negative_zero)

    def join(self, x: Number, y: Number) -> Number:
        """An addition outside of blocks, of C that joins last or of parts: always to the nearest."""
        found = special([x, y])
        if found is not None:
            return found
        return self._out(rounded(x.units + y.units, self.p.kept, "nearest-even", None, x.negative and y.negative))

    def written(self, total: Number) -> Number:
        """A sum as D holds it, where D has another format than the sums."""
        p = self.p
        if total.kind != "finite" or p.kept == p.d:
            return total
        total = rounded(total.units, p.d, p.rounding, None, total.negative)
        return flushed(total, p.d) if p.flush_outputs else total

    def _out(self, number: Number) -> Number:
        return flushed(number, self.p.kept) if self.p.flush_outputs else number

    @property
    def nothing(self) -> Number:
        """The running sum before anything was added: plus zero."""
        return rounded(0, self.p.kept, "nearest-even")

    # One step.

    def step(self, c: Number, products: list[Number], scales: list[Scales] | None) -> Number:
        """The running sum after one block of products."""
        model = self.p.model
        if model == "fma":
            (factor,) = products
            return self.add(c, factor)  # the product is exact until it is added
        if model == "pairwise":
            return self.add(c, tree([self._rounded_product(each) for each in products], self.add))
        found = special([*self._in_range(products, scales), c])
        if found is not None:
            return found
        if model == "exact":
            return self.result(sum(each.units for each in products) + c.units)
        assert model == "fused"
        if self.p.addend == "late":
            return self._late(c, products)
        terms = [self._groups(products)] if self.p.groups > 1 else list(self._terms(products, scales))
        return self.result(self._aligned([*terms, self._term(c)]))

    def _rounded_product(self, p: Number) -> Number:
        return self.result(p.units, p.negative) if p.kind == "finite" else p

    def _in_range(self, products: list[Number], scales: list[Scales] | None) -> Iterator[Number]:
        """The products with their scales, infinite where they are beyond the range if that is how it is."""
        beyond = FORMS[self.p.kept].greatest + 1 - UNIT
        for each, (a, b) in zip(products, scales or [ONES] * len(products), strict=True):
            found = product(product(each, a), b)
            own = each if self.p.exact_group else found
            bounded = self.p.product_range == "accumulator" and found.kind == own.kind == "finite"
            yield infinity(own.negative) if bounded and abs(own.units) >> beyond else found

    def _term(self, number: Number) -> Term:
        return Term(number.units, self.p.zero_exponent if number.zero else number.exponent)

    def _terms(self, products: list[Number], scales: list[Scales] | None) -> Iterator[Term]:
        """The terms of a block: the products, or what scales make of them."""
        if scales is None:
            yield from map(self._term, products)
        elif self.p.exact_group is None:
            for each, (a, b) in zip(products, scales, strict=True):
                yield self._term(product(product(each, a), b))
        else:
            for at in range(0, len(products), self.p.exact_group):
                group = products[at : at + self.p.exact_group]
                a, b = scales[at]
                # a group whose products cancel is no zero term, its scales decide; one of zeros is
                zero = all(each.zero for each in group) or a.zero or b.zero
                total = sum(each.units for each in group) * a.significand * b.significand
                power = a.power + b.power
                total = total << power if power >= 0 else total >> -power
                yield Term(total, self.p.zero_exponent if zero else a.exponent + b.exponent)

    def _aligned(self, terms: Sequence[Term]) -> int:
        """The sum of terms, each brought to a multiple of the last bit that is kept beside the largest."""
        exponents = [term.exponent for term in terms if term.exponent is not None]
        if self.p.alignment_bits is None or not exponents:
            return sum(term.units for term in terms)
        kept = max(exponents) - self.p.alignment_bits
        return sum(multiple(term.units, kept, self.p.alignment) for term in terms)

    def _groups(self, products: list[Number]) -> Term:
        """The products alone, dealt to groups, and the largest exponent that takes part."""
        p, sums = self.p, []
        for at in range(p.groups):
            group = [self._term(each) for each in products[at :: p.groups]]
            exponents = [term.exponent for term in group if term.exponent is not None]
            if exponents:
                sums.append((self._aligned(group), max(exponents)))
        if not sums:
            return Term(0, None)
        largest = max(exponent for _, exponent in sums)
        kept = UNIT if p.alignment_bits is None else largest - p.alignment_bits
        return Term(sum(multiple(units, kept, "floor") for units, _ in sums), largest)

    def _late(self, c: Number, products: list[Number]) -> Number:
        """The products alone, and then C in a second step."""
        p = self.p
        assert p.late_bits is not None
        total, dot_exponent = self._groups(products)
        largest = c.exponent if dot_exponent is None else max(dot_exponent, c.exponent)
        total = multiple(total, largest - p.late_bits - 1, "floor")
        if p.addend_reach is None or c.exponent >= largest - p.addend_reach:
            kept = UNIT if p.alignment_bits is None else largest - p.alignment_bits
            total += multiple(c.units, kept, "floor")
        exponent = max(abs(total).bit_length() - 1 + UNIT, FORMS[p.kept].least)
        return self.result(multiple(total, exponent - p.late_bits, "floor"))

    # All steps.

    def chain(self, c: Number, blocks: Sequence[Block]) -> Number:
        """One block after another, each added to the result of the one before."""
        for block in blocks:
            c = self.step(c, block.products, block.scales)
        return c

    def whole(self, c: Number, elements: Sequence[Element]) -> Number:
        """D: C and all products, in the order the unit takes them."""
        p = self.p
        if not elements:
            return c
        if p.order != "chained":
            return self.written(self.join(self._apart(self._blocks(elements)), c))
        if not p.by_instruction:
            return self.chain(c, self._blocks(elements))
        last = p.addend == "last" and p.model != "pairwise"
        for at in range(0, len(elements), p.depth):  # instruction after instruction, the D of each the next one's C
            blocks = self._passes(_filled(elements[at : at + p.depth], p.depth))
            c = self.join(self.chain(self.nothing, blocks), c) if last else self.chain(c, blocks)
            c = self.written(c)
        return c

    def _apart(self, blocks: list[Block]) -> Number:
        """The blocks added to nothing, and then to one another."""
        p, start = self.p, self.nothing
        if p.order == "pairwise":
            return tree([self.chain(start, [block]) for block in blocks], self.join)
        assert p.splits is not None
        if p.order == "wave-tree":
            lanes = [self.chain(start, blocks[lane :: p.splits]) for lane in range(p.splits)]
            while len(lanes) > 1:  # the upper half onto the lower
                half = len(lanes) // 2
                lanes = [self.join(x, y) for x, y in zip(lanes[:half], lanes[half:], strict=True)]
            return lanes[0]
        assert p.order == "split-k"
        size = -(-len(blocks) // p.splits)
        first, *others = [self.chain(start, blocks[at * size : (at + 1) * size]) for at in range(p.splits)]
        for part in others:
            first = self.join(first, part)
        return first

    def _passes(self, elements: Sequence[Element]) -> list[Block]:
        """The blocks of one instruction: the elements of its first pass, then those of the next."""
        p = self.p
        found: list[Block] = []
        for turn in range(p.passes):
            found += self._blocks([each for at, each in enumerate(elements) if (at // p.run) % p.passes == turn])
        return found

    def _blocks(self, elements: Sequence[Element]) -> list[Block]:
        width, scaled = self.p.width, self.p.scale_format is not None
        filled = _filled(elements, width)
        blocks = [filled[at : at + width] for at in range(0, len(filled), width)]
        return [
            Block([product for product, _ in block], [scales for _, scales in block] if scaled else None)
            for block in blocks
        ]

    # Words in, words out.

    def dot(
        self, a: Sequence[int], b: Sequence[int], c: int, scales_a: Sequence[int] | None, scales_b: Sequence[int] | None
    ) -> int | str:
        """The bits of D."""
        p = self.p
        factors = [(self._read(x, p.a), self._read(y, p.b)) for x, y in zip(a, b, strict=True)]
        if p.d in INTEGERS:
            return self._integers([x.whole * y.whole for x, y in factors], decoded(c, p.c).whole)
        scales: list[Scales] = [ONES] * len(a)
        if p.scale_format is not None:
            assert p.scale_block is not None
            assert scales_a is not None
            assert scales_b is not None
            assert len(scales_a) == len(scales_b) == -(-len(a) // p.scale_block)
            form = p.scale_format
            read = [(decoded(x, form), decoded(y, form)) for x, y in zip(scales_a, scales_b, strict=True)]
            scales = [read[at // p.scale_block] for at in range(len(a))]
        elements = [(product(x, y), pair) for (x, y), pair in zip(factors, scales, strict=True)]
        found = self.whole(self._read(c, p.c), elements)
        return NAN if found.kind == "nan" else encoded(found, p.d)

    def _read(self, word: int, form: str) -> Number:
        number = decoded(word, form)
        return flushed(number, form, signed=False) if self.p.flush_inputs and form in FORMS else number

    def _integers(self, products: list[int], c: int) -> int:
        """Whole numbers are exact; an instruction's D that is beyond its range wraps, or stays at the end of it."""
        lowest, highest = ends(self.p.d)
        total = c
        for at in range(0, len(products), self.p.depth):
            total += sum(products[at : at + self.p.depth])
            if self.p.overflow == "saturate":
                total = min(max(total, lowest), highest)
        return total & (highest - lowest)  # as many ones as the format has bits


ONES: Scales = (Number("finite", False, 1, 0, 0), Number("finite", False, 1, 0, 0))


def _filled(elements: Sequence[Element], width: int) -> list[Element]:
    """Elements filled up with zero products to a multiple of a width."""
    return [*elements, *[(NOTHING, ONES)] * (-len(elements) % width)]


def dot(
    parameters: Parameters,
    a: Sequence[int],
    b: Sequence[int],
    c: int,
    scales_a: Sequence[int] | None = None,
    scales_b: Sequence[int] | None = None,
) -> int | str:
    """The bits of D for one row of A, one column of B and one element of C; ``nan`` where it is not a number."""
    return Unit(parameters).dot(a, b, c, scales_a, scales_b)
