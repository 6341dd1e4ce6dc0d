"""A profile: what a vendor claims about one product, asked by those who plan, simulate, probe and report."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from harness.documents import Document
from harness.errors import InternalError
from harness.interface.operation import Operation, Types
from harness.profile.arithmetic import (
    Arithmetic,
    Instruction,
    VectorUnit,
    declared_arithmetic,
)
from harness.profile.claim import Statement, model_within, says_something, statements
from harness.profile.conduct import DTYPES, Assumption, Conduct
from harness.profile.declaration import Declaration
from harness.profile.hardware import Product


@dataclass(frozen=True)
class Profile:
    """What is claimed about one product. ``declared`` is the whole of it, block by block; two are equal by source."""

    declared: Declaration = field(compare=False, repr=False)
    source: Document = field(compare=False, repr=False)
    id: str
    digest: str

    @property
    def version(self) -> str:
        """The profile's own version."""
        return self.declared.version

    @property
    def kind(self) -> Literal["accelerator", "processor"]:
        """Whether the product is an accelerator or a processor."""
        return self.declared.kind

    @property
    def product(self) -> Product:
        """What the product is called."""
        return self.declared.product

    @property
    def source_bytes(self) -> bytes:
        """The file it was read from; ``parse_profile`` makes the same profile of it."""
        return self.source.source

    def document(self) -> dict[str, Any]:
        """The file as plain data."""
        found: dict[str, Any] = copy.deepcopy(self.source.data)
        return found

    @property
    def vector(self) -> Mapping[str, VectorUnit]:
        """What is said about the vector units, by dtype."""
        return self.declared.arithmetic.vector.units

    @property
    def instructions(self) -> Mapping[str, Instruction]:
        """Every matrix instruction, by name."""
        return self.declared.arithmetic.matrix.instructions

    @property
    def matrix_instructions(self) -> tuple[str, ...]:
        """The names of the matrix instructions, each of which ``harness.matrix_unit`` can stand for."""
        return tuple(self.instructions)

    @property
    def assumed(self) -> Mapping[str, Assumption]:
        """What a simulation assumes, by unit: an instruction, ``vector`` or ``vector/DTYPE``."""
        return self.declared.simulation.assumes

    def declares(self, name: str) -> bool:
        """Whether the profile claims something: ``determinism``, ``fp8``, ``fp64``, a dtype, or a field by its path.

        A field that is absent or unknown is not declared. Raises ``InternalError`` for a word that means nothing.
        """
        if name == "determinism":
            claim = self.declared.arithmetic.determinism
            return claim is not None and claim.value is True
        if name == "fp8":
            return any(self._computes(dtype) for dtype in DTYPES if dtype.startswith("float8_"))
        if name in _SHORT or name in DTYPES:
            return self._computes(_SHORT.get(name, name))
        return self._has(name)

    def _computes(self, dtype: str) -> bool:
        """Whether vector units claim a dtype, or a matrix instruction takes it."""
        unit = self.vector.get(dtype)
        return (unit is not None and unit.claimed) or self._multiplies(dtype)

    def _multiplies(self, dtype: str) -> bool:
        return any(dtype in (instruction.a, instruction.b) for instruction in self.instructions.values())

    def _has(self, path: str) -> bool:
        found: object = self.declared
        kind: type[BaseModel] | None = Declaration
        for part in path.split("."):
            if kind is None or (part not in kind.model_fields and kind.model_config.get("extra") != "allow"):
                raise InternalError(
                    f"{path!r} is neither a claim nor a field of profiles",
                    remedy="correct `when` in the chapter that names it",
                )
            kind = model_within(kind.model_fields[part].annotation) if part in kind.model_fields else None
            found = getattr(found, part, None)
        return says_something(found)

    def claims(self, operation: Operation, types: Types) -> bool:
        """Whether the product claims to compute an operation on these dtypes.

        Every operand's dtype, and the results', must be one the vector units support, but for truth values and for
        indices beside other operands; for a matrix product a matrix instruction that takes the operands will do.
        """
        operands = {dtype for dtype in types.inputs if dtype == types.operand or dtype not in _INDICES}
        if operation.family in _MATRIX_PRODUCTS and self._multiplies(types.operand):
            return True
        needed = operands | {dtype for dtype in types.outs if dtype not in _INDICES}
        return all(dtype in self.vector and self.vector[dtype].claimed for dtype in needed - {"bool"})

    def arithmetic_of(self, operation: str, dtype: str) -> Arithmetic:
        """How an operation on a dtype is declared to be computed; an ``instruction/NAME`` is served by itself.

        What ``serves`` does not mention is computed by the vector units.
        """
        unit = self.declared.arithmetic.serves.get(f"{operation}/{dtype}", "vector")
        if operation.startswith("instruction/"):
            unit = operation.removeprefix("instruction/")
        conduct: Conduct | None = self.vector.get(dtype)
        if unit != "vector":
            conduct = self.instructions[unit].row if unit in self.instructions else None
        source = self._statement(conduct).source if conduct is not None else ()
        return declared_arithmetic(unit, dtype, conduct, source)

    def _statement(self, model: Conduct) -> Statement:
        return next(said for said in statements(self.declared.arithmetic) if said.model is model)

    @property
    def memory_capacity(self) -> int | None:
        """The memory of the device in bytes, where it is claimed."""
        claim = self.declared.memory.device.capacity
        return int(claim.value.amount) if claim is not None and claim.value is not None else None

    @property
    def launch_cost_ms(self) -> float | None:
        """What a simulated launch is taken to cost, in milliseconds."""
        cost = self.declared.simulation.launch_cost
        return float(cost.amount * 1000) if cost is not None else None

    @property
    def assumptions(self) -> Mapping[str, str]:
        """What a simulation of this product assumes, by unit, in words."""
        found = {unit: _assumption(assumption) for unit, assumption in self.assumed.items()}
        if self.declared.simulation.launch_cost is not None:
            found["launch"] = f"taken to cost {self.declared.simulation.launch_cost}"
        return found

    def facts(self) -> dict[str, Any]:
        """What a device of this kind must say of itself: ``pci`` (any of these), ``architecture``, ``cpuid``."""
        identity = self.declared.identity
        found: dict[str, Any] = {}
        if identity.pci:
            found["pci"] = [f"{pci.vendor}:{pci.device}" for pci in identity.pci]
        if identity.architecture is not None and identity.architecture.value is not None:
            found["architecture"] = identity.architecture.value
        if identity.cpuid is not None:
            found["cpuid"] = {"vendor": identity.cpuid.vendor, "family": identity.cpuid.family}
        return found


_SHORT = {"fp16": "float16", "bf16": "bfloat16", "fp32": "float32", "fp64": "float64"}

#: Dtypes in which an operation may give or take positions instead of values.
_INDICES = frozenset({"int64", "uint64"})
#: Families that a matrix instruction can serve by itself.
_MATRIX_PRODUCTS = frozenset({"inner-product", "integer-product", "scaled-product"})

_UNSAID = ("because", "status", "source", "note")


def _assumption(assumption: Assumption) -> str:
    fields = [name for name in type(assumption).model_fields if name not in _UNSAID]
    said = [
        f"{name.replace('_', ' ')} {getattr(assumption, name)}"
        for name in fields
        if getattr(assumption, name) is not None
    ]
    return f"{', '.join(said)}; {assumption.because}"
