"""Files from strangers are read as plain data with lines, or refused with file, line and what to do."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.documents import canonical_json, parse_json, read_yaml, write_atomic
from harness.errors import DocumentError, InternalError, UsageError

TEXT = b"""\
# a comment
name: assay
list:
  - 1
  - {deep: [true, null]}
"""


def test_a_document_is_plain_data_with_its_bytes_and_digest() -> None:
    document = read_yaml(TEXT, "a.yaml")
    assert document.data == {"name": "assay", "list": [1, {"deep": [True, None]}]}
    assert document.source == TEXT
    assert document.digest == hashlib.sha256(TEXT).hexdigest()


@pytest.mark.parametrize(
    ("path", "line"),
    [((), 2), (("name",), 2), (("list",), 3), (("list", 0), 4), (("list", 1, "deep"), 5), (("list", 1, "deep", 1), 5)],
)
def test_every_value_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert read_yaml(TEXT).line(path) == line


def test_the_line_of_what_is_not_there_is_that_of_the_block_around_it() -> None:
    document = read_yaml(TEXT)
    assert document.line(("list", 0, "no", "such")) == 4
    assert document.line(("no",)) == 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("True", True),
        ("0o17", 15),
        ("017", 17),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2026-11-23", "2026-11-23"),
        ("1e3", 1000.0),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ('"true"', "true"),
        ("<<", "<<"),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    found = read_yaml(f"a: {text}".encode()).data["a"]
    assert found == value
    assert type(found) is type(value)


REFUSED = {
    "duplicate key": (b"a: 1\nb: 2\na: 3\n", 3, "first on line 1"),
    "duplicate key, nested": (b"x:\n  a: 1\n  'a': 2\n", 3, "first on line 2"),
    "alias": (b"a: 1\nb: *a\n", 2, "alias"),
    "anchor": (b"a: 1\nb: &b 2\n", 2, "anchor"),
    "python tag": (b"a: 1\nb: !!python/object/apply:os.system [id]\n", 2, "tag"),
    "standard tag": (b"a: !!str 1\n", 1, "tag"),
    "local tag": (b"a: !mine 1\n", 1, "tag"),
    "bare tag": (b"a: ! 1\n", 1, "tag"),
    "integer key": (b"a: 1\n2: b\n", 2, "key"),
    "boolean key": (b"true: b\n", 1, "key"),
    "empty key": (b": b\n", 1, "key"),
    "list as key": (b"a: 1\n? [x]\n: y\n", 2, "key"),
    "mapping as key": (b"? {a: 1}\n: y\n", 1, "key"),
    "two documents": (b"a: 1\n---\nb: 2\n", 2, "second document"),
    "directive": (b"%YAML 1.1\n---\na: 1\n", 1, "directive"),
    "tag directive": (b"%TAG ! tag:example.org,2026:\n---\na: 1\n", 1, "directive"),
    "not a number": (b"a: 1\nb: .nan\n", 2, "finite"),
    "infinity": (b"a: -.inf\n", 1, "finite"),
    "overflow": (b"a: 1e999\n", 1, "finite"),
    "large integer": (b"a: 1\nb: 9007199254740992\n", 2, "2**53"),
    "huge integer": (b"a: " + b"9" * 100_000, 1, "2**53"),
    "huge hexadecimal": (b"a: 0x" + b"f" * 100_000, 1, "2**53"),
    "not UTF-8": (b"a: 1\nb: \xff\n", 2, "UTF-8"),
    "UTF-16": ("a: 1".encode("utf-16"), 1, "UTF-8"),
    "byte order mark": (b"\xef\xbb\xbfa: 1\n", 1, "U+FEFF"),
    "NUL": (b"a: 1\nb: x\x00y\n", 2, "U+0000"),
    "control character": (b"a: \x1b[31m\n", 1, "U+001B"),
    "escaped NUL": (b'a: 1\nb: "x\\0y"\n', 2, "U+0000"),
    "escaped escape": (b'a: "\\e[31m"\n', 1, "U+001B"),
    "text direction": ("a: 1\nb: \u202eabc\n".encode(), 2, "U+202E"),
    "escaped direction": (b'a: "\\u202e"\n', 1, "U+202E"),
    "line separator": ("a: x\u2028b: y\n".encode(), 1, "U+2028"),
    "escaped surrogate": (b'a: "\\ud800"\n', 1, "escape"),
    "tab as indentation": (b"a:\n\tb: 1\n", 2, "YAML"),
    "open bracket": (b"a: 1\nb: [1,\n", 2, "YAML"),
    "open quote": (b"a: 1\nb: 'x\n", 2, "begun on line 2"),
    "mapping in a value": (b"a: 1\nb: c: d\n", 2, "YAML"),
    "deep list": (b"[" * 1_000_000, 1, "nested"),
    "deep mapping": (b"{a: " * 200_000, 1, "nested"),
    "deep key": (b"{" * 500, 1, "key"),
    "deeper key": (b"{" * 500_000, 1, ""),
    "deep block": (b"".join(b" " * n + b"a:\n" for n in range(100)), 33, "nested"),
    "deep question": (b"? " * 500_000, 1, "key"),
    "too many values": (b"[" + b"1," * 60_000 + b"1]", 1, "too many"),
    "too large": (b"a" * 50_000_000, 1, "bytes"),
    "empty": (b"", 1, "empty"),
    "only a comment": (b"# nothing\n", 1, "empty"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_could_be_read_in_two_ways_is_refused_with_its_line(name: str) -> None:
    source, line, words = REFUSED[name]
    began = time.monotonic()
    with pytest.raises(DocumentError) as caught:
        read_yaml(source, "f.yaml")
    assert time.monotonic() - began < 2
    assert caught.value.problems[0].startswith(f"f.yaml:{line}: ")
    assert words in caught.value.problems[0]
    assert caught.value.remedy


def test_limits_are_the_callers() -> None:
    assert read_yaml(b"[[[1]]]", limit_depth=3, limit_nodes=4).data == [[[1]]]
    with pytest.raises(DocumentError, match="nested"):
        read_yaml(b"[[[1]]]", limit_depth=2)
    with pytest.raises(DocumentError, match="too many"):
        read_yaml(b"[[[1]]]", limit_nodes=3)
    with pytest.raises(DocumentError, match="bytes"):
        read_yaml(b"[[[1]]]", limit_bytes=6)


def test_a_large_file_is_refused_without_being_read(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(50_000_000_000)
    began = time.monotonic()
    with pytest.raises(DocumentError, match="50000000000 bytes"):
        read_yaml(large)
    assert time.monotonic() - began < 2


def test_a_file_of_fifty_megabytes_takes_little_memory(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    large.write_bytes(b"- a\n" * 12_500_000)
    program = (
        "import sys\nfrom pathlib import Path\nfrom harness.documents import read_yaml\n"
        "from harness.errors import DocumentError\n"
        "try:\n    read_yaml(Path(sys.argv[1]))\nexcept DocumentError:\n"
        "    print(Path('/proc/self/status').read_text())\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(large)], capture_output=True, check=True, text=True)
    peak = next(line for line in done.stdout.splitlines() if line.startswith("VmHWM:"))
    assert int(peak.split()[1]) * 1024 < 200_000_000


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, Path("/dev/zero")):
        with pytest.raises(DocumentError, match=r"regular file|cannot be read"):
            read_yaml(path)
    with pytest.raises(DocumentError, match="No such file"):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(DocumentError, match="not a path"):
        read_yaml(Path("a\0b"))


def problems_of(read: Callable[[bytes], object], source: bytes) -> list[str]:
    """What a reader says is wrong; any error but a ``DocumentError`` is a failure of the test."""
    try:
        read(source)
    except DocumentError as error:
        return error.problems
    return []


@given(st.binary(max_size=300))
def test_bytes_are_read_or_refused_and_nothing_else(source: bytes) -> None:
    assert all(problem.startswith("document:") for problem in problems_of(read_yaml, source))


YAMLISH = st.text(alphabet="ab1.-:,[]{}&*!|>'\"%@#?\n\t \\~xé海", max_size=80)


@given(YAMLISH)
def test_text_that_looks_like_yaml_is_read_or_refused(text: str) -> None:
    try:
        value = read_yaml(text.encode()).data
    except DocumentError:
        return
    canonical_json(value)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_canonical_json_is_read_back_to_the_same_spelling(value: object) -> None:
    spelling = canonical_json(value)
    assert canonical_json(parse_json(spelling)) == spelling


def test_canonical_json_agrees_with_the_example_of_its_standard() -> None:
    # RFC 8785, section 3.2.2 and 3.2.3
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '\u20ac$\u000f\nA\'B"\\\\"/',
        "literals": [None, True, False],
    }
    assert (
        canonical_json(value)
        == (
            '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
        ).encode()
    )


def test_a_large_float_is_read_back_as_the_float_it_was() -> None:
    for value in (2.0**53, -(2.0**60), 999999999999999900000.0):
        found = parse_json(canonical_json(value))
        assert found == value
        assert isinstance(found, float)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**60, "\ud800", {1: 2}, object()])
def test_a_value_without_canonical_json_is_a_fault_of_the_caller(value: object) -> None:
    with pytest.raises(InternalError):
        canonical_json({"a": value})


JSON_REFUSED = {
    "duplicate key": (b'{"a": 1, "b": {"c": 1, "c": 2}}', "'c' twice"),
    "many duplicates": (b"{" + b'"":1,' * 200_000 + b'"":1}', "twice"),
    "not a number": (b"[NaN]", "NaN"),
    "infinity": (b"-Infinity", "Infinity"),
    "overflow": (b"1e999", "double"),
    "large integer": (b"9007199254740993", "2**53"),
    "huge integer": (b"-" + b"9" * 100_000, "2**53"),
    "deep": (b"[" * 500_000, "nested"),
    "deep beside a string": (b'"]]]]' + b'", ' + b"[" * 100, "nested"),
    "trailing data": (b"{} {}", "Extra data"),
    "open string of quotes": (b'"' + b'\\"' * 500_000, "Unterminated"),
    "half an escape": (b'"\\', "Unterminated"),
    "not UTF-8": (b'"\xff"', "UTF-8"),
    "byte order mark": (b"\xef\xbb\xbf{}", "JSON"),
    "lone surrogate": (b'["\\ud800"]', "surrogate"),
    "control character": (b'"\x01"', "control character"),
    "single quotes": (b"{'a': 1}", "JSON"),
    "trailing comma": (b"[1,]", "JSON"),
    "empty": (b"", "JSON"),
    "too large": (b" " * 2_000_000, "bytes"),
}


@pytest.mark.parametrize("name", JSON_REFUSED)
def test_json_that_two_readers_could_take_differently_is_refused(name: str) -> None:
    data, words = JSON_REFUSED[name]
    began = time.monotonic()
    with pytest.raises(DocumentError) as caught:
        parse_json(data, name="f.json")
    assert time.monotonic() - began < 2
    assert caught.value.problems[0].startswith("f.json:1: ")
    assert words in caught.value.problems[0]


def test_json_problems_name_their_line() -> None:
    with pytest.raises(DocumentError, match=r"^f:3: "):
        parse_json(b'{\n"a": 1,\n"b": }', name="f")


def test_nesting_is_counted_outside_strings_only() -> None:
    assert parse_json(b'["[[[[[[\\"[[[["]', limit_depth=1) == ['[[[[[["[[[[']
    with pytest.raises(DocumentError, match="nested"):
        parse_json(b'["[", [1]]', limit_depth=1)


@given(st.binary(max_size=100))
def test_any_bytes_are_json_or_refused(data: bytes) -> None:
    assert all(problem.startswith("JSON:") for problem in problems_of(parse_json, data))


def test_writing_replaces_the_whole_file_with_the_mode_asked_for(tmp_path: Path) -> None:
    target = tmp_path / "key"
    target.write_bytes(b"old and longer")
    write_atomic(target, b"new", 0o600)
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_file_that_cannot_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for target in (tmp_path / "none" / "file", tmp_path / "folder"):
        with pytest.raises(UsageError) as caught:
            write_atomic(target, b"x")
        assert caught.value.where == str(target)
        assert caught.value.remedy
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_full_disk_leaves_the_old_file_and_says_what_to_do(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")
    program = (
        "import resource, signal, sys\nfrom pathlib import Path\nfrom harness.documents import write_atomic\n"
        "from harness.errors import UsageError\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    write_atomic(Path(sys.argv[1]), b'x' * 100_000)\nexcept UsageError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(target)], capture_output=True, check=True, text=True)
    assert "cannot be written: File too large" in done.stdout
    assert "to do:" in done.stdout
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
