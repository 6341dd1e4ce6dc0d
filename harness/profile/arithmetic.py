"""How a product computes, as its profile declares it: by vector dtype and by matrix instruction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from harness.profile.claim import Claim, Count, Stated, Strict, Words
from harness.profile.conduct import DTYPES, Conduct, Format, Rounding, Summation, VectorConduct

Support = Literal["native", "emulated", "none", "unknown"]


class Convert(Strict):
    """How float32 is converted to this dtype."""

    rounding: Rounding | None = None
    """How the conversion rounds."""
    nan: Annotated[str, Field(pattern="^0x[0-9a-f]{1,16}$")] | None = None
    """The pattern every NaN becomes, in hexadecimal, as a quoted string."""


class VectorUnit(VectorConduct):
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


#: One format, or several by the words that stand for them in the names of instructions.
Formats = (
    Format
    | Annotated[dict[Annotated[str, Field(pattern="^[a-z0-9]{1,16}$")], Format], Field(min_length=1, max_length=8)]
)


class InstructionRow(Summation):
    """A matrix instruction, D = A * B + C, or several that differ in nothing but the formats of A and B.

    Where ``a`` or ``b`` lists formats by words, ``{a}`` and ``{b}`` in the name stand for each of those words.
    """

    claims: ClassVar[bool] = True

    a: Formats
    """Format of A."""
    b: Formats
    """Format of B."""
    c: Format
    """Format of C."""
    d: Format
    """Format of D."""
    shape: Annotated[tuple[Count, ...], Field(min_length=3, max_length=3)]
    """Rows, columns and depth of one instruction: M, N, K."""


@dataclass(frozen=True)
class Instruction:
    """One matrix instruction: its name, the formats of A, B, C and D, its M, N, K, and the row that declares it.

    ``pattern`` is what the row is called, also among the assumptions; several instructions can share it.
    """

    name: str
    pattern: str
    a: str
    b: str
    c: str
    d: str
    shape: tuple[int, ...]
    row: InstructionRow = field(repr=False, compare=False)


class Matrix(Stated):
    """The matrix units, by instruction."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, InstructionRow] = Field(init=False)

    @property
    def rows(self) -> Mapping[str, InstructionRow]:
        """What is written, by name or by the pattern of several names."""
        return self.model_extra or {}

    @cached_property
    def instructions(self) -> Mapping[str, Instruction]:
        """Every instruction by its name."""
        return {found.name: found for pattern, row in self.rows.items() for found in instructions_of(pattern, row)}


def formats_of(formats: str | dict[str, str]) -> tuple[str, ...]:
    """The formats an operand of a row of instructions can have."""
    return tuple(format_ for _, format_ in _words(formats))


def instructions_of(pattern: str, row: InstructionRow) -> Iterator[Instruction]:
    """The instructions a row of the profile stands for."""
    for (word_a, a), (word_b, b) in product(_words(row.a), _words(row.b)):
        name = pattern.replace("{a}", word_a).replace("{b}", word_b)
        yield Instruction(name, pattern, a, b, row.c, row.d, row.shape, row)


def _words(formats: str | dict[str, str]) -> list[tuple[str, str]]:
    return [("{}", formats)] if isinstance(formats, str) else list(formats.items())


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
    if accumulator is None and isinstance(conduct, InstructionRow):
        accumulator = conduct.c
    flush = conduct.flush
    flush_inputs = None if flush is None else flush in ("inputs", "both")
    flush_outputs = None if flush is None else flush in ("outputs", "both")
    values = (accumulator, conduct.rounding, flush_inputs, flush_outputs)
    sources = {name: source for name, value in zip(ARITHMETIC_FIELDS, values, strict=True) if value is not None}
    return Arithmetic(unit, floating, accumulator, conduct.rounding, flush_inputs, flush_outputs, sources)
