"""Evidence on disk: what counts, what does not, and what is found out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import EvidenceError, UsageError
from harness.run.evidence import Recorder, read_evidence
from harness.run.rows import CaseRow
from tests.plans import lost, row


def record(path: Path, *tests: tuple[str, int]) -> None:
    """A file in which each named test ends with so many passing cases."""
    recorder = Recorder(path)
    for test, count in tests:
        for n in range(count):
            recorder.case(row(test, n, f"case-{n}"))
        recorder.end(test, 1, 0.5)
    recorder.close()


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    written = [
        row("IF-MEM-001", 0, worst="0x1p-3", limit="0x1p+0", at=(1, 2), cause="lost-nan", detail="结果错误"),
        row("IF-MEM-001", 1, "case-1", "fail", expected="nan", got="0x1p+0", kept="failures/1.npz"),
    ]
    recorder = Recorder(tmp_path / "0001.jsonl")
    for one in written:
        recorder.case(one)
    recorder.end("IF-MEM-001", 1, 0.5)
    recorder.close()
    seen = read_evidence(tmp_path).of("IF-MEM-001")
    assert seen.ended
    assert list(seen.rows) == written


def test_a_test_counts_only_by_its_end_row(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "0001.jsonl")
    recorder.case(row("IF-MEM-001", 0))
    recorder.close()
    assert not read_evidence(tmp_path).of("IF-MEM-001").ended


def test_a_row_cut_off_by_a_kill_is_passed_over(tmp_path: Path) -> None:
    record(tmp_path / "0001.jsonl", ("IF-MEM-001", 3), ("IF-MEM-002", 3))
    whole = (tmp_path / "0001.jsonl").read_bytes()
    for cut in range(len(whole)):
        (tmp_path / "0001.jsonl").write_bytes(whole[:cut])
        evidence = read_evidence(tmp_path)
        lines = [line for line in whole[:cut].splitlines(keepends=True) if line.endswith(b"\n")]
        ended = sum(line.startswith(b'{"row":"end"') for line in lines)
        assert sum(test.ended for test in evidence.tests.values()) == ended


def test_an_interrupted_attempt_counts_for_nothing_once_the_test_ran_again(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "0001.jsonl")
    recorder.case(row("IF-MEM-001", 0, outcome="fail"))
    recorder.close()
    record(tmp_path / "0002.jsonl", ("IF-MEM-001", 2))
    seen = read_evidence(tmp_path).of("IF-MEM-001")
    assert [one.outcome for one in seen.rows] == ["pass", "pass"]


def test_a_loss_is_remembered_when_the_test_passes_later(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "0001.jsonl")
    recorder.case(row("IF-MEM-001", 0))
    recorder.lost(lost("IF-MEM-001"))
    recorder.close()
    record(tmp_path / "0002.jsonl", ("IF-MEM-001", 2))
    seen = read_evidence(tmp_path).of("IF-MEM-001")
    assert seen.ended
    assert [one.why for one in seen.lost] == ["the worker died: SIGSEGV"]


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("change", ["drop", "swap", "double", "edit", "move-end", "drop-first-of-next"])
def test_rows_that_were_changed_no_longer_fit_their_end_row(tmp_path: Path, change: str) -> None:
    path = tmp_path / "0001.jsonl"
    record(path, ("IF-MEM-001", 3), ("IF-MEM-002", 2))
    lines = lines_of(path)
    changed = {
        "drop": lines[:1] + lines[2:],
        "swap": [lines[1], lines[0], *lines[2:]],
        "double": [lines[0], *lines],
        "edit": [lines[0].replace(b'"ms":0.5', b'"ms":0.6'), *lines[1:]],
        "move-end": [*lines[:2], lines[3], lines[2], *lines[4:]],
        "drop-first-of-next": lines[:4] + lines[5:],
    }[change]
    path.write_bytes(b"".join(changed))
    with pytest.raises(EvidenceError, match=r"0001\.jsonl:"):
        read_evidence(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        b"no json\n",
        b"[1]\n",
        b'{"row":"what"}\n',
        b'{"row":"case","seq":1}\n',
        b'{"row":"lost","what":1}\n',
        b"[" * 3000 + b"\n",
    ],
)
def test_a_row_that_is_none_is_an_error_with_its_line(tmp_path: Path, line: bytes) -> None:
    record(tmp_path / "0001.jsonl", ("IF-MEM-001", 1))
    with (tmp_path / "0001.jsonl").open("ab") as file:
        file.write(line)
    with pytest.raises(EvidenceError, match=r"0001\.jsonl:3"):
        read_evidence(tmp_path)


def test_an_endless_row_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0001.jsonl").write_bytes(b"x" * (1 << 20))
    with pytest.raises(EvidenceError, match="longer"):
        read_evidence(tmp_path)


def test_a_full_disk_says_that_nothing_is_lost_and_how_to_go_on(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "0001.jsonl")
    recorder._file.close()
    with open("/dev/full", "r+b", buffering=0) as full:
        recorder._file = full  # the same calls, of a disk that is full
        with pytest.raises(UsageError, match="--resume"):
            recorder.end("IF-MEM-001", 1, 0.5)


def test_a_file_of_evidence_is_never_written_over(tmp_path: Path) -> None:
    record(tmp_path / "0001.jsonl", ("IF-MEM-001", 1))
    with pytest.raises(FileExistsError):
        Recorder(tmp_path / "0001.jsonl")


case_rows = st.builds(
    CaseRow,
    seq=st.integers(0, 2**40),
    test=st.just("IF-MEM-001"),
    case=st.text(min_size=1, max_size=30).filter(lambda text: text.isprintable()),
    attempt=st.integers(1, 9),
    layer=st.sampled_from(["driver", "adapter"]),
    outcome=st.sampled_from(["pass", "fail"]),
    rule=st.just("bitwise"),
    worst=st.floats(allow_nan=False).map(float.hex),
    limit=st.floats(allow_nan=False).map(float.hex),
    seed=st.text("0123456789abcdef", min_size=1, max_size=32),
    inputs=st.just("aa"),
    output=st.just("bb"),
    ms=st.floats(0, 1e6),
    at=st.none() | st.lists(st.integers(0, 10**9), min_size=1, max_size=4).map(tuple),
    detail=st.text(st.characters(codec="utf-8"), max_size=200),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(case_rows, max_size=5))
def test_any_row_survives_the_way_to_disk_and_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[CaseRow]
) -> None:
    folder = tmp_path_factory.mktemp("evidence")
    recorder = Recorder(folder / "0001.jsonl")
    for one in rows:
        recorder.case(one)
    recorder.end("IF-MEM-001", 1, 0.5)
    recorder.close()
    assert list(read_evidence(folder).of("IF-MEM-001").rows) == rows


def test_rows_are_plain_json_lines(tmp_path: Path) -> None:
    record(tmp_path / "0001.jsonl", ("IF-MEM-001", 1))
    case, end = (json.loads(line) for line in lines_of(tmp_path / "0001.jsonl"))
    assert case["row"] == "case"
    assert "at" not in case
    assert end["cases"] == 1
    assert end["digest"].startswith("sha256:")


def test_how_far_off_elements_were_and_how_long_it_took_here_come_back(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "0001.jsonl")
    counts = {"0": 3, "2^-5": 0, "inf": 1}
    recorder.case(row("IF-NUM-004/sum/float32", 0, histogram=counts))
    recorder.end("IF-NUM-004/sum/float32", 1, 12.3456)
    recorder.close()
    seen = read_evidence(tmp_path).of("IF-NUM-004/sum/float32")
    assert seen.rows[0].histogram == counts
    assert seen.near_ms == 12.346


@pytest.mark.parametrize("counts", [b'{"0":-1}', b'{"0":1.5}', b'{"0":true}', b'["0"]', b'"0"'])
def test_a_histogram_that_is_no_table_of_counts_is_an_error_with_its_line(tmp_path: Path, counts: bytes) -> None:
    record(tmp_path / "0001.jsonl", ("IF-MEM-001", 1))
    (case, end) = lines_of(tmp_path / "0001.jsonl")
    (tmp_path / "0001.jsonl").write_bytes(case.replace(b'"ms":', b'"histogram":' + counts + b',"ms":') + end)
    with pytest.raises(EvidenceError, match="a histogram is no table of counts"):
        read_evidence(tmp_path)


@pytest.mark.parametrize("time", [b'"1"', b"null", b"true", b"[]"])
def test_a_time_that_is_no_number_is_an_error(tmp_path: Path, time: bytes) -> None:
    record(tmp_path / "0001.jsonl", ("IF-MEM-001", 1))
    (case, end) = lines_of(tmp_path / "0001.jsonl")
    (tmp_path / "0001.jsonl").write_bytes(case + end.replace(b'"near_ms":0.5', b'"near_ms":' + time))
    with pytest.raises(EvidenceError, match="end row"):
        read_evidence(tmp_path)
