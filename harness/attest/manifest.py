"""The signed list of everything in a bundle: each file with size and SHA-256, each folder, and nothing else.

A page cannot hold the state of a signature that covers it, so pages name the key and this list covers the pages.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.attest.envelope import LARGEST_ENVELOPE, open_envelope, sign
from harness.attest.signature import PublicKey, SigningKey
from harness.canonical import canonical_json, parse_json
from harness.errors import DocumentError, EvidenceError
from harness.files import read_bounded, write_atomic
from harness.run.bundle import KEY, MANIFEST

#: The media type of a manifest, to be named in its envelope.
PAYLOAD_TYPE = "application/vnd.assay.manifest+json"

FORMAT = "urn:assay:manifest:1"

#: A bundle with more entries, or deeper ones, is refused.
MOST_ENTRIES = 100_000
DEEPEST = 8

_NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._+@-]{1,255}")


@dataclass(frozen=True)
class File:
    """One file of a bundle: its path from the bundle with ``/``, size in bytes, SHA-256 in hexadecimal."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """All a bundle holds, in the order of paths; the manifest itself is not in it."""

    files: tuple[File, ...]
    folders: tuple[str, ...]

    def payload(self) -> bytes:
        """The list in its one spelling, ready to be signed."""
        return canonical_json(
            {"format": FORMAT, "files": [asdict(file) for file in self.files], "folders": list(self.folders)}
        )


def write_manifest(folder: Path, key: SigningKey) -> Manifest:
    """Seal a bundle: put the signer's public key into it, then the signed list of all that is there.

    Raises ``EvidenceError`` where the folder holds what no bundle may: a link, a pipe, a name outside
    ``A-Z a-z 0-9 . _ + @ -``.
    """
    write_atomic(folder / KEY, key.public_pem)
    manifest = take_stock(folder)
    write_atomic(folder / MANIFEST, sign(manifest.payload(), PAYLOAD_TYPE, key))
    return manifest


def check_manifest(folder: Path, trusted: PublicKey | Iterable[PublicKey]) -> list[File]:
    """The files of a bundle, every one as it was signed; raises ``EvidenceError`` naming the first that is not.

    A missing, added or changed file, an added or missing folder, a link and a pipe are all found.
    """
    path = folder / MANIFEST
    try:
        data = read_bounded(path, LARGEST_ENVELOPE)
    except DocumentError as error:
        raise EvidenceError(
            f"the bundle has no readable manifest: {error.what}",
            where=str(path),
            remedy="name the folder of a finished run, or finish it with the same certify command",
        ) from error
    signed = _parse(open_envelope(data, trusted, PAYLOAD_TYPE, name=str(path)), str(path))
    found = take_stock(folder)
    _compare(folder, dict.fromkeys(signed.folders), dict.fromkeys(found.folders))
    _compare(folder, {file.path: file for file in signed.files}, {file.path: file for file in found.files})
    return list(signed.files)


def take_stock(folder: Path) -> Manifest:
    """Everything that is in a bundle now, read and hashed; raises ``EvidenceError`` for what no bundle may hold."""
    files, folders = [], []
    for count, (path, status) in enumerate(_walk(folder, "")):
        if count == MOST_ENTRIES:
            raise _refused(folder, f"the bundle has more than {MOST_ENTRIES} files and folders")
        if stat.S_ISDIR(status.st_mode):
            folders.append(path)
        elif path != MANIFEST:
            files.append(_hash(folder, path))
    return Manifest(tuple(sorted(files, key=lambda file: file.path)), tuple(sorted(folders)))


def _walk(folder: Path, below: str) -> Iterator[tuple[str, os.stat_result]]:
    if below.count("/") > DEEPEST:
        raise _refused(folder / below, f"the bundle has folders deeper than {DEEPEST}")
    try:
        with os.scandir(folder / below) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
        for entry in listed:
            if not _NAME.fullmatch(entry.name):
                raise _refused(folder / below, f"no file of a bundle has such a name: {entry.name[:80]!r}")
            path, status = below + entry.name, entry.stat(follow_symlinks=False)
            if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
                raise _refused(folder / path, "it is neither a file nor a folder but a link, pipe, socket or device")
            yield path, status
            if stat.S_ISDIR(status.st_mode):
                yield from _walk(folder, path + "/")
    except OSError as error:
        raise _refused(folder / below, f"the folder cannot be read: {error.strerror}") from error


def _hash(folder: Path, path: str) -> File:
    try:
        # What was a file a moment ago may be a link or a pipe now: neither followed nor waited for.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with open(os.open(folder / path, flags), "rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            return File(path, digest.hexdigest(), file.tell())
    except OSError as error:
        raise _refused(folder / path, f"the file cannot be read: {error.strerror}") from error


def _compare(folder: Path, signed: dict[str, Any], found: dict[str, Any]) -> None:
    for path in sorted(signed.keys() | found.keys()):
        if path not in found:
            raise _refused(folder / path, "it is missing; the manifest lists it")
        if path not in signed:
            raise _refused(folder / path, "it was added after the bundle was signed")
        if signed[path] != found[path]:
            raise _refused(folder / path, "it was changed after the bundle was signed")


def _parse(payload: bytes, name: str) -> Manifest:
    """The signed list, strictly: whoever signed a hostile bundle chose every byte of it."""
    try:
        fields = parse_json(payload, limit_bytes=LARGEST_ENVELOPE, limit_depth=4, name=name)
    except DocumentError as error:
        raise EvidenceError(f"it holds no manifest: {error.what}", where=name, remedy=_REMEDY) from error
    match fields:
        case {"files": list(files), "folders": list(folders)} if all(isinstance(path, str) for path in folders):
            manifest = Manifest(tuple(_file(entry, name) for entry in files), tuple(folders))
        case _:
            raise EvidenceError("it holds no manifest of Assay", where=name, remedy=_REMEDY)
    paths = [*(file.path for file in manifest.files), *folders]
    if manifest.payload() != payload or len(set(paths)) != len(paths):
        raise EvidenceError("its manifest is of another format or spelling", where=name, remedy=_REMEDY)
    return manifest


def _file(entry: Any, name: str) -> File:
    match entry:
        case {"path": str(path), "sha256": str(digest), "size": int(size)} if not isinstance(size, bool):
            return File(path, digest, size)
    raise EvidenceError("an entry of its manifest lacks path, sha256 or size", where=name, remedy=_REMEDY)


def _refused(path: Path, what: str) -> EvidenceError:
    return EvidenceError(what, where=str(path), remedy=_REMEDY)


_REMEDY = "take the bundle again from whoever signed it; what is here is not what was signed"
