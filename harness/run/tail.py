"""How far a run is: counts over the rows written since the last look, without parsing what has been seen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from harness.run.plan import Plan

_CASE = b'{"row":"case"'
_END = b'{"row":"end"'
_FAILS = b'"outcome":"fail"'


class Tail:
    """Follows a folder of evidence that others write to.

    ``decided`` counts ended tests by chapter, ``cases`` all case rows and ``failures`` those that fail. The figures are
    for a progress display only: rows of interrupted tests are in them too.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._folder = folder
        self._chapters: Mapping[str, str] = {test.test: test.chapter for test in plan.tests}
        self._read: Counter[Path] = Counter()
        self.decided: Counter[str] = Counter()
        self.cases = 0
        self.failures = 0

    def look(self) -> None:
        """Take in what was written since the last look."""
        for path in self._folder.glob("*.jsonl"):
            with path.open("rb") as file:
                file.seek(self._read[path])
                data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
            self._read[path] += len(whole)
            for line in whole.splitlines():
                self._count(line)

    def _count(self, line: bytes) -> None:
        if line.startswith(_CASE):
            self.cases += 1
            self.failures += _FAILS in line
        elif line.startswith(_END):
            self.decided[self._chapters.get(json.loads(line)["test"], "")] += 1
