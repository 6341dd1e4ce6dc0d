"""One matrix instruction as a unit that multiplies, bit for bit as its profile declares."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.errors import UsageError
from harness.profile.model import Profile
from harness.profile.store import load_profile
from harness.simulator.formats import FORMATS, Format, decode
from harness.simulator.matrix import integers
from harness.simulator.matrix.dot import Dot, dot_of
from harness.simulator.matrix.operands import Operand, ScaledWords, Values, Words
from harness.simulator.matrix.order import Products, accumulate
from harness.simulator.matrix.plans import flushes, plan_of
from harness.simulator.rounding_modes import decoded

Array = NDArray[Any]

#: How many elements of C are held as float64 at a time.
_HELD = 1 << 20

_NO_TABLE = np.empty((3, 0), np.int32)


def matrix_unit(profile: Profile | str | Path, instruction: str, threads: int = 1) -> MatrixUnit:
    """The unit that computes one of a profile's matrix instructions; ``Profile.matrix_instructions`` names them.

    ``profile`` is a profile, its id or its path; ``threads`` share the rows of a product. Raises ``ProfileError`` for a
    profile that cannot be read, ``UsageError`` for an instruction it does not have or says too little about.
    """
    found = profile if isinstance(profile, Profile) else load_profile(profile)
    return MatrixUnit(dot_of(found, instruction), threads)


class MatrixUnit:
    """D = A * B + C as one instruction computes it, for matrices of any size and for single dot products.

    Arrays have the numpy or ml_dtypes dtype of the operand's format; an unsigned array of the element's width holds raw
    bits, 8-bit words those of 6- and 4-bit formats too. ``tf32`` and ``xf32`` are float32 words whose low 13 bits are
    dropped. A K that is no multiple of what the unit takes at a time is filled up with zeros.
    """

    def __init__(self, arithmetic: Dot, threads: int = 1) -> None:
        self.arithmetic = arithmetic
        self._threads = threads
        self._plan = None if arithmetic.integer else plan_of(arithmetic)

    @property
    def instruction(self) -> str:
        """The instruction's name."""
        return self.arithmetic.instruction

    def multiply(
        self, a: Array, b: Array, c: Array, scale_a: Array | None = None, scale_b: Array | None = None
    ) -> Array:
        """``a`` (M, K) times ``b`` (K, N) plus ``c`` (M, N), in the format of D.

        Where operands have scales: ``scale_a`` (M, K / scale block) and ``scale_b`` (K / scale block, N), rounded up.
        Raises ``UsageError`` for shapes or dtypes that do not fit.
        """
        if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0] or c.shape != (a.shape[0], b.shape[1]):
            raise UsageError(
                f"shapes {a.shape}, {b.shape} and {c.shape} do not fit", remedy="give a (M, K), b (K, N) and c (M, N)"
            )
        transposed = None if scale_b is None else scale_b.T
        return self._compute(a.T, b, c, scale_a, transposed, products=True)

    def dot(self, a: Array, b: Array, c: Array, scale_a: Array | None = None, scale_b: Array | None = None) -> Array:
        """Row by row, the dot product of ``a`` (n, K) and ``b`` (n, K) plus ``c`` (n,), in the format of D.

        Scales are (n, K / scale block), rounded up. Raises ``UsageError`` for shapes or dtypes that do not fit.
        """
        if a.ndim != 2 or a.shape != b.shape or c.shape != a.shape[:1]:
            raise UsageError(
                f"shapes {a.shape}, {b.shape} and {c.shape} do not fit", remedy="give a and b (n, K) and c (n,)"
            )
        return self._compute(a.T, b.T, c, scale_a, scale_b, products=False)

    def _compute(
        self, a: Array, b: Array, c: Array, scale_a: Array | None, scale_b: Array | None, *, products: bool
    ) -> Array:
        """``a`` (K, rows), ``b`` (K, columns): ``products`` of all rows with all columns, else of each with its own."""
        dot = self.arithmetic
        if dot.integer:
            if scale_a is not None or scale_b is not None:
                raise UsageError(f"{dot.instruction} takes no scales", remedy="leave scale_a and scale_b out")
            return integers.compute(dot, a.T, b.T, c, products=products)
        assert self._plan is not None
        left, right = self._operand(dot.a, a, scale_a, "a"), self._operand(dot.b, b, scale_b, "b")
        result = np.empty(c.shape, FORMATS[dot.d].word)

        def piece(begin: int, end: int) -> None:
            sums = _values(dot.c, c[begin:end], "c", flush=flushes(dot, "inputs"))
            rows = sums if products else sums[None, :]
            if sums.size and self._plan is not None:
                accumulate(dot, self._plan, Products(left, right, a.shape[0], begin, not products), rows)
            result[begin:end] = self._packed(sums)

        todo = iter(self._pieces(c))

        def work() -> None:
            for begin, end in todo:
                piece(begin, end)

        with ThreadPoolExecutor(max(self._threads - 1, 1)) as pool:
            others = [pool.submit(work) for _ in range(self._threads - 1)]
            work()
            for other in others:
                other.result()
        return result.view(numpy_dtype(dot.d))

    def _pieces(self, c: Array) -> list[tuple[int, int]]:
        """The rows of C, or its elements, in pieces of bounded size, at least one for each thread."""
        rows = max(1, min(_HELD // max(1, c[:1].size), -(-c.shape[0] // self._threads)))
        return [(begin, min(begin + rows, c.shape[0])) for begin in range(0, c.shape[0], rows)]

    def _operand(self, name: str, array: Array, scales: Array | None, what: str) -> Operand:
        dot, form = self.arithmetic, FORMATS[name]
        flush, block = flushes(dot, "inputs"), dot.get("scale_block", 0)
        if (scales is None) != (block == 0):
            missing = "needs scales of its operands" if block else "takes no scales"
            raise UsageError(f"{dot.instruction} {missing}", remedy="give scale_a and scale_b, or neither")
        if dot.get("model") in ("pairwise", "fma"):
            return Values(np.ascontiguousarray(_values(name, array, what, flush=flush)))
        found = np.asarray(_words(form, array, what), dtype=np.uint32, order="C")
        table = _NO_TABLE if form.special == "ieee" else _table(name)
        words = Words(found, table, form.width, form.precision, form.least, form.dropped, int(flush))
        if scales is None:
            return words
        scale = FORMATS[dot.get("scale_format")]
        shape = array.shape[1], -(-array.shape[0] // block)
        return ScaledWords(words, _scale_words(scale, scales, shape, what), _table(scale.name), block)

    def _packed(self, sums: Array) -> Array:
        """Values of D's format as its words; every NaN has the pattern the unit writes."""
        form = FORMATS[self.arithmetic.d]
        found = np.isnan(sums)
        with np.errstate(invalid="ignore"):
            words = sums.astype(numpy_dtype(form.name)).view(form.word)
        if found.any():
            fused = self.arithmetic.get("model") == "fused"
            words[found] = _all_ones(form) if fused else _quiet(form)
        return words


def _all_ones(form: Format) -> int:
    """The NaN whose bits are all set but the sign, as fused units write it."""
    return (1 << (form.width - 1)) - 1


def _quiet(form: Format) -> int:
    """The NaN with the highest bit of its fraction set (IEEE 754-2019, clause 6.2.1)."""
    return ((1 << (form.width - form.precision + 1)) - 1) << (form.precision - 2)


@lru_cache(maxsize=32)
def _table(name: str) -> Array:
    """Significand, exponent and kind of every word of a short format."""
    form = FORMATS[name]
    found = decode(np.arange(1 << max(form.width, 8), dtype=np.uint32), form)
    return np.stack([found.significand, found.exponent, found.kind]).astype(np.int32)


def _words(form: Format, array: Array, what: str) -> Array:
    """An operand's words: of its own dtype, or unsigned of its width."""
    if array.dtype == form.word:
        if form.width < 8 and array.size and int(array.max()) >> form.width:
            raise UsageError(f"{what} has words of more than the {form.width} bits of {form.name}")
        return array
    if array.dtype == numpy_dtype(form.held_as):
        return array.view(form.word)
    raise UsageError(
        f"{what} is an array of {array.dtype}, not of {form.held_as}",
        remedy=f"convert it, or give raw bits as {form.word}",
    )


def _values(name: str, array: Array, what: str, *, flush: bool) -> Array:
    """An operand's values in float64, subnormal ones and all zeros as +0 where those are flushed."""
    form = FORMATS[name]
    words = _words(form, array, what)
    with np.errstate(invalid="ignore"):  # a signalling NaN becomes a quiet one
        values = words.view(np.float64).copy() if form.width == 64 else decoded(words, form)
    if flush:
        values[np.abs(values) < 2.0**form.least] = 0.0
    return values


def _scale_words(form: Format, scales: Array, shape: tuple[int, int], what: str) -> Array:
    words = _words(form, scales, f"scale_{what}")
    try:
        found = np.broadcast_to(words, shape)
    except ValueError:
        raise UsageError(
            f"scale_{what} has shape {scales.shape}, not one scale for each block",
            remedy=f"give {shape} along K, as rows of A or columns of B",
        ) from None
    return np.ascontiguousarray(found.astype(np.uint32))
