"""The numeric chapters: sentences a reader can use, families that are used, types and figures from the standards."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from harness.device.dtypes import numpy_dtype
from harness.interface.catalogue import LETTERS
from harness.interface.chapter import Chapter
from harness.interface.operation import Operation
from harness.interface.requirement import Requirement
from harness.profile.arithmetic import ARITHMETIC_FIELDS
from harness.profile.store import load_profile
from harness.simulator.signatures import SIGNATURES
from tests.interface.numeric import numeric_interface

INTERFACE = numeric_interface()
REQUIREMENTS = INTERFACE.requirements
OPERATIONS = tuple(INTERFACE.operations.values())
FLOATS = {"float16", "bfloat16", "float32", "float64"}

each_requirement = pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.id)
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


@each_requirement
def test_a_sentence_says_shall_in_english_and_ying_in_chinese(requirement: Requirement) -> None:
    en, zh = requirement.text.en, requirement.text.zh
    assert re.search(r"\bshall\b", en)
    assert en.endswith(".")
    assert en[0].isupper() or en.startswith("alpha")
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
def test_a_source_names_a_place_in_a_standard_or_a_paper_with_its_year(requirement: Requirement) -> None:
    assert re.search(r"\b(19|20)\d\d\b|OpenCL|Reference BLAS", requirement.source)


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
    assert requirement.rule in (None, "bitwise", "bitwise-class", "bound", "ulp")
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
def test_types_are_known_and_float32_comes_first(operation: Operation) -> None:
    for types in operation.types:
        for dtype in {*types.inputs, types.out} | ({types.accumulate} if types.accumulate else set()):
            numpy_dtype(dtype)
    if any(FLOATS.intersection(types.inputs) for types in operation.types) and operation.family != "quantifier":
        assert "float32" in operation.types[0].inputs
        assert operation.types[0].level == 1


@each_operation
def test_float64_is_asked_for_at_the_highest_level_only(operation: Operation) -> None:
    assert all(types.level == 3 for types in operation.types if "float64" in (*types.inputs, types.out))


@each_operation
def test_an_accumulator_is_never_narrower_than_the_operands(operation: Operation) -> None:
    for types in operation.types:
        if types.accumulate is not None:
            assert numpy_dtype(types.accumulate).itemsize > numpy_dtype(types.inputs[0]).itemsize


@each_operation
def test_the_result_type_is_that_of_the_family(operation: Operation) -> None:
    outs = {types.out for types in operation.types}
    if operation.family in ("comparison", "classification", "quantifier"):
        assert outs == {"bool"}
    elif operation.family == "argument-extremum":
        assert outs == {"int64"}
    elif operation.family in ("elementwise-exact", "elementwise-function", "logical", "extremum"):
        assert all(types.out == types.inputs[-1] for types in operation.types)


@each_operation
def test_the_simulated_device_can_be_asked_for_every_row(operation: Operation) -> None:
    signature = SIGNATURES[operation.name]
    assert signature.arity == operation.arity
    assert signature.attributes == set(operation.attributes)
    for types in operation.types:
        assert signature.accepts([*types.inputs, types.out]), types.label


#: OpenCL C 3.0, Relative Error as ULPs: full profile, single precision and half precision.
OPENCL = {
    "exp": (3, 2),
    "expm1": (3, 2),
    "log": (3, 2),
    "log1p": (2, 2),
    "log2": (3, 2),
    "tanh": (5, 2),
    "sin": (4, 2),
    "cos": (4, 2),
}


def test_units_in_the_last_place_are_those_of_opencl() -> None:
    functions = {operation.name: operation for operation in OPERATIONS if operation.bound == "ulp"}
    assert {
        name: tuple(types.ulp for types in operation.types if types.inputs[0] in ("float32", "float16"))
        for name, operation in functions.items()
    } == OPENCL


@each_operation
def test_units_in_the_last_place_stand_where_they_bound_the_error(operation: Operation) -> None:
    for types in operation.types:
        assert (types.ulp is not None) == (operation.bound == "ulp")
    assert (operation.family == "elementwise-function") == (operation.bound == "ulp")


def test_the_exponential_is_finite_and_normal_on_its_domain_and_not_beyond() -> None:
    (low, high) = INTERFACE.operations["exp"].domain[0]
    largest, smallest = float(np.finfo(np.float32).max), float(np.finfo(np.float32).tiny)
    above, below = (float(np.nextafter(np.float32(end), np.float32(end * 2))) for end in (high, low))
    assert math.exp(high) <= largest < math.exp(above)
    assert math.exp(below) < smallest <= math.exp(low)


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.domain], ids=lambda operation: operation.name)
def test_a_function_is_defined_and_finite_at_both_ends_of_its_domain(operation: Operation) -> None:
    assert len(operation.domain) == operation.arity
    for low, high in operation.domain:
        assert low < high
        assert np.isfinite(getattr(np, operation.name)(np.array([low, high]))).all()
        if operation.bound == "ulp":
            assert {float(np.float32(low)), float(np.float32(high))} == {low, high}, "float32 does not have the ends"


#: The rule that judges the error of an operation, by its bound.
RULE_OF = {"exact": "bitwise", "ulp": "ulp", "sum": "bound", "inner-product": "bound"}


@each_operation
def test_its_own_bound_is_asked_of_every_operation_at_level_one(operation: Operation) -> None:
    assert RULE_OF[operation.bound] in {requirement.rule for requirement in level_one(operation)}


@each_operation
def test_nan_is_asked_of_every_operation_on_floating_point_that_looks_at_values(operation: Operation) -> None:
    asked = {requirement.inputs for requirement in level_one(operation)}
    assert operation.family in ("quantifier", "logical") or asked & {
        "specials",
        "special-values",
        "nan-positions",
        "comparisons",
    }


@each_operation
def test_memory_layout_shape_and_state_are_asked_of_every_operation(operation: Operation) -> None:
    asked = {requirement.inputs for requirement in level_one(operation)}
    assert {"layouts", "guards", "shapes", "state"} <= asked


def level_one(operation: Operation) -> list[Requirement]:
    return [r for r in REQUIREMENTS if r.level == 1 and operation in INTERFACE.operations_of(r)]
