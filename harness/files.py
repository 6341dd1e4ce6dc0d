"""Reading a file without being overrun by it, and writing one so that it is there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from pathlib import Path

from harness.errors import DocumentError, UsageError


def read_bounded(path: Path, limit_bytes: int) -> bytes:
    """The bytes of a regular file of at most ``limit_bytes``; raises ``DocumentError``.

    Kind and size are looked at first: a pipe, a device or a huge file is refused without reading it.
    """
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise DocumentError([f"{path}: is not a regular file"], remedy="name a file")
            check_size(b"", path, limit_bytes, status.st_size)
            return check_size(file.read(limit_bytes + 1), path, limit_bytes)
    except OSError as error:
        raise DocumentError([f"{path}: cannot be read: {error.strerror}"], remedy="check the path") from error
    except ValueError as error:  # a NUL in the path
        raise DocumentError([f"{str(path)!r}: is not a path: {error}"], remedy="check the path") from error


def check_size(data: bytes, name: object, limit_bytes: int, size: int | None = None) -> bytes:
    """``data`` itself, where it (or ``size``, what it was said to have) is within the limit; else ``DocumentError``."""
    size = max(len(data), size or 0)
    if size > limit_bytes:
        raise DocumentError(
            [f"{name}:1: has {size} bytes; at most {limit_bytes} are read"],
            remedy="check that this is the file you meant",
        )
    return data


def write_atomic(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that readers see the old content or the new, also after a crash; raises ``UsageError``.

    ``mode`` is the permission the file gets, whatever the umask is.
    """
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:200]}.")
        try:
            with open(descriptor, "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "check the path and its permissions")
        raise UsageError(f"cannot be written: {error.strerror}", where=str(path), remedy=remedy) from error


_REMEDIES = {
    errno.ENOSPC: "free space on this file system, or choose another folder",
    errno.EDQUOT: "free space within your quota, or choose another folder",
    errno.EROFS: "choose a folder that can be written",
    errno.EACCES: "choose a folder you may write to",
    errno.ENOENT: "create the folder first",
    errno.EISDIR: "name a file, not a folder",
}


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
