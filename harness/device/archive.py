"""The far side as one archive: what a place without Assay is sent, and the lines that start it there.

What travels is plain Python for 3.8 and later: this package's far side, all adapters that test a library, and
array-api-compat, which is used only where the place has none of its own and a Python that it is for.
"""

from __future__ import annotations

import importlib.util
import io
import json
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from harness.device.threads import ONE_THREAD

_HOUSE = Path(__file__).resolve().parents[1]
#: Files of the house that travel, beside all of ``adapters``.
_FILES = (
    *("__init__.py", "errors.py", "device/__init__.py", "device/bulk.py", "device/dtypes.py"),
    *("device/extent.py", "device/far.py", "device/frames.py", "device/naming.py", "device/protocol.py"),
)
#: The folder of the archive that stands behind everything the place has itself.
_BEHIND = "behind"

#: The program a place's Python is given: it takes the archive from standard input, keeps it in memory, and begins.
BOOTSTRAP = "\n".join(
    [
        "import os, sys",
        "old = 'the far side needs Python 3.8 or later, not %d.%d' % sys.version_info[:2]",
        "if sys.version_info < (3, 8): sys.exit(old)",
        "left, parts = int(sys.argv[1]), []",
        "while left:",
        "    part = os.read(0, left)",
        "    if not part: sys.exit('the archive of the far side ended early')",
        "    left -= len(part); parts.append(part)",
        "held = os.memfd_create('assay')",
        "with open(held, 'wb', closefd=False) as file: file.write(b''.join(parts))",
        "path = '/proc/self/fd/%d' % held",
        "sys.path.insert(0, path)",
        f"if sys.version_info >= (3, 10): sys.path.append(path + '/{_BEHIND}')",
        f"os.environ.update({json.dumps(ONE_THREAD)})",
        "from harness.device.far import serve_a_pipe",
        "serve_a_pipe()",
    ]
)


@cache
def archive() -> bytes:
    """The archive: the same bytes whenever it is made of the same files."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as made:
        for name, path in sorted(members()):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(entry, path.read_bytes())
    return stored.getvalue()


def members() -> Iterator[tuple[str, Path]]:
    """What the archive holds: names in it, and the files they are made of."""
    files = [_HOUSE / name for name in _FILES]
    for file in [*files, *(_HOUSE / "adapters").rglob("*.py")]:
        yield f"harness/{file.relative_to(_HOUSE).as_posix()}", file
    found = importlib.util.find_spec("array_api_compat")
    for folder in found.submodule_search_locations or [] if found else []:
        for file in Path(folder).rglob("*.py"):
            yield f"{_BEHIND}/array_api_compat/{file.relative_to(folder).as_posix()}", file
