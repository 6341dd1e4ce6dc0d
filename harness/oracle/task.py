"""What a numeric test is about: an operation on one row of its dtypes, as one profile declares its arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from harness.interface.operation import Operation, Types
from harness.oracle.bounds.arithmetic import Arithmetic, held_to
from harness.oracle.formats import is_float
from harness.profile.arithmetic import Arithmetic as Declared
from harness.profile.model import Profile


@dataclass(frozen=True)
class Task:
    """An operation on one row of dtypes, and the profile that says how it is computed.

    ``arithmetic`` is what results are held to in place of what follows from interface and profile.
    """

    operation: Operation
    types: Types
    profile: Profile
    arithmetic: Arithmetic | None = None

    @property
    def name(self) -> str:
        """The operation's name."""
        return self.operation.name

    @property
    def family(self) -> str:
        """The operation's family."""
        return self.operation.family

    @property
    def dtype(self) -> str:
        """The dtype of the first operand."""
        return self.types.inputs[0] if self.types.inputs else self.types.out

    @property
    def floating(self) -> bool:
        """Whether operands that are no truth values or indices are floating-point numbers."""
        return is_float(self.types.operand)

    @cached_property
    def declared(self) -> Declared:
        """What the profile declares of the unit that computes it."""
        return self.profile.arithmetic_of(self.name, self.types.operand)

    @property
    def flushes(self) -> bool:
        """Whether the profile declares that subnormal operands or results become zero."""
        return bool(self.declared.flush_inputs or self.declared.flush_outputs)

    @cached_property
    def held_to(self) -> Arithmetic:
        """The arithmetic its results are held to: the weakest legal one, or the declared one where that is stronger."""
        return self.arithmetic or held_to(self.operation, self.types, self.profile)
