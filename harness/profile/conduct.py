"""What can be said about how results come about: formats, rounding, flushing, and how a matrix instruction adds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from harness.profile.claim import Stated, Words

#: The kind of each element type, by the name it has in numpy or ml_dtypes.
DTYPES: dict[str, str] = (
    {"bool": "bool"}
    | dict.fromkeys(("int4", "int8", "int16", "int32", "int64"), "integer")
    | dict.fromkeys(("uint4", "uint8", "uint16", "uint32", "uint64"), "integer")
    | dict.fromkeys(("float16", "bfloat16", "float32", "float64"), "floating")
    | dict.fromkeys(("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz"), "floating")
    | dict.fromkeys(("complex64", "complex128"), "complex")
)
#: Formats that exist only as operands of a matrix instruction.
OPERAND_FORMATS = ("tf32", "xf32", "float6_e2m3fn", "float6_e3m2fn", "float4_e2m1fn")
#: Formats of the scales of a block of operands; ``ue4m3`` is ``float8_e4m3fn`` without its sign.
SCALE_FORMATS = ("float8_e8m0fnu", "ue4m3")
FORMATS = (*DTYPES, *OPERAND_FORMATS)

Format = Annotated[str, Field(json_schema_extra={"enum": list(FORMATS)})]
ScaleFormat = Literal["float8_e8m0fnu", "ue4m3"]
Rounding = Literal["nearest-even", "nearest-away", "toward-zero", "toward-positive", "toward-negative"]
Alignment = Literal["truncate", "floor", "ceiling", "nearest-even", "nearest-away"]
Flush = Literal["none", "inputs", "outputs", "both"]
Model = Literal["fused", "exact", "pairwise", "fma"]
Addend = Literal["fused", "late", "last"]
Order = Literal["chained", "pairwise", "wave-tree", "split-k"]
Bits = Annotated[int, Field(ge=1, le=53)]


class Conduct(Stated):
    """What is said about how results come about; every field may be left out, and is then undeclared."""

    accumulator: Format | None = None
    """The format in which long sums are kept."""
    rounding: Rounding | None = None
    """How a result is rounded to its format (IEEE 754-2019, clause 4.3)."""
    flush: Flush | None = None
    """Which subnormal numbers become zero: those that go in, those that come out, both, or none."""


class Summation(Conduct):
    """How a matrix instruction adds its products; fields that a model does not use are left out."""

    model: Model | None = None
    """How the products of one block are added. `fused`: aligned to the largest exponent, added, rounded once.
    `exact`: added exactly, rounded once. `pairwise`: each rounded, then a tree of rounded sums. `fma`: one fused
    multiply-add after another."""
    block: Annotated[int, Field(ge=1, le=256)] | None = None
    """How many products one step takes; a K that is no multiple is filled up with zeros."""
    groups: Annotated[int, Field(ge=1, le=8)] | None = None
    """How many groups the products of a block are dealt to in turn (two: even and odd), each aligned by itself and
    then, rounded down, to the largest of all; one where it is left out."""
    alignment_bits: Bits | None = None
    """Fraction bits kept of a term when it is aligned to the largest."""
    alignment: Alignment | None = None
    """What happens to the bits beyond: cut off the magnitude (also where this is left out), rounded down, up, or to
    nearest."""
    zero_exponent: Annotated[int, Field(ge=-2000, le=2000)] | None = None
    """The exponent a zero term takes part with in the search for the largest; left out, it takes no part."""
    product_range: Literal["unbounded", "accumulator"] | None = None
    """Whether a product beyond the accumulator's range is infinite by itself; unbounded where it is left out."""
    addend: Addend | None = None
    """When C joins. `fused`: as one more term of the first block. `late`: aligned with the finished sum of each block,
    in a second step. `last`: by a rounded addition after the products of an instruction. Fused where it is left out,
    but last for pairwise sums."""
    late_bits: Bits | None = None
    """Fraction bits kept of the sum of the second step, before it is rounded."""
    addend_reach: Annotated[int, Field(ge=0, le=128)] | None = None
    """How far C's exponent may lie below the largest of the second step; further below, C counts as zero."""
    fraction_bits: Annotated[int, Field(ge=1, le=52)] | None = None
    """Fraction bits of the rounded sum where they are fewer than the result format has."""
    passes: Annotated[int, Field(ge=1, le=16)] | None = None
    """How many passes an instruction makes over its products, one after the other; one where it is left out."""
    run: Annotated[int, Field(ge=1, le=64)] | None = None
    """How many neighbours go to the same pass, before the next pass has its turn."""
    order: Order | None = None
    """How blocks are put together. `chained`: each adds to the result of the one before, also where this is left out.
    `pairwise`: a balanced tree of rounded sums. `wave-tree`: dealt in turn to `splits` lanes, chained in each, the
    lanes added by a tree. `split-k`: cut into `splits` parts, chained in each, the parts added one after another."""
    splits: Annotated[int, Field(ge=2, le=1024)] | None = None
    """The number of lanes of a wave tree, or of parts of a split K."""
    scale_format: ScaleFormat | None = None
    """The format of the scales of A and B, where blocks of them have scales."""
    scale_block: Annotated[int, Field(ge=1, le=1024)] | None = None
    """How many elements share one scale."""
    exact_group: Annotated[int, Field(ge=1, le=64)] | None = None
    """How many products are added exactly before their scales join; the scales' exponents alone then decide the
    alignment. Left out, each product's exponent and its scales' are added."""
    overflow: Literal["wrap", "saturate"] | None = None
    """What a sum of integers does beyond its format; it wraps where this is left out."""


class VectorConduct(Conduct):
    """How the vector units compute with one dtype."""

    multiply_add: Literal["fused", "separate"] | None = None
    """Whether a product and the sum it goes into are rounded once, together, or one after the other."""
    reduction_lanes: Annotated[int, Field(ge=1, le=4096)] | None = None
    """To how many lanes a long sum is dealt in turn, each adding one term after another."""
    reduction: Literal["sequential", "tree"] | None = None
    """How the lanes' sums are put together: one after another, or by a tree that halves their number at each step."""
    accuracy: dict[Words, Annotated[float, Field(ge=0.5, le=2.0**20)]] | None = None
    """By function, such as `exp`: how far a result may be from the exact one, in units in the last place."""


class Assumption(Summation, VectorConduct):
    """What the simulation takes for granted about one unit, and why."""

    because: Words
    """Why this and nothing else was assumed."""
