"""How a simulated device computes: with the vector and matrix units its profile declares or assumes.

``Arithmetic`` is the seam between a device's runtime and what its launches compute.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.device.protocol import UNSUPPORTED, DeviceError
from harness.errors import UsageError
from harness.profile.model import Profile
from harness.simulator import instructions, signatures
from harness.simulator.composed.operations import OPERATIONS
from harness.simulator.conversion import Array
from harness.simulator.instructions import PREFIX
from harness.simulator.signatures import Signature
from harness.simulator.vector_unit import VectorUnit, unit_conduct


class Arithmetic(Protocol):
    """The computing part of a simulated device."""

    @property
    def assumptions(self) -> Mapping[str, str]:
        """What it takes for granted that no profile declares, by unit, in words."""

    def make_ready(self) -> None:
        """Do now what would otherwise delay the first launch."""

    def signature(self, operation: str) -> Signature:
        """What a launch looks like; raises ``DeviceError`` (unsupported) for an operation it does not know."""

    def prepare(self, operation: str, dtypes: Sequence[str]) -> None:
        """Raise ``DeviceError`` (unsupported) if a launch with these dtypes cannot be computed as declared."""

    def compute(
        self, operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
    ) -> Sequence[Array]:
        """The results of an operation, in the dtypes ``results``, for operands in their own dtypes.

        A launch that a composed operation refuses only when it sees its operands' values raises ``DeviceError``.
        """


class ProfileArithmetic:
    """The arithmetic of a product: each operation by the unit that serves it, as that is declared or assumed."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._vector: dict[str, VectorUnit] = {}
        self._matrix: dict[str, Any] = {}

    @cached_property
    def assumptions(self) -> Mapping[str, str]:
        """The profile's own assumptions, and what vector units take for granted beside them."""
        found = dict(self._profile.assumptions)
        for name, words in self._vector_unit("float32").assumptions.items():
            found[f"vector units, {name.replace('_', ' ')}"] = words
        return found

    def make_ready(self) -> None:
        """Compile the units that serve operations, which takes seconds where no cache has them."""
        for serving in {*self._profile.declared.arithmetic.serves.values()} - {"vector"}:
            with contextlib.suppress(DeviceError):  # a unit nothing is known of says so when it is launched
                instructions.make_ready(self._unit(serving))

    def signature(self, operation: str) -> Signature:
        """An operation's signature; those of instructions follow from the profile."""
        if operation in OPERATIONS:
            return OPERATIONS[operation].signature
        if not operation.startswith(PREFIX):
            return signatures.find(operation)
        found = self._profile.instructions.get(operation.removeprefix(PREFIX))
        if found is None:
            raise DeviceError(UNSUPPORTED, f"{self._profile.id} has no {operation!r}")
        return instructions.signature(self._unit(found.name).arithmetic)

    def prepare(self, operation: str, dtypes: Sequence[str]) -> None:
        """Raise ``DeviceError`` (unsupported) where too little is said of the unit that serves the operation."""
        if operation in OPERATIONS and not instructions.served(operation):
            return
        serving = self._serving(operation, dtypes[0])
        if serving is None:
            self._vector_unit(dtypes[0]).prepare(operation, dtypes)
        else:
            self._unit(serving)

    def compute(
        self, operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], results: Sequence[str]
    ) -> Sequence[Array]:
        """The results of an operation, in the dtypes ``results``."""
        if operation in OPERATIONS:
            with np.errstate(all="ignore"):  # a result beyond its format is infinite, and no surprise
                return OPERATIONS[operation].compute(self, inputs, attributes, results)
        return (self._single(operation, inputs, attributes, results[0]),)

    def step(self, operation: str, *operands: Array, result: str | None = None, **attributes: Any) -> Array:
        """One operation of a composed one, by the unit that serves it for the first operand's dtype.

        ``result`` is that dtype where it is left out.
        """
        return self._single(operation, operands, attributes, result or operands[0].dtype.name)

    def product(self, operation: str, a: Array, b: Array, result: str) -> Array:
        """The matrix products inside a composed operation, by the unit that serves that operation."""
        serving = self._serving(operation, a.dtype.name)
        if serving is None:
            return self._vector_unit(a.dtype.name).compute("matmul", (a, b), {}, result)
        return instructions.serve("matmul", self._unit(serving), (a, b), {}, result)

    def working(self, dtype: str) -> str:
        """The dtype in which composed operations on operands of a dtype are carried out.

        It is that of long sums, but never a narrower one than the operands' own.
        """
        found = self._vector_unit(dtype).accumulator(dtype, dtype)
        return found if numpy_dtype(found).itemsize >= numpy_dtype(dtype).itemsize else dtype

    def _single(self, operation: str, inputs: Sequence[Array], attributes: Mapping[str, Any], result: str) -> Array:
        name = inputs[0].dtype.name
        serving = self._serving(operation, name)
        if serving is None:
            return self._vector_unit(name).compute(operation, inputs, attributes, result)
        unit = self._unit(serving)
        if operation.startswith(PREFIX):
            return instructions.launch(unit, inputs)
        with np.errstate(all="ignore"):  # a result beyond its format is infinite, and no surprise
            return instructions.serve(operation, unit, inputs, attributes, result)

    def _serving(self, operation: str, dtype: str) -> str | None:
        """The instruction that serves an operation on operands of a dtype; ``None`` for the vector units."""
        if operation.startswith(PREFIX):
            return operation.removeprefix(PREFIX)
        if not instructions.served(operation):
            return None
        unit = self._profile.declared.arithmetic.serves.get(f"{operation}/{dtype}", "vector")
        return None if unit == "vector" else unit

    def _vector_unit(self, dtype: str) -> VectorUnit:
        if dtype not in self._vector:
            self._vector[dtype] = VectorUnit(unit_conduct(self._profile, dtype))
        return self._vector[dtype]

    def _unit(self, instruction: str) -> Any:
        if instruction not in self._matrix:
            from harness.simulator.matrix_unit import matrix_unit  # compiles, and so is loaded only where it is needed

            try:
                self._matrix[instruction] = matrix_unit(self._profile, instruction)
            except UsageError as error:
                raise DeviceError(UNSUPPORTED, str(error)) from error
        return self._matrix[instruction]
