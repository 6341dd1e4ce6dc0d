"""How long the command takes to answer: ``assay --help``, ``assay plan`` and ``assay verify`` of the default bundle."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 7


def seconds(*arguments: str) -> float:
    """The median of several runs of the command."""
    taken = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-m", "harness", *arguments], check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def main() -> None:
    """Print one line a command."""
    print(f"assay --help             {seconds('--help'):.3f} s")
    print(f"assay plan hygon/k100-ai {seconds('plan', 'hygon/k100-ai'):.3f} s")
    with tempfile.TemporaryDirectory() as folder:
        bundle = str(Path(folder) / "run")
        begin = time.perf_counter()
        command = [sys.executable, "-m", "harness", "certify", "hygon/k100-ai", "--out", bundle]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        print(f"assay certify            {time.perf_counter() - begin:.1f} s")
        print(f"assay verify             {seconds('verify', bundle):.3f} s")


if __name__ == "__main__":
    main()
