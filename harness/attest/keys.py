"""The user's own keys: where they are, the one made at first use, and who may read them.

A key from here is a local key, no centre's: it ties files to whoever holds it and vouches for nothing else.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from harness.attest.signature import PublicKey, SigningKey
from harness.errors import UsageError
from harness.files import read_bounded, write_atomic

__all__ = ["LOCAL", "PublicKey", "SigningKey", "keys_folder", "list_keys", "load_private", "load_public", "local_key"]

#: The name of the key made at first use.
LOCAL = "local"

_SUFFIX = ".pem"
_LARGEST_KEY_FILE = 16 << 10


def keys_folder() -> Path:
    """Where private keys are: ``$ASSAY_HOME/keys``, else ``assay/keys`` in the XDG data folder.

    Raises ``UsageError`` where ``$ASSAY_HOME`` is relative: the key would change with the working directory.
    """
    home = os.environ.get("ASSAY_HOME", "")
    if home:
        if not os.path.isabs(home):
            raise UsageError("is not an absolute path", where=f"ASSAY_HOME={home}", remedy="write the whole path")
        return Path(home) / "keys"
    data = os.environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(data):  # the XDG Base Directory Specification says to ignore a relative one
        return Path(data) / "assay" / "keys"
    try:
        return Path.home() / ".local" / "share" / "assay" / "keys"
    except RuntimeError as error:
        raise UsageError("this user has no home directory to keep a key in", remedy="set ASSAY_HOME") from error


def local_key(folder: Path | None = None) -> SigningKey:
    """The key this user signs with, made at first use; raises ``UsageError`` where it cannot be kept or is exposed.

    ``folder`` is where to keep it, ``keys_folder()`` unless given. Processes that come at once get the same key.
    """
    folder = folder or keys_folder()
    path = folder / f"{LOCAL}{_SUFFIX}"
    with _locked(folder):
        if not os.path.lexists(path):
            write_atomic(path, SigningKey.generate(LOCAL).private_pem(), mode=0o600)
    return _load(path, local=True)


def list_keys() -> list[SigningKey]:
    """Every key in the user's folder, by name; none where the folder was never made."""
    return [_load(path, local=True) for path in sorted(keys_folder().glob(f"[!.]*{_SUFFIX}"))]


def load_private(path: Path) -> SigningKey:
    """The private key in a file; raises ``UsageError`` where anybody but its owner, who must be the user, may read it.

    A key from the user's own folder stays a local one.
    """
    return _load(path, local=path.resolve().parent == keys_folder().resolve())


def load_public(path: Path) -> PublicKey:
    """The public key in a PEM file; raises ``UsageError``."""
    return PublicKey.from_pem(read_bounded(path, _LARGEST_KEY_FILE), str(path))


def _load(path: Path, *, local: bool) -> SigningKey:
    pem = read_bounded(path, _LARGEST_KEY_FILE)
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        raise UsageError("the private key is a link", where=str(path), remedy="put the file itself there")
    if status.st_uid != os.geteuid():
        raise UsageError(
            "the private key belongs to another user", where=str(path), remedy="use a key of your own, or chown it"
        )
    if status.st_mode & 0o077:
        raise UsageError(
            f"others may use this private key (mode {stat.S_IMODE(status.st_mode):04o})",
            where=str(path),
            remedy=f"chmod 600 {path}; if somebody may have copied it, move it away to have a new one made",
        )
    return SigningKey.from_pem(pem, path, local=local)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder of keys, made if need be, alone."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(
            f"the folder for your keys cannot be made or opened: {error.strerror}",
            where=str(folder),
            remedy="make it writable, or set ASSAY_HOME to a folder of yours",
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        status = os.fstat(descriptor)
        if status.st_mode & 0o077 or status.st_uid != os.geteuid():
            raise UsageError(
                f"others may look into the folder of your keys (mode {stat.S_IMODE(status.st_mode):04o})",
                where=str(folder),
                remedy=f"chmod 700 {folder}, and own it",
            )
        yield
    finally:
        os.close(descriptor)
