"""The name of a device and that of the place it lives in: ``DEVICE[@PLACE]``.

This file travels to the far side of a place: standard library only, Python 3.8 or later.
"""

from __future__ import annotations

import re
from typing import Tuple

#: Where a device's name ends and that of its place begins: at the first of these.
_AT = re.compile(r"@(?=worker(?:$|@)|(?:qemu|ssh|exec):)")


def split_place(name: str) -> Tuple[str, str]:
    """A device's name without its place, and the name of the place: ``worker`` where it names none."""
    found = _AT.search(name)
    return (name[: found.start()], name[found.end() :]) if found else (name, "worker")
