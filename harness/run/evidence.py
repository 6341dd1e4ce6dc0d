"""Evidence on disk: append-only files of JSON rows, one file for each life of a child, and the one reader of them.

A test counts only by its end row, which holds the number of its cases and a digest over their rows. Rows that no end
row follows were interrupted: they stay where they are and count for nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.errors import EvidenceError, UsageError
from harness.run.rows import CaseRow, Evidence, LostRow, TestEvidence

#: Rows are handed to the operating system this often, so that a kill of this process loses few.
FLUSH_EVERY = 200
#: No honest row is longer.
LONGEST_ROW = 64 << 10

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class Recorder:
    """Writes the evidence of one life; raises ``UsageError`` when the disk refuses."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("xb", buffering=1 << 16)
        self._unflushed = 0
        self._test = ""
        self._count = 0
        self._digest = hashlib.sha256()

    def case(self, row: CaseRow) -> None:
        """Record one case of the test in hand."""
        if row.test != self._test:
            self._test, self._count, self._digest = row.test, 0, hashlib.sha256()
        line = _line("case", row)
        self._digest.update(line)
        self._count += 1
        self._write(line)

    def end(self, test: str, attempt: int, near_ms: float) -> None:
        """Record that the test in hand has run all its cases; from here on it counts.

        ``near_ms`` is how long writing its cases out and judging them took beside the device.
        """
        row = {"test": test, "attempt": attempt, "cases": self._count, "digest": f"sha256:{self._digest.hexdigest()}"}
        self._write(_encode({"row": "end"} | row | {"near_ms": round(near_ms, 3)}).encode() + b"\n")
        self._settle()

    def lost(self, row: LostRow) -> None:
        """Record that the test in hand lost a case; what it has recorded so far will not count."""
        self._write(_line("lost", row))
        self._settle()

    def close(self) -> None:
        """Hand everything over and close the file."""
        self._settle()
        self._file.close()

    def _write(self, line: bytes) -> None:
        try:
            self._file.write(line)
            self._unflushed += 1
            if self._unflushed >= FLUSH_EVERY:
                self._file.flush()
                self._unflushed = 0
        except OSError as error:
            raise _refused(self.path, error) from None

    def _settle(self) -> None:
        self._test, self._count, self._digest = "", 0, hashlib.sha256()
        try:
            self._file.flush()
            os.fdatasync(self._file.fileno())
        except OSError as error:
            raise _refused(self.path, error) from None
        self._unflushed = 0


def read_evidence(folder: Path) -> Evidence:
    """Fold all rows of a bundle's evidence; raises ``EvidenceError`` with file and line where they do not hold."""
    tests: dict[str, TestEvidence] = {}
    for path in sorted(folder.glob("*.jsonl")):
        _fold_file(path, tests)
    return Evidence(tests)


def _fold_file(path: Path, tests: dict[str, TestEvidence]) -> None:
    rows: list[CaseRow] = []
    digest = hashlib.sha256()
    for number, line, fields in _lines(path):
        kind = fields.pop("row", None)
        if kind == "case":
            row = _case(fields, path, number)
            if rows and rows[-1].test != row.test:
                rows, digest = [], hashlib.sha256()
            rows.append(row)
            digest.update(line)
        elif kind == "end":
            _check_end(fields, rows, digest.hexdigest(), path, number)
            before = tests.get(fields["test"]) or TestEvidence(fields["test"])
            if not before.ended:
                tests[before.test] = TestEvidence(before.test, tuple(rows), True, before.lost, float(fields["near_ms"]))
            rows, digest = [], hashlib.sha256()
        elif kind == "lost":
            lost = _lost(fields, path, number)
            before = tests.get(lost.test) or TestEvidence(lost.test)
            tests[lost.test] = replace(before, lost=(*before.lost, lost))
            rows, digest = [], hashlib.sha256()
        else:
            raise EvidenceError(f"a row of kind {kind!r} is not known", where=f"{path}:{number}")


def _lines(path: Path) -> Iterator[tuple[int, bytes, dict[str, Any]]]:
    """The rows of a file; a last line without its end was cut off by a kill and is passed over."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_ROW):
            number += 1
            if not line.endswith(b"\n"):
                if len(line) == LONGEST_ROW:
                    raise EvidenceError(f"a row is longer than {LONGEST_ROW} bytes", where=f"{path}:{number}")
                return
            yield number, line, _parse(line, path, number)


def _parse(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise EvidenceError("a row is not a JSON object", where=f"{path}:{number}")
    return fields


def _case(fields: dict[str, Any], path: Path, number: int) -> CaseRow:
    at = fields.get("at")
    if at is not None:
        fields["at"] = tuple(at)
    counts = fields.get("histogram", {})
    if not isinstance(counts, dict) or not all(type(count) is int and count >= 0 for count in counts.values()):
        raise EvidenceError("a histogram is no table of counts", where=f"{path}:{number}")
    try:
        return CaseRow(**fields)
    except TypeError as error:
        raise EvidenceError(f"a case row does not fit: {error}", where=f"{path}:{number}") from None


def _lost(fields: dict[str, Any], path: Path, number: int) -> LostRow:
    try:
        return LostRow(**({"case": ""} | fields))
    except TypeError as error:
        raise EvidenceError(f"a lost row does not fit: {error}", where=f"{path}:{number}") from None


def _check_end(fields: dict[str, Any], rows: list[CaseRow], digest: str, path: Path, number: int) -> None:
    test = fields.get("test")
    known = set(fields) == {"test", "attempt", "cases", "digest", "near_ms"}
    if not known or type(fields["near_ms"]) not in (int, float) or any(row.test != test for row in rows):
        raise EvidenceError(f"the end row of {test} does not follow its cases", where=f"{path}:{number}")
    if fields["cases"] != len(rows) or fields["digest"] != f"sha256:{digest}":
        raise EvidenceError(
            f"the end row of {test} names {fields['cases']} cases and a digest that its {len(rows)} rows do not have",
            where=f"{path}:{number}",
            remedy="the evidence was changed after it was written; ask for the bundle again",
        )


def _line(kind: str, row: CaseRow | LostRow) -> bytes:
    # Zero is a figure, and equal to False: only what is truly empty is left out.
    fields = {key: value for key, value in vars(row).items() if value not in ("", None, {}) and value is not False}
    return _encode({"row": kind} | fields).encode("utf-8", "replace") + b"\n"


def _refused(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"evidence cannot be written: {error.strerror}",
        where=str(path),
        remedy="make room (or the folder writable) and run the same command again with --resume: nothing is lost",
    )
