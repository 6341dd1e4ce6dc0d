"""Numbers with units are read exactly, or refused with how they are written."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.profile.quantity import (
    BANDWIDTH,
    DURATION,
    FLOP_RATE,
    FREQUENCY,
    OP_RATE,
    POWER,
    SIZE,
    parse_quantity,
)


@pytest.mark.parametrize(
    ("text", "dimension", "amount"),
    [
        ("64 KiB", SIZE, 65536),
        ("65520 MiB", SIZE, 65520 * 2**20),
        ("1.5 GiB", SIZE, 3 * 2**29),
        ("64 GB", SIZE, 64 * 10**9),
        ("1 B", SIZE, 1),
        ("896 GB/s", BANDWIDTH, 896 * 10**9),
        ("1843.2 GB/s", BANDWIDTH, 18432 * 10**8),
        ("29.7 TFLOP/s", FLOP_RATE, 297 * 10**11),
        ("392 TOP/s", OP_RATE, 392 * 10**12),
        ("875 MHz", FREQUENCY, 875 * 10**6),
        ("5 us", DURATION, Fraction(5, 10**6)),
        ("0.1 ms", DURATION, Fraction(1, 10**4)),
        ("350 W", POWER, 350),
    ],
)
def test_amounts_are_exact(text: str, dimension: tuple[str, str, str, object], amount: Fraction) -> None:
    quantity = parse_quantity(text, dimension)
    assert quantity.amount == amount
    assert str(quantity) == text


@pytest.mark.parametrize(
    "text",
    [
        "64KiB", "64  KiB", "64 kib", "64 KB", "KiB", "64", "", " 64 KiB", "64 KiB\n", "-64 KiB", "+64 KiB", "0 B",
        "0.0 KiB", "1e3 B", "nan B", "NaN GiB", "inf B", ".5 KiB", "5. KiB", "1,024 B", "1_024 B", "0x10 B", "1.5 B",
        "8388608 TiB", "9999999999999999999 B", "٣ KiB", "64\u00a0KiB", "64 GB/s", "64 GiB extra", 65536, None,
        True, 1.5,
    ],
)  # fmt: skip
def test_everything_else_is_no_size(text: object) -> None:
    with pytest.raises(ValueError, match=r"size|bytes"):
        parse_quantity(text, SIZE)


@given(st.integers(1, 10**15 - 1), st.sampled_from(["B", "kB", "KiB"]))
def test_a_size_is_what_was_written(number: int, unit: str) -> None:
    factor = {"B": 1, "kB": 1000, "KiB": 1024}[unit]
    assert parse_quantity(f"{number} {unit}", SIZE).amount == number * factor


@given(st.integers(1, 10**9), st.integers(0, 10**9 - 1))
def test_decimals_are_not_rounded(whole: int, billionths: int) -> None:
    text = f"{whole}.{billionths:09d} GFLOP/s"
    assert parse_quantity(text, FLOP_RATE).amount == whole * 10**9 + billionths


@given(st.text(max_size=40))
def test_any_text_is_a_size_or_refused(text: str) -> None:
    try:
        amount = parse_quantity(text, SIZE).amount
    except ValueError:
        return
    assert amount > 0
