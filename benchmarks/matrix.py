"""What a multiply-add of a simulated matrix unit costs, beside the package mmasim in the same run.

Sizes are M = N = K. The peer needs torch: where it is not installed, its columns say so. Everything is one thread
unless said otherwise.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.profile.store import list_profiles, load_profile
from harness.simulator.formats import FORMATS
from harness.simulator.matrix_unit import MatrixUnit, matrix_unit

Array = NDArray[Any]

SIZE = 512
BESIDE = (
    ("nvidia/h100", "mma.m16n8k16.f32.f16.f16.f32"),
    ("amd/mi300x", "v_mfma_f32_16x16x16_f16"),
)
SHORT = ("float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz")


def matrix(format_name: str, shape: tuple[int, int], random: np.random.Generator) -> Array:
    """Normal numbers in a format."""
    values = random.standard_normal(shape)
    return values.astype(numpy_dtype("float32" if FORMATS[format_name].dropped else format_name))


def operands(unit: MatrixUnit, size: int) -> list[Array]:
    """A, B, a C of zeros, and scales of one where there are any."""
    random, arithmetic = np.random.default_rng(1), unit.arithmetic
    found = [matrix(arithmetic.a, (size, size), random), matrix(arithmetic.b, (size, size), random)]
    found.append(np.zeros((size, size), numpy_dtype(arithmetic.c)))
    block = arithmetic.get("scale_block")
    if block:
        one = np.full((size, size // block), 127, np.uint8)
        found += [one, one.T]
    return found


def seconds(call: Callable[[], object], times: int = 3) -> float:
    """The least time a call takes."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        spent.append(time.perf_counter() - began)
    return min(spent)


def beside_the_peer() -> None:
    """Both models of the same instructions."""
    import torch
    from mmasim import amd, nv_ptx

    torch.set_num_threads(1)
    peers = (nv_ptx.MMA("Hopper", "m16n8k16.f32.f16.f16.f32"), amd.MFMA("CDNA3", "f32_16x16x16_f16"))
    for (profile, instruction), peer in zip(BESIDE, peers, strict=True):
        unit = matrix_unit(profile, instruction)
        a, b, c = operands(unit, SIZE)
        unit.multiply(a[:1], b, c[:1])
        taken = [torch.from_numpy(x) for x in (a, b, c)]
        slow, fast = seconds(partial(peer, *taken), 2), seconds(partial(unit.multiply, a, b, c), 5)
        same = np.array_equal(unit.multiply(a, b, c), peer(*taken).numpy())
        print(
            f"  {profile} {instruction}: {fast:.3f} s, mmasim {slow:.2f} s, {slow / fast:.0f} times, same bits: {same}"
        )


def every_short_instruction() -> None:
    """The slowest and the fastest of all distinct instructions on 16-bit and 8-bit floats."""
    seen: dict[object, str] = {}
    costs: dict[str, float] = {}
    for name in list_profiles():
        profile = load_profile(name)
        for instruction in profile.matrix_instructions:
            if not {profile.instructions[instruction].a, profile.instructions[instruction].b} <= set(SHORT):
                continue
            unit = matrix_unit(profile, instruction)
            arithmetic = unit.arithmetic
            key = (arithmetic.a, arithmetic.b, arithmetic.c, arithmetic.d, str(arithmetic.said))
            if key in seen:
                continue
            seen[key] = f"{name} {instruction}"
            arrays = operands(unit, SIZE)
            unit.multiply(*arrays)
            costs[seen[key]] = seconds(partial(unit.multiply, *arrays), 2) / SIZE**3 * 1e9
    order = sorted(costs, key=costs.__getitem__)
    print(f"  {len(order)} distinct instructions; nanoseconds a multiply-add:")
    for label in (*order[:2], order[len(order) // 2], *order[-4:]):
        print(f"    {costs[label]:5.2f}  {label}")


def two_threads() -> None:
    """Two threads against one, in turns, so that a busy machine slows both."""
    one, two = (matrix_unit(*BESIDE[0], threads=count) for count in (1, 2))
    for size, turns in ((512, 40), (1024, 12), (2048, 4)):
        arrays = operands(one, size)
        spent = [[seconds(partial(unit.multiply, *arrays), 1) for unit in (one, two)] for _ in range(turns)]
        alone, both = (min(each) for each in zip(*spent, strict=True))
        median = statistics.median(single / double for single, double in spent)
        print(f"  {size}: one {alone:.3f} s, two {both:.3f} s: {alone / both:.2f} times; median turn {median:.2f}")


def memory() -> None:
    """What a large product takes beside its operands, at its peak, D included."""
    unit = matrix_unit(*BESIDE[0])
    arrays = operands(unit, 2048)
    tracemalloc.start()
    unit.multiply(*arrays)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    print(f"  2048: {peak:.0f} MiB; A, B and C are {sum(x.nbytes for x in arrays) / 2**20:.0f} MiB")


_COLD = """
import time
import tracemalloc
began = time.perf_counter()
import numpy as np
import harness
unit = harness.matrix_unit(harness.load_profile("nvidia/h100"), "mma.m16n8k16.f32.f16.f16.f32")
one = np.ones((16, 16), np.float16)
unit.multiply(one, one, np.zeros((16, 16), np.float32))
print(time.perf_counter() - began)
"""


def cold_start() -> None:
    """A new interpreter reads a profile and multiplies 16x16x16, without and with a cache."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NUMBA_CACHE_DIR": folder}
        for what in ("compiling", "from the cache", "from the cache"):
            began = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", _COLD], env=environment, capture_output=True, text=True, check=True
            )
            whole = time.perf_counter() - began
            print(f"  {what}: {float(done.stdout):.2f} s after start, {whole:.2f} s with the interpreter")


def main() -> None:
    """Print all figures."""
    print(f"M = N = K = {SIZE}, beside the peer")
    if find_spec("mmasim") and find_spec("torch"):
        beside_the_peer()
    else:
        print("  mmasim is not installed: pip install mmasim torch")
    print(f"M = N = K = {SIZE}, every instruction on 16-bit and 8-bit floats")
    every_short_instruction()
    print("two threads")
    two_threads()
    print("memory")
    memory()
    print("reading a profile and multiplying 16x16x16")
    cold_start()


if __name__ == "__main__":
    main()
