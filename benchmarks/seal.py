"""What it costs to seal a bundle and to check the seal: seconds, for bundles of a few sizes."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from harness.attest.manifest import check_manifest, write_manifest
from harness.attest.signature import SigningKey

MEBIBYTE = 1 << 20


def measure(files: int, size: int) -> tuple[float, float]:
    """Seconds to seal and to check a bundle of ``files`` files of ``size`` bytes; the best of three."""
    key = SigningKey.generate("benchmark")
    seal, check = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(files):
            (folder / f"{number}.jsonl").write_bytes(bytes([number % 256]) * size)
        for _ in range(3):
            begin = time.perf_counter()
            write_manifest(folder, key)
            middle = time.perf_counter()
            check_manifest(folder, key.public)
            seal.append(middle - begin)
            check.append(time.perf_counter() - middle)
    return min(seal), min(check)


def main() -> None:
    """Print the table."""
    print("files  MiB each   seal s  check s")
    for files, size in [(10, 1000), (10, MEBIBYTE), (4, 64 * MEBIBYTE), (5000, 1000)]:
        seal, check = measure(files, size)
        print(f"{files:5d}  {size / MEBIBYTE:8.3f}  {seal:7.3f}  {check:7.3f}")


if __name__ == "__main__":
    main()
