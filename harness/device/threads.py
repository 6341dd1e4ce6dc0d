"""Numeric libraries are pinned to one thread: their sums change with the number of threads."""

from __future__ import annotations

#: What the environment of a process says in which a device lives.
ONE_THREAD = dict.fromkeys(
    ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS"], "1"
)
