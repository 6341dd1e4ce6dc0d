"""What the recorder costs: milliseconds a case and peak memory, for 1,000, 10,000 and 100,000 cases of a null device.

Each size runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness.run.evidence import Recorder
from harness.run.rows import CaseRow

SIZES = (1_000, 10_000, 100_000)


def measure(count: int) -> tuple[float, float]:
    """Milliseconds a case for ``count`` rows in one test, and the growth of peak memory in MiB."""
    row = CaseRow(
        seq=0,
        test="IF-NUM-001/matmul/float16",
        case="m129-k512-n64/strided-a",
        attempt=1,
        layer="simulator",
        outcome="pass",
        rule="bitwise",
        seed="5eed" * 8,
        inputs="ab" * 16,
        output="cd" * 16,
        ms=0.812,
        worst=(0.0).hex(),
        limit=(0.0).hex(),
    )
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        recorder = Recorder(Path(folder) / "0001.jsonl")
        begin = time.perf_counter()
        for _ in range(count):
            recorder.case(row)
        recorder.end(row.test, 1, 0.0)
        seconds = time.perf_counter() - begin
        recorder.close()
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return seconds * 1e3 / count, grown / 1024


def main() -> None:
    """Print one line a size."""
    if len(sys.argv) > 1:
        cost, grown = measure(int(sys.argv[1]))
        print(f"{int(sys.argv[1]):>8} cases  {cost:.4f} ms a case  {grown:+.1f} MiB")
        return
    for size in SIZES:
        subprocess.run([sys.executable, __file__, str(size)], check=True)


if __name__ == "__main__":
    main()
