"""How a product computes, as its profile declares it: by vector dtype and by matrix instruction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from harness.profile.claim import Claim, Count, Stated, Strict, Words

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
OPERAND_FORMATS = ("tf32", "float6_e2m3fn", "float6_e3m2fn", "float4_e2m1fn")
FORMATS = (*DTYPES, *OPERAND_FORMATS)

Format = Annotated[str, Field(json_schema_extra={"enum": list(FORMATS)})]
Support = Literal["native", "emulated", "none", "unknown"]
Rounding = Literal["nearest-even", "nearest-away", "toward-zero", "toward-positive", "toward-negative"]
Flush = Literal["none", "inputs", "outputs", "both"]
Model = Literal["fused", "exact", "pairwise", "two-step", "grouped", "fma"]


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
    """`fused`: products and C aligned to the largest exponent, added, rounded once. `exact`: exact sum, rounded once.
    `pairwise`: a tree of rounded sums. `two-step`: products fused, C added after. `grouped`: two fused groups, then C.
    `fma`: one fused multiply-add after another."""
    block: Count | None = None
    """How many products one step takes."""
    alignment_bits: Annotated[int, Field(ge=1, le=128)] | None = None
    """Fraction bits kept of a term when it is aligned to the largest."""
    alignment: Literal["truncate", "floor", "nearest-even"] | None = None
    """What happens to the bits beyond: cut off the magnitude, rounded down, or rounded to nearest."""
    late_bits: Annotated[int, Field(ge=1, le=128)] | None = None
    """Fraction bits kept when C is added in a second step."""
    zero_exponent: Annotated[int, Field(ge=-2000, le=0)] | None = None
    """The exponent a zero term takes part with in the search for the largest."""
    fraction_bits: Annotated[int, Field(ge=1, le=52)] | None = None
    """Fraction bits of the rounded sum where they are fewer than the result format has."""


class Convert(Strict):
    """How float32 is converted to this dtype."""

    rounding: Rounding | None = None
    """How the conversion rounds."""
    nan: Annotated[str, Field(pattern="^0x[0-9a-f]{1,16}$")] | None = None
    """The pattern every NaN becomes, in hexadecimal, as a quoted string."""


class VectorUnit(Conduct):
    """What the vector units do with one dtype."""

    claims: ClassVar[bool] = True

    support: Support
    """`native`: an instruction computes it. `emulated`: software does. `none`: it cannot. `unknown`: nobody says."""
    convert: Convert | None = None
    """How conversion to this dtype behaves, where that is known."""

    @property
    def says_something(self) -> bool:
        """Whether support is claimed or denied."""
        return self.support != "unknown"

    @property
    def claimed(self) -> bool:
        """Whether the dtype can be computed with."""
        return self.support in ("native", "emulated")


class Vector(Stated):
    """The vector units, by dtype."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"propertyNames": {"enum": ["status", "source", "note", *DTYPES]}}
    )
    __pydantic_extra__: dict[str, VectorUnit] = Field(init=False)

    @property
    def units(self) -> Mapping[str, VectorUnit]:
        """What is said about each dtype, by its name."""
        return self.model_extra or {}


class Instruction(Summation):
    """One matrix instruction: D = A * B + C."""

    claims: ClassVar[bool] = True

    a: Format
    """Format of A."""
    b: Format
    """Format of B."""
    c: Format
    """Format of C."""
    d: Format
    """Format of D."""
    shape: Annotated[tuple[Count, ...], Field(min_length=3, max_length=3)]
    """Rows, columns and depth of one instruction: M, N, K."""


class Matrix(Stated):
    """The matrix units, by instruction."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Instruction] = Field(init=False)

    @property
    def instructions(self) -> Mapping[str, Instruction]:
        """Every instruction by its name."""
        return self.model_extra or {}


class ArithmeticSection(Stated):
    """How the product computes."""

    vector: Vector = Vector()
    """The vector units, by dtype."""
    matrix: Matrix = Matrix()
    """The matrix units, by instruction."""
    serves: dict[str, Words] = Field(default_factory=dict)
    """Which unit computes an operation: `OPERATION/DTYPE: INSTRUCTION`, or `vector`."""
    determinism: Claim[bool] | None = None
    """Whether the same launch always gives the same bits."""


class Assumption(Summation):
    """What the simulation takes for granted about one unit, and why."""

    because: Words
    """Why this and nothing else was assumed."""


@dataclass(frozen=True)
class Arithmetic:
    """How one operation is declared to compute; ``None`` is undeclared.

    ``unit`` is the instruction that serves it, or ``vector``. ``floating`` is false where operands are integers or
    truth values, which are neither rounded nor flushed. ``sources`` gives, for each declared field, the names of the
    sources it rests on.
    """

    unit: str
    floating: bool
    accumulator: str | None = None
    rounding: str | None = None
    flush_inputs: bool | None = None
    flush_outputs: bool | None = None
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def undeclared(self) -> tuple[str, ...]:
        """The fields nothing is declared about, though they matter."""
        matter = ARITHMETIC_FIELDS if self.floating else ("accumulator",)
        return tuple(name for name in matter if getattr(self, name) is None)


#: The fields of an ``Arithmetic`` that a profile can declare.
ARITHMETIC_FIELDS = ("accumulator", "rounding", "flush_inputs", "flush_outputs")


def declared_arithmetic(unit: str, dtype: str, conduct: Conduct | None, source: tuple[str, ...]) -> Arithmetic:
    """What a unit's block declares for operands of a dtype.

    An instruction that names no accumulator keeps its sums in the format of C.
    """
    floating = DTYPES.get(dtype, "floating") in ("floating", "complex")
    if conduct is None:
        return Arithmetic(unit, floating)
    accumulator = conduct.accumulator
    if accumulator is None and isinstance(conduct, Instruction):
        accumulator = conduct.c
    flush = conduct.flush
    flush_inputs = None if flush is None else flush in ("inputs", "both")
    flush_outputs = None if flush is None else flush in ("outputs", "both")
    values = (accumulator, conduct.rounding, flush_inputs, flush_outputs)
    sources = {name: source for name, value in zip(ARITHMETIC_FIELDS, values, strict=True) if value is not None}
    return Arithmetic(unit, floating, accumulator, conduct.rounding, flush_inputs, flush_outputs, sources)
