"""The numeric chapters: sentences a reader can use, families that are used, types and figures from the standards."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
import pytest

from harness.device.dtypes import numpy_dtype
from harness.interface.catalogue import LETTERS
from harness.interface.chapter import Chapter
from harness.interface.operation import Operation
from harness.interface.requirement import Requirement
from harness.profile.arithmetic import ARITHMETIC_FIELDS
from harness.profile.store import load_profile
from harness.simulator.arithmetic import ProfileArithmetic
from tests.interface.numeric import numeric_interface

INTERFACE = numeric_interface()
REQUIREMENTS = INTERFACE.requirements
OPERATIONS = tuple(INTERFACE.operations.values())
ATTRIBUTES = {name for operation in OPERATIONS for name in operation.attributes}

each_requirement = pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.id)
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


@each_requirement
def test_a_sentence_says_shall_in_english_and_ying_in_chinese(requirement: Requirement) -> None:
    en, zh = requirement.text.en, requirement.text.zh
    assert re.search(r"\bshall\b", en)
    assert en.endswith(".")
    # Attributes keep their own small letters.
    assert en[0].isupper() or en.split()[0] in ATTRIBUTES
    assert not re.search(r"\s{2}|\n", en)
    assert "应" in zh
    assert zh.endswith("。")


@each_requirement
def test_chinese_has_full_width_punctuation(requirement: Requirement) -> None:
    ideograph = "[\u4e00-\u9fff]"
    assert not re.search(rf"{ideograph}[,;:.()]|[,;:()]{ideograph}", requirement.text.zh)


def test_no_sentence_stands_twice() -> None:
    for language in ("en", "zh"):
        sentences = [getattr(requirement.text, language) for requirement in REQUIREMENTS]
        assert len(set(sentences)) == len(sentences)


@each_requirement
def test_a_source_names_a_standard_or_a_paper_with_its_year_or_version(requirement: Requirement) -> None:
    assert re.search(r"\b(19|20)\d\d\b|OpenCL|Reference BLAS|ONNX|OFP8|arXiv", requirement.source)


@pytest.mark.parametrize("chapter", INTERFACE.chapters, ids=lambda chapter: chapter.id)
def test_numbers_run_from_one_without_a_gap(chapter: Chapter) -> None:
    expected = [f"IF-{LETTERS[chapter.id]}-{n:03}" for n in range(1, len(chapter.requirements) + 1)]
    assert [requirement.id for requirement in chapter.requirements] == expected


@each_requirement
def test_a_requirement_applies_to_an_operation_its_level_has(requirement: Requirement) -> None:
    applies = INTERFACE.operations_of(requirement)
    assert any(types.level <= requirement.level for operation in applies for types in operation.types)


@each_requirement
def test_what_a_requirement_reads_is_a_field_of_a_claim(requirement: Requirement) -> None:
    assert set(requirement.reads) <= set(ARITHMETIC_FIELDS)
    assert requirement.rule in (None, "bitwise", "bitwise-class", "bound", "ulp", "norm", "legality")
    assert requirement.inputs


def test_every_claim_that_something_hangs_on_can_be_declared() -> None:
    whens = {requirement.when for requirement in REQUIREMENTS}
    whens |= {types.when for operation in OPERATIONS for types in operation.types}
    profile = load_profile("reference/ieee")
    for when in whens - {None}:
        assert isinstance(when, str)
        assert profile.declares(when) in (True, False)  # raises for a word that means nothing


@pytest.mark.parametrize("family", sorted(INTERFACE.families))
def test_every_family_has_operations(family: str) -> None:
    assert any(family in INTERFACE.lineage(operation.family) for operation in OPERATIONS)


@each_operation
def test_types_are_known_and_those_of_the_lowest_level_come_first(operation: Operation) -> None:
    for types in operation.types:
        for dtype in {*types.inputs, *types.outs} | ({types.accumulate} if types.accumulate else set()):
            numpy_dtype(dtype)
    assert operation.types[0].level == min(types.level for types in operation.types)


@each_operation
def test_float64_is_asked_for_at_the_highest_level_only(operation: Operation) -> None:
    assert all(types.level == 3 for types in operation.types if "float64" in (*types.inputs, *types.outs))


@each_operation
def test_an_accumulator_is_never_narrower_than_the_operands(operation: Operation) -> None:
    for types in operation.types:
        if types.accumulate is not None:
            assert numpy_dtype(types.accumulate).itemsize > numpy_dtype(types.inputs[0]).itemsize


@each_operation
def test_the_result_type_is_that_of_the_family(operation: Operation) -> None:
    outs = {types.out for types in operation.types}
    if operation.name == "count_nonzero":
        assert outs == {"int64"}
    elif operation.family in ("comparison", "classification", "quantifier"):
        assert outs == {"bool"}
    elif operation.family == "argument-extremum":
        assert outs == {"int64"}
    elif operation.family in ("elementwise-exact", "elementwise-function", "logical", "extremum"):
        assert all(types.out == types.inputs[-1] for types in operation.types)


@each_operation
def test_the_simulated_device_can_be_asked_for_every_row(operation: Operation) -> None:
    signature = ProfileArithmetic(load_profile("reference/ieee")).signature(operation.name)
    assert (signature.least, signature.arity) == (operation.least, operation.arity)
    assert signature.attributes == set(operation.attributes)
    for types in operation.types:
        assert signature.results == len(types.outs)
        for count in range(operation.least, operation.arity + 1):
            assert signature.accepts([*types.inputs[:count], *types.outs]), types.label


#: OpenCL C 3.0, Relative Error as ULPs: full profile, single precision and half precision; double is as single.
OPENCL = {
    **dict.fromkeys(("log1p",), (2, 2)),
    **dict.fromkeys(("exp", "expm1", "log", "log2", "log10"), (3, 2)),
    **dict.fromkeys(("sin", "cos", "asin", "acos", "sinh", "cosh", "asinh", "acosh", "hypot"), (4, 2)),
    **dict.fromkeys(("tan", "atan", "tanh", "atanh"), (5, 2)),
    "atan2": (6, 2),
    "pow": (16, 4),
    "Erf": (16, 4),
}


def test_units_in_the_last_place_are_those_of_opencl() -> None:
    for dtypes in (("float32", "float16"), ("float64", "bfloat16")):
        found = {
            operation.name: tuple(next(t.ulp for t in operation.types if t.inputs[0] == dtype) for dtype in dtypes)
            for operation in OPERATIONS
            if operation.bound == "ulp"
        }
        assert found == OPENCL


@each_operation
def test_units_in_the_last_place_stand_where_they_bound_the_error(operation: Operation) -> None:
    for types in operation.types:
        assert (types.ulp is not None) == (operation.bound == "ulp")
    if operation.family == "elementwise-function":
        assert operation.bound in ("ulp", "function")


def test_the_exponential_is_finite_on_its_domain_and_not_beyond() -> None:
    (low, high) = INTERFACE.operations["exp"].domain[0]
    assert 0 < math.exp(low) < 1 < math.exp(high) < math.inf
    with pytest.raises(OverflowError):
        math.exp(math.nextafter(high, math.inf))


#: Functions numpy does not have.
OF_ONNX: dict[str, Callable[[float], float]] = {
    "Erf": math.erf,
    "Sigmoid": lambda x: 0.0 if x < -700 else 1 / (1 + math.exp(-x)),
    "Gelu": lambda x: x / 2 * (1 + math.erf(x / math.sqrt(2))),
    "Relu": lambda x: max(x, 0.0),
}


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.domain], ids=lambda operation: operation.name)
def test_a_function_is_defined_and_finite_at_both_ends_of_its_domain(operation: Operation) -> None:
    assert len(operation.domain) == operation.arity
    for low, high in operation.domain:
        assert low < high
        if operation.arity == 1:
            function = OF_ONNX.get(operation.name) or getattr(np, operation.name)
            assert all(math.isfinite(float(function(end))) for end in (low, high))


#: The rule that judges the error of an operation, by its bound; ``bound`` for those that are not named.
RULE_OF = {"exact": "bitwise", "ulp": "ulp", "transform": "norm"}


@each_operation
def test_its_own_bound_is_asked_of_every_operation_at_its_lowest_level(operation: Operation) -> None:
    # A requirement that names no rule is judged by the operation's own.
    assert {RULE_OF.get(operation.bound, "bound"), None} & {requirement.rule for requirement in asked_first(operation)}


@each_operation
def test_every_operation_is_demanded_layouts_shapes_and_state(operation: Operation) -> None:
    demanded = {found.name for found in INTERFACE.demanded(operation, 3)}
    assert demanded >= {"layouts", "shapes", "state"}
    # Whoever does not compute with values at least moves them, if there are any.
    assert demanded & {"specials", "selector", "integer-exact"} or operation.arity == 0


@each_operation
def test_of_every_class_that_is_demanded_something_is_asked(operation: Operation) -> None:
    level = min(types.level for types in operation.types)
    asked = {requirement.inputs for requirement in asked_first(operation)}
    for found in INTERFACE.demanded(operation, level):
        assert asked.intersection(found.inputs), found.name


def asked_first(operation: Operation) -> list[Requirement]:
    """What is asked of an operation at the lowest level that has it."""
    level = min(types.level for types in operation.types)
    return [r for r in REQUIREMENTS if r.level <= level and operation in INTERFACE.operations_of(r)]
