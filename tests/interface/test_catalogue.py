"""The loader of the interface: what it reads, and that whatever it cannot read is an error with file and line."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from harness.errors import DocumentError
from harness.interface.catalogue import read_interface

INDEX = """\
interface: "9.9"
title: {en: A small interface, zh: 小接口}
chapters: [memory, elementwise]
families:
  elementwise: {elementwise-exact: {}, comparison: {}}
  conversion: {}
"""

MEMORY = """\
chapter: memory
title: {en: Memory, zh: 内存}
requirements:
  IF-MEM-002:
    level: 1
    en: Contents shall be kept until they are written over.
    zh: 内容在被覆盖之前应保持不变。
    source: CUDA Runtime API
  IF-MEM-001:
    level: 2
    en: Two buffers shall not overlap.
    zh: 两个缓冲区不应重叠。
    source: CUDA Runtime API
    identity: true
"""

ELEMENTWISE = """\
chapter: elementwise
title: {en: Elementwise, zh: 逐元素}
operations:
  add:
    standard: {name: Python array API, item: add, version: "2024.12"}
    family: elementwise-exact
    signature: x1, x2 -> y
    bound: exact
    dtypes:
      - {level: 1, in: float32, out: float32}
      - {level: 3, in: float64, out: float64}
    special:
      - ["+inf", "-inf", "nan"]
      - ["-0", "-0", "-0"]
  cast:
    standard: {name: Python array API, item: astype}
    family: conversion
    signature: x -> y
    bound: exact
    dtypes:
      - {level: 1, in: float32, out: float16}
    requirements:
      IF-ELE-002:
        level: 1
        en: A sentence about casting alone.
        zh: 仅适用于类型转换。
        source: IEEE 754-2019, 5.4.2
requirements:
  IF-ELE-001:
    level: 1
    en: A sentence about every elementwise operation.
    zh: 适用于所有逐元素运算。
    source: IEEE 754-2019
    families: [elementwise]
    reads: [rounding]
"""


def folder_of(tmp_path: Path, memory: str = MEMORY, elementwise: str = ELEMENTWISE, index: str = INDEX) -> Path:
    for name, text in (("interface", index), ("memory", memory), ("elementwise", elementwise)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_requirements_come_chapter_by_chapter_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    interface = read_interface(folder_of(tmp_path))
    assert [r.id for r in interface.requirements] == ["IF-MEM-001", "IF-MEM-002", "IF-ELE-001", "IF-ELE-002"]
    assert interface.version == "9.9"
    assert interface.requirement("IF-MEM-002").text.zh == "内容在被覆盖之前应保持不变。"
    assert interface.identity == {"IF-MEM-001"}


def test_a_requirement_on_a_family_applies_to_all_beneath_it(tmp_path: Path) -> None:
    interface = read_interface(folder_of(tmp_path))
    assert [op.name for op in interface.operations_of(interface.requirement("IF-ELE-001"))] == ["add"]
    assert [op.name for op in interface.operations_of(interface.requirement("IF-ELE-002"))] == ["cast"]
    assert interface.operations_of(interface.requirement("IF-MEM-001")) == ()


def test_an_operation_is_a_row_of_data(tmp_path: Path) -> None:
    add = read_interface(folder_of(tmp_path)).operations["add"]
    assert add.arity == 2
    assert add.types[0].inputs == ("float32", "float32")
    assert math.isnan(add.special[0].result)
    assert math.copysign(1, add.special[1].result) == -1


def test_a_conversion_is_named_by_both_its_types(tmp_path: Path) -> None:
    assert read_interface(folder_of(tmp_path)).operations["cast"].types[0].label == "float32-float16"


#: Operations whose results, operands and labels are more than one dtype each.
RICHER = """\
chapter: elementwise
title: {en: Elementwise, zh: 逐元素}
operations:
  clip:
    standard: {name: Python array API, item: clip, version: "2024.12"}
    family: elementwise-exact
    signature: X, low?, high? -> Y
    bound: exact
    dtypes:
      - {level: 1, in: float32, out: float32}
  topk:
    standard: {name: ONNX, item: TopK, version: "11"}
    family: comparison
    signature: X (..., N), K (1) -> V (..., K), I (..., K)
    bound: exact
    dtypes:
      - {level: 2, in: [float32, int64], out: [float32, int64]}
      - {level: 2, in: [bool, int64], out: [bool, int64]}
  gemm:
    standard: {name: BLAS, item: gemm}
    family: elementwise-exact
    signature: alpha, A (M, K), B (K, N), beta, C (M, N)? -> D (M, N)
    bound: exact
    dtypes:
      - {level: 3, in: float32, out: float32}
      - {level: 3, in: float32, out: float64, label: float32-to-float64}
  arange:
    standard: {name: Python array API, item: arange, version: "2024.12"}
    family: elementwise-exact
    signature: -> y
    bound: exact
    dtypes:
      - {level: 1, in: [], out: int32}
"""


def test_a_question_mark_marks_operands_that_may_be_left_out_at_the_end(tmp_path: Path) -> None:
    operations = read_interface(folder_of(tmp_path, elementwise=RICHER)).operations
    arities = {name: (operation.least, operation.arity) for name, operation in operations.items()}
    assert arities == {"clip": (1, 3), "topk": (2, 2), "gemm": (2, 3), "arange": (0, 0)}
    assert operations["clip"].types[0].inputs == ("float32",) * 3


def test_an_operation_can_have_several_results_and_operands_of_several_types(tmp_path: Path) -> None:
    first, second = read_interface(folder_of(tmp_path, elementwise=RICHER)).operations["topk"].types
    assert (first.inputs, first.outs, first.out) == (("float32", "int64"), ("float32", "int64"), "float32")
    assert (first.operand, first.working, first.label) == ("float32", "float32", "float32")
    # Truth values do not decide how a row is computed.
    assert second.operand == "int64"


def test_a_row_is_named_by_its_operand_unless_it_says_how(tmp_path: Path) -> None:
    operations = read_interface(folder_of(tmp_path, elementwise=RICHER)).operations
    assert [types.label for types in operations["gemm"].types] == ["float32", "float32-to-float64"]


def test_without_operands_the_result_decides(tmp_path: Path) -> None:
    (types,) = read_interface(folder_of(tmp_path, elementwise=RICHER)).operations["arange"].types
    assert (types.inputs, types.operand, types.label) == ((), "int32", "int32")


CLASSES = """\
classes:
  exact: {level: 1, inputs: [integer-exact]}
  sparse: {level: 2, inputs: [sparse, few]}
demands:
  elementwise: [exact]
  elementwise-exact: [exact, sparse]
legal:
  - {level: 1, dtypes: [float32], rounding: [nearest-even, toward-zero], flush: both}
  - {level: 2, dtypes: [float64], rounding: [nearest-even], flush: none}
"""


def test_input_classes_are_demanded_of_the_nearest_family_from_their_level_on(tmp_path: Path) -> None:
    interface = read_interface(folder_of(tmp_path, index=INDEX + CLASSES))
    add, cast = interface.operations["add"], interface.operations["cast"]
    assert [found.name for found in interface.demanded(add, 1)] == ["exact"]
    assert [found.name for found in interface.demanded(add, 2)] == ["exact", "sparse"]
    assert interface.demanded(cast, 3) == ()
    assert interface.classes["sparse"].inputs == ("sparse", "few")


def test_the_weakest_legal_arithmetic_is_that_of_the_dtype_from_its_level_on(tmp_path: Path) -> None:
    interface = read_interface(folder_of(tmp_path, index=INDEX + CLASSES))
    single = interface.legal_for("float32", 1)
    assert single is not None
    assert (single.rounding, single.flush) == (("nearest-even", "toward-zero"), "both")
    assert interface.legal_for("float64", 1) is None
    assert interface.legal_for("float64", 3) is not None
    assert interface.legal_for("float16", 3) is None


def test_the_digest_changes_with_any_file(tmp_path: Path) -> None:
    before = read_interface(folder_of(tmp_path)).digest
    assert read_interface(folder_of(tmp_path, memory=MEMORY.replace("level: 2", "level: 1"))).digest != before


MALFORMED = [
    ("memory", "    zh: 两个缓冲区不应重叠。\n", "", "memory.yaml:9"),
    ("memory", "    source: CUDA Runtime API\n    identity: true\n", "    identity: true\n", "memory.yaml:9"),
    ("memory", "level: 2", "level: 4", "memory.yaml:10"),
    ("memory", "level: 2", "level: two", "memory.yaml:10"),
    ("memory", "    identity: true", "    identify: true", "memory.yaml:14"),
    ("memory", "IF-MEM-001", "IF-MEM-1", "memory.yaml:9"),
    ("memory", "IF-MEM-001", "IF-ELE-004", "memory.yaml:9"),
    ("memory", "chapter: memory", "chapter: memories", "memory.yaml:1"),
    ("memory", "  IF-MEM-001", "  IF-MEM-002", "memory.yaml:9"),
    ("elementwise", "IF-ELE-002", "IF-ELE-001", "elementwise.yaml:1"),
    ("elementwise", "families: [elementwise]", "families: [elementwize]", "elementwise.yaml:34"),
    ("elementwise", "family: conversion", "family: cast", "elementwise.yaml:17"),
    (
        "elementwise",
        "bound: exact\n    dtypes:\n      - {level: 1, in: float32, out: float32}",
        "bound: close\n    dtypes:\n      - {level: 1, in: float32, out: float32}",
        "elementwise.yaml:8",
    ),
    ("elementwise", '["+inf", "-inf", "nan"]', '["+inf", "nan"]', "elementwise.yaml:13"),
    ("elementwise", '["+inf", "-inf", "nan"]', '["+inf", "-inf", "none"]', "elementwise.yaml:12"),
    (
        "elementwise",
        "{level: 3, in: float64, out: float64}",
        "{level: 3, in: [float64], out: float64}",
        "elementwise.yaml:11",
    ),
    (
        "elementwise",
        "{level: 3, in: float64, out: float64}",
        "{level: 3, in: float32, out: float64}",
        "elementwise.yaml:9",
    ),
    ("elementwise", "    signature: x1, x2 -> y\n", "", "elementwise.yaml:4"),
    ("interface", "chapters: [memory, elementwise]\n", "", "interface.yaml:1"),
    ("interface", "chapters: [memory, elementwise]", "chapters: [memory, ../elementwise]", "interface.yaml:3"),
    ("interface", "conversion: {}", "conversion: []", "interface.yaml:4"),
    ("elementwise", '["-0", "-0", "-0"]', "[]", "elementwise.yaml:14"),
    ("elementwise", '["-0", "-0", "-0"]', '["-0", "-0", "0x1p99999"]', "elementwise.yaml:12"),
    ("interface", "chapters: [memory, elementwise]", "chapters: [memory, elementwise, missing]", "missing.yaml"),
]


@pytest.mark.parametrize(("file", "old", "new", "place"), MALFORMED)
def test_what_cannot_be_read_is_an_error_with_its_line(
    tmp_path: Path, file: str, old: str, new: str, place: str
) -> None:
    folder = folder_of(tmp_path)
    text = (folder / f"{file}.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / f"{file}.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DocumentError) as refused:
        read_interface(folder)
    assert place in str(refused.value), str(refused.value)
    assert refused.value.remedy
