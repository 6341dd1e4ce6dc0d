"""Conv and the pools by their definition: the standard's own examples, and loops that spell the definition out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from harness.oracle.draw import Draw
from harness.oracle.reference.convolution import convolve
from harness.oracle.reference.pooling import largest, mean
from harness.oracle.reference.windows import windows_of

FIVE = np.arange(25.0).reshape(1, 1, 5, 5)
ONES = np.ones((1, 1, 3, 3))


def average(x: Any, **attributes: Any) -> Any:
    found = mean(np.asarray(x, dtype=np.float64), attributes, exactly=False)
    return found.sums.value / found.divisors


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (
            {"pads": [1, 1, 1, 1]},
            [
                [12, 21, 27, 33, 24],
                [33, 54, 63, 72, 51],
                [63, 99, 108, 117, 81],
                [93, 144, 153, 162, 111],
                [72, 111, 117, 123, 84],
            ],
        ),
        ({}, [[54, 63, 72], [99, 108, 117], [144, 153, 162]]),
        ({"auto_pad": "SAME_LOWER", "strides": [2, 2]}, [[12, 27, 24], [63, 108, 81], [72, 117, 84]]),
    ],
)
def test_the_standards_examples_of_a_convolution(attributes: Mapping[str, Any], expected: Any) -> None:
    assert convolve([FIVE, ONES], attributes, exactly=False).value[0, 0].tolist() == expected


def test_the_standards_examples_of_pools() -> None:
    five = FIVE + 1
    four = np.arange(1.0, 17).reshape(1, 1, 4, 4)
    ceil = {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}
    wide = {"kernel_shape": [5, 5], "pads": [2, 2, 2, 2]}
    assert largest(five, wide)[0, 0, :2].tolist() == [[13, 14, 15, 15, 15], [18, 19, 20, 20, 20]]
    assert largest(four, ceil)[0, 0].tolist() == [[11, 12], [15, 16]]
    assert average(four, **ceil)[0, 0].tolist() == [[6, 7.5], [12, 13.5]]
    assert average(five, **wide)[0, 0, 0].tolist() == [7, 7.5, 8, 8.5, 9]
    assert average(five, **wide, count_include_pad=1)[0, 0, 0] == pytest.approx([2.52, 3.6, 4.8, 4.08, 3.24])
    same = {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"}
    assert largest(five, same)[0, 0].tolist() == [[7, 9, 10], [17, 19, 20], [22, 24, 25]]


def test_the_odd_pad_stands_behind_for_upper_and_before_for_lower() -> None:
    row = np.array([[[1.0, 2.0, 3.0]]])
    for where, expected in (("SAME_UPPER", [3, 5, 3]), ("SAME_LOWER", [1, 3, 5])):
        known = convolve([row, np.ones((1, 1, 2))], {"auto_pad": where}, exactly=False)
        assert known.value[0, 0].tolist() == expected


def test_a_window_that_would_start_in_the_pads_behind_is_left_out() -> None:
    given = {"strides": [4], "pads": [0, 1], "ceil_mode": 1}
    assert windows_of([12], [2], given).counts == (3,)
    assert windows_of([13], [2], given).counts == (4,)
    assert windows_of([13], [2], {**given, "ceil_mode": 0}).counts == (4,)
    assert windows_of([13], [3], {**given, "pads": [0, 0]}).counts == (4,)
    assert windows_of([13], [3], {**given, "pads": [0, 0], "ceil_mode": 0}).counts == (3,)


def held(
    place: Sequence[int], lengths: Sequence[int], kernel: Sequence[int], given: Mapping[str, Any]
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Places of the kernel and of the image that one window holds."""
    rank = len(lengths)
    for at in itertools.product(*map(range, kernel)):
        where = tuple(
            place[i] * given["strides"][i] + at[i] * given["dilations"][i] - given["pads"][i] for i in range(rank)
        )
        if all(0 <= n < length for n, length in zip(where, lengths, strict=True)):
            yield at, where


@pytest.mark.parametrize(
    ("lengths", "kernel", "given"),
    [
        ((7,), (3,), {"strides": [2], "dilations": [2], "pads": [1, 2], "group": 2}),
        ((5, 6), (2, 3), {"strides": [2, 1], "dilations": [1, 2], "pads": [1, 0, 0, 2], "group": 1}),
        ((3, 4, 3), (2, 1, 2), {"strides": [1, 2, 1], "dilations": [1, 1, 1], "pads": [0, 0, 1, 0, 0, 0], "group": 4}),
    ],
)
def test_every_element_is_the_sum_over_its_own_window_and_group(
    lengths: tuple[int, ...], kernel: tuple[int, ...], given: dict[str, Any]
) -> None:
    draw = Draw("0", "convolution", str(lengths))
    group = given["group"]
    x = draw.integers(-9, 9, (2, 4, *lengths)).astype(float)
    w = draw.integers(-9, 9, (8, 4 // group, *kernel)).astype(float)
    b = draw.integers(-9, 9, 8).astype(float)
    known = convolve([x, w, b], given, exactly=False)
    pool = {**given, "kernel_shape": list(kernel)}
    averages, maxima = mean(x, pool, exactly=False), largest(x, pool)
    for image, feature, *place in np.ndindex(*known.value.shape):
        first = feature // (8 // group) * (4 // group)
        terms = [
            x[(image, first + channel, *where)] * w[(feature, channel, *at)]
            for channel in range(4 // group)
            for at, where in held(place, lengths, kernel, given)
        ]
        here = (image, feature, *place)
        assert known.value[here] == sum(terms) + b[feature]
        assert known.magnitude[here] == sum(map(abs, terms)) + abs(b[feature])
        assert known.terms[here] == sum(term != 0 for term in terms) + (b[feature] != 0)
        if feature < 4:
            elements = [x[(image, feature, *where)] for _, where in held(place, lengths, kernel, given)]
            assert maxima[here] == max(elements)
            assert averages.sums.value[here] == sum(elements)
            assert averages.divisors[here] == len(elements)


def test_sums_of_float64_are_rounded_once() -> None:
    draw = Draw("0", "convolution", "float64")
    x, w = (np.ldexp(draw.integers(-(2**52), 2**52, shape).astype(float), -52) for shape in ((1, 3, 4), (2, 3, 2)))
    known = convolve([x, w], {}, exactly=True).value
    for feature, place in np.ndindex(2, 3):
        pairs = itertools.product(range(3), range(2))
        exact = sum(Fraction(x[0, c, place + k]) * Fraction(w[feature, c, k]) for c, k in pairs)
        assert known[0, feature, place] == float(exact)


def test_nan_and_infinity_reach_the_windows_that_hold_them_and_no_others() -> None:
    x = np.ones((1, 1, 6))
    x[0, 0, 1], x[0, 0, 5] = math.nan, math.inf
    known = convolve([x, np.array([[[2.0, 0.0]]])], {}, exactly=False).value[0, 0]
    assert np.isnan(known).tolist() == [True, True, False, False, True]  # also infinity times zero
    assert known[2:4].tolist() == [2, 2]
