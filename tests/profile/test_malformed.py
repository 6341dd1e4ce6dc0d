"""A profile that is malformed, hostile or makes no sense is refused with the line of every problem, and fast."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ProfileError
from harness.profile.store import load_profile, parse_profile

#: A small sound profile; the cases below change one line of it or add to its end (line 21 on).
SOUND = """\
profile: acme/one
version: "1.0"
kind: accelerator
product: {vendor: Acme, name: One}
sources:
  code: {title: acme/tools, kind: vendor code}
  run: {title: a lab, kind: third-party measurement}
  press: {title: a magazine, kind: secondary}
execution:
  lanes: {value: 64, status: vendor, source: code}
memory:
  device: {capacity: {value: 64 GiB, status: vendor, source: code}}
arithmetic:
  vector:
    status: vendor
    source: code
    float32: {support: native}
  matrix:
    mm: {a: float16, b: float16, c: float32, d: float32, shape: [16, 16, 16], status: vendor, source: code}
  serves: {matmul/float16: mm}
"""

LINES = SOUND.splitlines()
LANES, MEMORY, VECTOR, MATRIX, SERVES = 10, 12, 17, 19, 20
END = len(LINES) + 1


def with_line(number: int, text: str) -> str:
    """The sound profile with one line replaced."""
    return "\n".join([*LINES[: number - 1], text, *LINES[number:]]) + "\n"


def with_matrix(operand: str, shape: str) -> str:
    """The sound profile with another instruction."""
    types = f"a: {operand}, b: float16, c: float32, d: float32"
    return with_line(MATRIX, f"    mm: {{{types}, shape: {shape}, status: vendor, source: code}}")


def with_capacity(size: str) -> str:
    """The sound profile with another memory."""
    return with_line(MEMORY, f"  device: {{capacity: {{value: {size}, status: vendor, source: code}}}}")


def with_lanes(claim: str) -> str:
    """The sound profile with another claim about lanes."""
    return with_line(LANES, f"  lanes: {claim}")


#: name: (the text, the line it is refused at, words of the message)
REFUSED: dict[str, tuple[str, int, str]] = {
    # what is no YAML, or not the YAML that is taken
    "duplicate key": (SOUND + "kind: processor\n", END, "first on line 3"),
    "duplicate instruction": (with_line(SERVES, "    mm: {a: int8}"), SERVES, "first on line 19"),
    "alias bomb": ("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", 1, "anchor"),
    "alias": (SOUND + "quirks: *q\n", END, "alias"),
    "python tag": (SOUND + "quirks: !!python/object/apply:os.system [id]\n", END, "tag"),
    "binary tag": (SOUND + "quirks: !!binary aGk=\n", END, "tag"),
    "tab": (with_line(LANES, "\tlanes: 64"), LANES, "YAML"),
    "byte order mark": ("\ufeff" + SOUND, 1, "U+FEFF"),
    "terminal escape": (with_line(4, 'product: {vendor: "\\e[2J", name: One}'), 4, "U+001B"),
    "text direction": (with_line(4, "product: {vendor: \u202eemcA, name: One}"), 4, "U+202E"),
    "NUL": (with_line(4, "product: {vendor: A\0, name: One}"), 4, "U+0000"),
    "two documents": (SOUND + "---\n" + SOUND, END, "second document"),
    "deep nesting": (SOUND + "quirks: " + "[" * 100_000, END, "nested"),
    "fifty megabytes": (SOUND + "#" * 50_000_000, 1, "bytes"),
    "too many values": (SOUND + "quirks: [" + "1," * 60_000 + "1]", END, "too many"),
    "empty": ("", 1, "empty"),
    "open bracket": (SOUND + "quirks: [", END, "YAML"),
    # the wrong shape
    "nothing written": (with_line(LANES, "  lanes:"), LANES, "is empty"),
    "null": (with_lanes("{value: null, status: vendor, source: code}"), LANES, "is empty"),
    "a list": ("- 1\n- 2\n", 1, "valid dictionary"),
    "a number": ("5\n", 1, "valid dictionary"),
    "a sentence": ("hello\n", 1, "valid dictionary"),
    "no sources": ("\n".join(LINES[:4]), 1, "lacks the field 'sources'"),
    "no vendor": (with_line(4, "product: {name: One}"), 4, "lacks the field 'vendor'"),
    "unknown section": (SOUND + "executoin: {}\n", END, "did you mean 'execution'"),
    "unknown field": (with_line(LANES, "  lane: {value: 64, status: vendor, source: code}"), LANES, "'lanes'"),
    "comma in a sentence": (
        SOUND + "quirks: [{id: q, when: now, symptom: {en: bad, then: worse, worst}, status: vendor, source: code}]",
        END,
        "quotes",
    ),
    "wrong kind": (with_line(3, "kind: toaster"), 3, "'accelerator' or 'processor'"),
    "section as text": (with_line(11, "memory: lots").replace("  device: {cap", "# "), 11, "lots"),
    "id without a vendor": (with_line(1, "profile: one"), 1, "pattern"),
    "id that climbs": (with_line(1, "profile: ../one"), 1, "pattern"),
    "id with three parts": (with_line(1, "profile: a/b/c"), 1, "pattern"),
    "id in capitals": (with_line(1, "profile: Acme/One"), 1, "pattern"),
    # values that YAML reads otherwise than meant
    "version as a number": (with_line(2, "version: 2026.11"), 2, "put it in quotes"),
    "version in words": (with_line(2, "version: latest"), 2, "pattern"),
    "toolkit as a number": (
        SOUND + 'software:\n  toolkit:\n    name: T\n    status: vendor\n    source: code\n    driver_rules:\n'
        '      - {driver: ">=6.2", toolkit: [24.10]}\n',
        END + 6,
        "is read as 24.1, not as text",
    ),
    "PCI id as a number": (SOUND + 'identity:\n  pci: [{vendor: "1d94", device: 6210}]\n', END + 1, "put it in quotes"),
    "PCI id in capitals": (SOUND + 'identity:\n  pci: [{vendor: "1D94", device: "6210"}]\n', END + 1, "pattern"),
    "determinism in words": (SOUND + "  determinism: {value: yes, status: vendor, source: code}\n", END, "boolean"),
    # numbers
    "size without a unit": (with_capacity("64"), MEMORY, "a space and a unit"),
    "size in a bad unit": (with_capacity("64 Gib"), MEMORY, "'Gib'"),
    "negative size": (with_capacity("-64 GiB"), MEMORY, "positive number"),
    "size NaN": (with_capacity("nan GiB"), MEMORY, "positive number"),
    "size .nan": (with_capacity(".nan"), MEMORY, "finite"),
    "size beyond 2**63": (with_capacity("9000000 TiB"), MEMORY, "2**63"),
    "fraction of a byte": (with_capacity("0.5 B"), MEMORY, "whole number"),
    "huge integer": (with_line(LANES, "  lanes: {value: " + "9" * 5000 + ", status: vendor, source: code}"), LANES,
                     "2**53"),
    "no lanes": (with_lanes("{value: 0, status: vendor, source: code}"), LANES, "greater than 0"),
    "half a lane": (with_lanes("{value: 0.5, status: vendor, source: code}"), LANES, "integer"),
    "lanes in words": (with_lanes("{value: many, status: vendor, source: code}"), LANES, "integer"),
    "true lanes": (with_lanes("{value: true, status: vendor, source: code}"), LANES, "integer"),
    "launch for free": (SOUND + "simulation: {launch_cost: 0 us}\n", END, "more than zero"),
    # claims and their sources
    "unlisted source": (with_lanes("{value: 64, status: vendor, source: coed}"), LANES, "did you mean 'code'"),
    "no source": (with_lanes("{value: 64, status: vendor}"), LANES, "add `source`"),
    "no status": (with_lanes("{value: 64, source: code}"), LANES, "add `status`"),
    "bare value": (with_lanes("64"), LANES, "add `status`"),
    "unknown status": (with_lanes("{value: 64, status: certain, source: code}"), LANES, "'vendor'"),
    "status above its source": (with_lanes("{value: 64, status: vendor, source: press}"), LANES, "rests on secondary"),
    "unknown with a value": (with_lanes("{value: 64, status: unknown}"), LANES, "delete one"),
    "no value": (with_lanes("{status: vendor, source: code}"), LANES, "has no value"),
    "conflict with itself": (
        with_lanes("{status: conflict, conflicts: [{value: 64, source: code}]}"), LANES, "at least two"),
    "unlisted source of a conflict": (
        with_lanes("{value: 64, status: vendor, source: code, conflicts: [{value: 32, source: x}]}"), LANES, "'x'"),
    "no kind of source": (with_line(8, "  press: {title: a magazine}"), 8, "lacks the field 'kind'"),
    "name with a slash": (with_line(8, "  ../press: {title: a magazine, kind: secondary}"), 8, "is no name"),
    # arithmetic
    "unknown dtype": (with_line(VECTOR, "    flaot32: {support: native}"), VECTOR, "did you mean 'float32'"),
    "unknown support": (with_line(VECTOR, "    float32: {support: yes}"), VECTOR, "'native'"),
    "unknown rounding": (with_line(VECTOR, "    float32: {support: native, rounding: up}"), VECTOR, "'nearest-even'"),
    "unknown accumulator": (with_line(VECTOR, "    float32: {support: native, accumulator: f32}"), VECTOR, "no format"),
    "unknown operand": (
        with_matrix("half", "[1, 1, 1]"), MATRIX, "no format"),
    "two dimensions": (
        with_matrix("float16", "[1, 1]"), MATRIX, "at least 3"),
    "four dimensions": (
        with_matrix("float16", "[1, 1, 1, 1]"), MATRIX, "at most 3"),
    "negative dimension": (
        with_matrix("float16", "[1, -1, 1]"), MATRIX, "greater than 0"),
    "served by nothing": (with_line(SERVES, "  serves: {matmul/float16: mmm}"), SERVES, "did you mean 'mm'"),
    "served by other operands": (with_line(SERVES, "  serves: {matmul/bfloat16: mm}"), SERVES, "whose operands"),
    "served by unspoken units": (with_line(SERVES, "  serves: {matmul/float64: vector}"), SERVES, "nothing is said"),
    "serves no dtype": (with_line(SERVES, "  serves: {matmul: mm}"), SERVES, "OPERATION/DTYPE"),
    "rate of nothing": (SOUND + "rates: {half: {value: 1 TFLOP/s, status: vendor, source: code}}\n", END, "no format"),
    "rate in bytes": (SOUND + "rates: {float16: {value: 1 GB/s, status: vendor, source: code}}\n", END, "TFLOP/s"),
    # simulation, software, quirks
    "assumed for nothing": (SOUND + "simulation: {assumes: {nn: {model: fma, because: x}}}\n", END, "neither"),
    "assumed without a reason": (SOUND + "simulation: {assumes: {mm: {model: fma}}}\n", END, "'because'"),
    "assumed for the wrong unit": (SOUND + "simulation: {assumes: {vector: {model: fma, because: x}}}\n", END, "none"),
    "assumed though declared": (
        with_line(VECTOR, "    float32: {support: native, rounding: nearest-even}")
        + "simulation: {assumes: {vector/float32: {rounding: toward-zero, because: x}}}\n",
        END, "declared under `arithmetic` already"),
    "rules out of order": (
        SOUND + 'software:\n  toolkit:\n    name: T\n    status: vendor\n    source: code\n    driver_rules:\n'
        '      - {driver: ">=6.10", toolkit: ["2"]}\n      - {driver: ">=6.9", toolkit: ["1"]}\n',
        END + 7, "order the rules"),
    "driver without >=": (
        SOUND + 'software:\n  toolkit:\n    name: T\n    status: vendor\n    source: code\n    driver_rules:\n'
        '      - {driver: "6.10", toolkit: ["2"]}\n',
        END + 6, "pattern"),
    "two quirks of one name": (
        SOUND + "quirks:\n" + "  - {id: q, when: now, symptom: {en: bad}, status: vendor, source: code}\n" * 2,
        END + 2, "another quirk"),
}  # fmt: skip


def test_the_sound_profile_is_sound() -> None:
    assert parse_profile(SOUND.encode(), "p.yaml").id == "acme/one"


@pytest.mark.parametrize("name", REFUSED)
def test_a_profile_that_makes_no_sense_is_refused_at_its_line(name: str) -> None:
    text, line, words = REFUSED[name]
    began = time.monotonic()
    with pytest.raises(ProfileError) as caught:
        parse_profile(text.encode(), "p.yaml")
    assert time.monotonic() - began < 2
    matching = [problem for problem in caught.value.problems if problem.startswith(f"p.yaml:{line}: ")]
    assert any(words in problem for problem in matching), caught.value.problems
    assert caught.value.remedy
    assert caught.value.exit_code == 2


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ProfileError, match=r"^p.yaml:2: is not UTF-8"):
        parse_profile(b"profile: a/b\nversion: \xff\n", "p.yaml")


def test_all_problems_are_reported_at_once_in_the_order_of_the_file() -> None:
    text = (
        SOUND.replace('version: "1.0"', "version: 1.0").replace("kind: accelerator", "kind: x").replace("64 GiB", "64")
    )
    with pytest.raises(ProfileError) as caught:
        parse_profile(text.encode(), "p.yaml")
    assert [problem.split(": ")[0] for problem in caught.value.problems] == ["p.yaml:2", "p.yaml:3", "p.yaml:12"]


def test_a_thousand_problems_are_not_a_thousand_lines() -> None:
    text = SOUND + "".join(f"x{n}: 1\n" for n in range(1000))
    with pytest.raises(ProfileError) as caught:
        parse_profile(text.encode(), "p.yaml")
    assert len(caught.value.problems) == 51
    assert "950 more problems" in caught.value.problems[-1]


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd", "hygon/../hygon/k100-ai", "/etc/passwd", "hygon", "", ".", "..", "hygon/", "/hygon/k100-ai",
        "hygon//k100-ai", "hygon/k100-ai/", "hygon/k100-ai\0", "hygon/k100-ai\n", "hygon\\k100-ai", "HYGON/K100-AI",
        "~/x", "hygon/*", "x" * 100_000,
    ],
)  # fmt: skip
def test_an_id_never_leads_out_of_the_profiles(name: str) -> None:
    with pytest.raises(ProfileError, match="is no profile") as caught:
        load_profile(name)
    assert "assay profile list" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_fifty_megabytes_in_a_file_are_refused_at_once(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(50_000_000)
    began = time.monotonic()
    with pytest.raises(ProfileError, match=r"large.yaml:1: "):
        load_profile(large)
    assert time.monotonic() - began < 2


def problems_of(text: str) -> list[str]:
    """What is wrong with a profile; any error but a ``ProfileError`` is a failure of the test."""
    try:
        parse_profile(text.encode(), "p.yaml")
    except ProfileError as error:
        return error.problems
    return []


@given(st.data())
def test_a_damaged_profile_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(SOUND)))
    end = data.draw(st.integers(begin, min(begin + 30, len(SOUND))))
    middle = data.draw(st.text(alphabet="ab1.-:,[]{}&*!|>'\"%@#?\n\t \\~é海", max_size=12))
    problems = problems_of(SOUND[:begin] + middle + SOUND[end:])
    assert all(problem.startswith("p.yaml:") for problem in problems)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 300)
    | st.sampled_from(["unknown", "vendor", "64 KiB", "float32", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "status", "source", "support", "a", "shape", "mm", "vector"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(st.integers(1, len(LINES)), VALUES)
def test_any_value_in_any_place_is_read_or_refused(number: int, value: object) -> None:
    indent = len(LINES[number - 1]) - len(LINES[number - 1].lstrip())
    key = LINES[number - 1].split(":")[0].strip()
    problems = problems_of(with_line(number, " " * indent + f"{key}: {json.dumps(value)}"))  # JSON is YAML too
    assert all(problem.startswith("p.yaml:") for problem in problems)
