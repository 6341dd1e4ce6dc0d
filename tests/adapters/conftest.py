"""Where torch is not installed its adapter cannot be tested; the session ``torch`` of nox installs it."""

from __future__ import annotations

import importlib.util

collect_ignore = [] if importlib.util.find_spec("torch") else ["torch"]
