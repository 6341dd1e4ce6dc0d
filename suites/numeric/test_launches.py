"""Conduct of launches: layouts, guards, repeatability, shapes, and independence of one another."""

from __future__ import annotations

from collections.abc import Iterator

from harness.interface.operation import Operation
from harness.oracle.dense import dense
from harness.oracle.draw import Draw
from harness.oracle.launch import Layout
from harness.oracle.numeric_rules import Agreement
from harness.oracle.problem import Problem, Shape, together
from harness.suite.case import Case, Subject, Trial
from harness.suite.problems import PAIR, numeric, pairs, plain_problem, plain_rule, plain_shape, pose
from harness.suite.suites import tests

_LAYOUTS: tuple[Layout, ...] = ("strided", "transposed", "offset", "broadcast")
_SWEEP = (1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 260)


@tests("IF-NUM-010")
def layouts(subject: Subject) -> Iterator[Case]:
    """Operands that lie strided, transposed, off the start or repeated give what dense ones give."""
    operation, types = numeric(subject)
    for layout in _LAYOUTS:
        if layout == "broadcast" and operation.family == "quantifier":
            continue  # Rows that are all the same have one answer.
        yield from pairs(
            layout,
            plain_rule(operation),
            lambda draw, way: [plain_problem(operation, types, draw, plain_shape(operation), (way,) * operation.arity)],
            layout,
        )


@tests("IF-NUM-011")
def guards(subject: Subject) -> Iterator[Case]:
    """Every element of the output is written, nothing beside it, and the operands stay as they were."""
    operation, types = numeric(subject)
    ways: tuple[Layout, ...] = ("dense", "offset", "strided")
    for way in ways:
        yield from pairs(
            f"output-{way}",
            plain_rule(operation),
            lambda draw, out: [
                plain_problem(operation, types, draw, plain_shape(operation), out_layout=out, read_operands=True)
            ],
            way,
        )


@tests("IF-NUM-012")
def repeats(subject: Subject) -> Iterator[Case]:
    """The same launch three times with others between: the same bits."""
    operation, types = numeric(subject)
    rough = operation.family in ("inner-product", "sum") and types.out in ("float16", "bfloat16", "float32", "float64")

    def write(draw: Draw) -> Trial:
        def problem(shape: Shape) -> Problem:
            if rough:
                return dense(operation, types, subject.profile, draw, (7, shape[1], 5), "centred")
            return plain_problem(operation, types, draw, plain_shape(operation))

        asked, between = problem((7, 257, 5)), problem((7, 64, 5))
        rule = "bound" if rough else plain_rule(operation)
        program, comparison = together(rule, asked, between, asked, between, asked)
        return Trial(program, Agreement(comparison, ((0, None), (2, None), (4, None))))

    for number in range(2):
        for which in PAIR:
            yield Case(f"repeat-{number}/{which}", write)


@tests("IF-NUM-013")
def shapes(subject: Subject) -> Iterator[Case]:
    """Dimensions of one, and on both sides of every likely tile; no elements at all where that is defined."""
    operation, types = numeric(subject)
    rule = plain_rule(operation)
    for size in _SWEEP:
        for number, shape in enumerate(_shapes_with(operation, size)):
            yield pose(
                f"{size}/place-{number}",
                rule,
                lambda draw, s: [plain_problem(operation, types, draw, s) for _ in range(2)],
                shape,
            )
    for shape in _empty_shapes(operation):
        name = "x".join(map(str, shape))
        yield pose(f"empty/{name}", rule, lambda draw, s: [plain_problem(operation, types, draw, s)], shape)


def _shapes_with(operation: Operation, size: int) -> list[Shape]:
    """Shapes that have a dimension of a size, at every place an operation has."""
    if operation.family == "inner-product":
        return [(size, 5, 3), (3, size, 5), (5, 3, size)]
    if operation.family == "quantifier":
        return [(24, size)]
    if operation.family in ("sum", "extremum", "argument-extremum"):
        return [(3, size), (size, 4)]
    return [(size,), (3, size)]


def _empty_shapes(operation: Operation) -> list[Shape]:
    """Shapes without an element in the output; reductions and products over nothing are asked elsewhere."""
    if operation.family == "inner-product":
        return [(0, 3, 2)] if operation.name == "vecdot" else [(0, 3, 2), (2, 3, 0)]
    return [(0, 5)] if "axis" in operation.attributes else [(0,), (3, 0)]


@tests("IF-NUM-014")
def independence(subject: Subject) -> Iterator[Case]:
    """Launches one after another, of one shape and of others between: each result is of its own operands."""
    operation, types = numeric(subject)
    shape = plain_shape(operation)
    other = (shape[0] + 1, *shape[1:])
    for number in range(3):
        yield pose(
            f"sequence-{number}",
            plain_rule(operation),
            lambda draw: [plain_problem(operation, types, draw, s) for s in (shape, shape, other, shape, other)],
        )
