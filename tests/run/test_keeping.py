"""What is kept beside the rows, and how far a run is seen to be."""

from __future__ import annotations

from pathlib import Path

import ml_dtypes
import numpy as np

from harness.oracle.rules import FAIL, Finding
from harness.run.evidence import Recorder
from harness.run.keeper import LARGEST_KEPT, FailureKeeper
from harness.run.tail import Tail
from tests.plans import plan_of, planned, row


def finding(**kept: object) -> Finding:
    return Finding(FAIL, kept=kept)


def test_the_arrays_of_a_failure_can_be_loaded_without_assay(tmp_path: Path) -> None:
    got = np.array([1.5, np.nan], np.float32)
    name = FailureKeeper(tmp_path, 2)(4711, finding(got=got, bits=np.array([1.0], ml_dtypes.bfloat16)))
    assert name == "failures/4711.npz"
    with np.load(tmp_path / "4711.npz", allow_pickle=False) as kept:
        assert kept["got"].tobytes() == got.tobytes()
        assert kept["bits"].tolist() == [0x3F80]


def test_only_so_many_failures_of_only_such_a_size_are_kept(tmp_path: Path) -> None:
    keeper = FailureKeeper(tmp_path, 1)
    assert keeper(1, finding()) == ""
    assert keeper(2, finding(got=np.zeros(LARGEST_KEPT + 1, np.uint8))) == ""
    assert keeper(3, finding(got=np.zeros(4)))
    assert keeper(4, finding(got=np.zeros(4))) == ""
    assert [path.name for path in tmp_path.iterdir()] == ["3.npz"]


def test_progress_is_counted_from_what_was_written_since_the_last_look(tmp_path: Path) -> None:
    plan = plan_of(planned("IF-MEM-001"), planned("IF-NUM-001/add/float32"))
    tail = Tail(tmp_path, plan)
    recorder = Recorder(tmp_path / "0001.jsonl")
    recorder.case(row("IF-MEM-001", 0))
    recorder.case(row("IF-MEM-001", 1, outcome="fail"))
    recorder.end("IF-MEM-001", 1, 0.5)
    tail.look()
    assert (tail.cases, tail.failures, dict(tail.decided)) == (2, 1, {"memory": 1})
    recorder.case(row("IF-NUM-001/add/float32", 2))
    recorder.end("IF-NUM-001/add/float32", 1, 0.5)
    with recorder.path.open("ab") as file:
        file.write(b'{"row":"case","outc')
    for _ in range(2):
        tail.look()
        assert (tail.cases, dict(tail.decided)) == (3, {"memory": 1, "numeric-conduct": 1})
    recorder.close()
