"""How others judge kernels: operands as they draw them, dense and of usual sizes, and one tolerance for a dtype."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.far import execute
from harness.device.wire import aligned, pack, space_needed, unpack
from harness.oracle.definition import Size, definition_of, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import component, is_float, round_to
from harness.oracle.problem import Array, Problem, write_all
from harness.oracle.task import Task

#: Relative and absolute tolerance.
Tolerance = tuple[float, float]

#: The defaults of torch.testing.assert_close; everything else must be equal (torch 2.13, table of dtypes).
TORCH: dict[str | None, Tolerance] = {
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7),
    "complex64": (1.3e-6, 1e-5),
    "complex128": (1e-7, 1e-7),
}

#: How often a problem of one shape is drawn anew.
TIMES = 3
#: A length of a dimension as others use them.
_LENGTH = 256
#: Sizes of products as others use them.
_PRODUCTS: tuple[Size, ...] = ((128, 128, 128),)
#: Factors as others use them.
_FACTORS = {"alpha": 0.7, "beta": 1.3}
#: Families whose operands are all drawn alike; of others the first, and of attention the first three.
_ALIKE = frozenset(
    [
        *("elementwise-exact", "comparison", "convolution", "inner-product", "normalization", "vector-update"),
        *("vector-product", "movement"),
    ]
)
#: Families whose operands stay as they are: a triangle of random numbers is all but singular.
_AS_DRAWN = frozenset({"triangular"})
#: What is defined for positive numbers alone.
_POSITIVE = frozenset({"sqrt", "log", "log2", "log10"})


@dataclass(frozen=True)
class Tolerances:
    """A rule of others: everything within atol + rtol * abs(expected), by dtype; ``None`` stands for all of them.

    ``small`` says that its users try operands of a few dozen elements only.
    """

    name: str
    of: Mapping[str | None, Tolerance]
    small: bool = False

    def agrees(self, got: Array, expected: Array) -> bool:
        """Whether a result is taken for right."""
        rtol, atol = self.of.get(got.dtype.name, self.of.get(None, (0.0, 0.0)))
        wide = np.complex128 if got.dtype.kind == "c" else np.float64
        with np.errstate(all="ignore"):
            a, b = got.astype(wide), expected.astype(wide)
            near = np.abs(a - b) <= atol + rtol * np.abs(b)
        return bool((near & np.isfinite(b) | (a == b)).all())


#: The rules of others.
RULES = (
    Tolerances("torch", TORCH),
    Tolerances("ONNX", {None: (1e-3, 1e-7), "bool": (0.0, 0.0)}, small=True),
    Tolerances("KernelBench", {None: (1e-2, 1e-2)}),
)


def usual(task: Task, *, small: bool, sizes: Sequence[Size] = ()) -> Iterator[Problem]:
    """Problems as others draw them: numbers around zero, as if normally distributed, several times for each shape."""
    definition = definition_of(task.operation)
    own: list[Size] = [definition.size(task)]
    if not small:
        own = [*own, *(sizes or _larger(task))]
    for size in own:
        for time in range(TIMES):
            draw = Draw("others", f"{task.name}/{size}", str(time))
            operands, attributes = (definition.rough or definition.draw)(task, draw, size)
            drawn = [_as_others_draw(task, draw, number, operand) for number, operand in enumerate(operands)]
            yield pose(task, drawn, {**attributes, **(_FACTORS if task.name in ("gemm", "Gemm") else {})})


def _larger(task: Task) -> Sequence[Size]:
    if task.name in ("matmul", "gemm", "MatMul", "Gemm"):
        return _PRODUCTS
    return [definition_of(task.operation).sweep(task, _LENGTH)[-1]]


def _as_others_draw(task: Task, draw: Draw, number: int, operand: Array) -> Array:
    first = 3 if task.family == "attention" else 1
    name = operand.dtype.name
    if task.family in _AS_DRAWN or (task.family not in _ALIKE and number >= first) or not is_float(component(name)):
        return operand
    values = normal(draw, operand.shape)
    if task.name in _POSITIVE:
        values = np.abs(values)
    if operand.dtype.kind == "c":
        return (values + 1j * normal(draw, operand.shape)).astype(operand.dtype)
    return round_to(values, name)


def normal(draw: Draw, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Numbers of mean zero and variance one, all but normally distributed: sums of twelve uniform ones."""
    return np.asarray((draw.integers(0, (1 << 20) - 1, (12, *shape)).sum(axis=0) / (1 << 20)) - 6)


def alarms(device: Any, task: Task, sizes: Sequence[Size] = ()) -> set[str]:
    """The rules that take a device for wrong on the problems of their users."""
    found = set()
    for rule in RULES:
        for problem in usual(task, small=rule.small, sizes=sizes):
            if any(got is None or not rule.agrees(got, right) for got, right in outputs(device, problem)):
                found.add(rule.name)
                break
    return found


def outputs(device: Any, problem: Problem) -> Iterator[tuple[Array | None, Array]]:
    """What a device left in each output, and what is right; nothing where it refused."""
    program, results = write_all([problem])
    built = program.build()
    memory = bytearray(aligned(space_needed(built)))
    steps, _ = pack(built, memory, 0)
    observations = unpack(steps, execute(device, steps, memory), memory, device.describe().layers)
    refused = any(observation.error for observation in observations)
    for result in results:
        dtype = result.output.laid.dtype
        expected = np.asarray(result.expected)
        if is_float(dtype):
            expected = round_to(expected.astype(np.float64), dtype)
        yield (None if refused else result.output.elements(observations)), expected
