"""Vector units add and multiply in the order that is declared, step for step, held against exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.simulator.vector_unit import UnitConduct
from tests.simulator.computing import FLOATS, computed, numbers
from tests.simulator.exact import FORMATS
from tests.simulator.launching import Array, array
from tests.simulator.test_conversion import MODES, in_mode


class Steps:
    """Sums as they are defined, of fractions, each step rounded to a format in a mode and flushed where asked."""

    def __init__(self, name: str, mode: str, *, flush: bool = False) -> None:
        self._name, self._mode, self._flush = name, mode, flush

    def round(self, exact: Fraction) -> Fraction:
        """One rounding."""
        found = Fraction(in_mode(self._name, exact, self._mode))
        return Fraction(0) if self._flush and abs(found) < Fraction(2) ** FORMATS[self._name].smallest else found

    def fold(self, terms: list[Fraction], lanes: int, *, tree: bool) -> Fraction:
        """A sum of terms dealt to lanes."""
        held = [Fraction(0)] * lanes
        for index, term in enumerate(terms):
            held[index % lanes] = self.round(held[index % lanes] + term)
        return self.together(held, tree=tree)

    def together(self, held: list[Fraction], *, tree: bool) -> Fraction:
        """The lanes' sums put together."""
        while tree and len(held) > 1:
            half = (len(held) + 1) // 2
            held = [self.round(x + held[i + half]) if i + half < len(held) else x for i, x in enumerate(held[:half])]
        total = held[0]
        for lane in held[1:]:
            total = self.round(total + lane)
        return total

    def inner(self, x: list[Fraction], y: list[Fraction], lanes: int, *, tree: bool, fused: bool) -> Fraction:
        """An inner product, its terms dealt to lanes."""
        held = [Fraction(0)] * lanes
        for index, (a, b) in enumerate(zip(x, y, strict=True)):
            lane = index % lanes
            held[lane] = self.round((a * b if fused else self.round(a * b)) + held[lane])
        return self.together(held, tree=tree)


def fractions(values: Array) -> list[Fraction]:
    return [Fraction(float(value)) for value in values]


ORDERS = list(product(["float16", "bfloat16", "float32", "float64"], MODES))


@pytest.mark.parametrize(("accumulator", "mode"), ORDERS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_sums_follow_lanes_and_tree_step_for_step(accumulator: str, mode: str, data: st.DataObject) -> None:
    name = accumulator if accumulator in ("float32", "float64") else "float16"
    values = array(data.draw(st.lists(st.integers(-999, 999).map(lambda n: n / 64), min_size=1, max_size=24)), name)
    lanes, tree = data.draw(st.integers(1, 9)), data.draw(st.booleans())
    way = "tree" if tree else "sequential"
    conduct = UnitConduct(accumulator=accumulator, rounding=mode, reduction_lanes=lanes, reduction=way)
    steps = Steps(accumulator, mode)
    found = float(computed(conduct, "sum", values, result="float64"))
    assert found == float(steps.fold(fractions(values), lanes, tree=tree))


@pytest.mark.parametrize(("accumulator", "mode"), ORDERS)
@pytest.mark.parametrize("fused", [True, False])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_inner_products_follow_lanes_and_fusing_step_for_step(
    accumulator: str, mode: str, fused: bool, data: st.DataObject
) -> None:
    name = accumulator if accumulator in ("float32", "float64") else "float16"
    size = data.draw(st.integers(1, 9))
    drawn = st.lists(numbers(name).filter(lambda x: abs(x) < 2**7), min_size=size, max_size=size)
    x, y = (array(data.draw(drawn), name) for _ in range(2))
    lanes, tree = data.draw(st.integers(1, 4)), data.draw(st.booleans())
    conduct = UnitConduct(
        accumulator=accumulator,
        rounding=mode,
        reduction_lanes=lanes,
        reduction="tree" if tree else "sequential",
        multiply_add="fused" if fused else "separate",
    )
    expected = Steps(accumulator, mode).inner(fractions(x), fractions(y), lanes, tree=tree, fused=fused)
    assert float(computed(conduct, "vecdot", x, y, result="float64")) == float(expected)


def test_a_tree_without_lanes_has_one_for_each_term_and_a_sequence_one_for_all() -> None:
    values = array([2048, 1, 1, 1, 1], "float16")
    tree = UnitConduct(accumulator="float16", reduction="tree")
    # 2048 + 1 is 2048, a tie to even; 1 + 1 is 2; the fifth waits: (2048 + 1) + 1 and 1 + 1, then together.
    steps = Steps("float16", "nearest-even")
    assert float(computed(tree, "sum", values, result="float32")) == float(steps.fold(fractions(values), 5, tree=True))
    assert float(steps.fold(fractions(values), 5, tree=True)) == 2050.0
    sequence = UnitConduct(accumulator="float16", reduction="sequential")
    assert float(computed(sequence, "sum", values, result="float32")) == 2048.0


@pytest.mark.parametrize("accumulator", ["float16", "float32", "float64"])
@pytest.mark.parametrize("mode", ["nearest-even", "toward-zero"])
def test_products_and_means_follow_the_order_too(accumulator: str, mode: str) -> None:
    values = array([1.25, 1.5, 0.75, 1.125, 3.0], "float16")
    conduct = UnitConduct(accumulator=accumulator, rounding=mode, reduction_lanes=2)
    steps = Steps(accumulator, mode)
    x = fractions(values)
    lanes = [steps.round(steps.round(x[0] * x[2]) * x[4]), steps.round(x[1] * x[3])]
    assert float(computed(conduct, "prod", values, result="float64")) == float(steps.round(lanes[0] * lanes[1]))
    mean = steps.round(steps.fold(x, 2, tree=False) / 5)
    assert float(computed(conduct, "mean", values, result="float64")) == float(mean)


@pytest.mark.parametrize("mode", ["nearest-even", "toward-positive"])
def test_matrix_products_are_the_inner_products_of_rows_and_columns(mode: str) -> None:
    random = np.random.default_rng(3)
    a, b = (array(random.standard_normal(shape), "float16") for shape in ((2, 3, 7), (7, 5)))
    for lanes, way in ((None, None), (3, "tree"), (2, "sequential")):
        conduct = UnitConduct("float16", mode, reduction_lanes=lanes, reduction=way, multiply_add="fused")
        found = computed(conduct, "matmul", a, b, result="float16")
        for i, j, k in np.ndindex(2, 3, 5):
            assert found[i, j, k] == computed(conduct, "vecdot", a[i, j], b[:, k], result="float16")
        assert np.array_equal(computed(conduct, "matmul", a[0, 0], b, result="float16"), found[0, 0])
        assert np.array_equal(computed(conduct, "matmul", a[0], b[:, 0], result="float16"), found[0, :, 0])


def test_gemm_multiplies_the_sum_and_then_adds_beta_c_fused_or_not() -> None:
    a, b, c = (array(values, "float32") for values in ([[1.0, 2.0]], [[3.0], [4.0]], [[1 + 2.0**-23]]))
    arguments = {"alpha": 2.0**-24, "beta": 1 + 2.0**-23}
    exact = Fraction(11) / 2**24 + Fraction(1 + 2.0**-23) ** 2
    for way, expected in (
        ("fused", in_mode("float32", exact, "toward-zero")),
        ("separate", in_mode("float32", Fraction(11) / 2**24 + Fraction(1 + 2.0**-22), "toward-zero")),
    ):
        conduct = UnitConduct(rounding="toward-zero", multiply_add=way)
        assert float(computed(conduct, "gemm", a, b, c, result="float32", **arguments)[0, 0]) == expected
    nan = np.full((1, 1), np.nan, np.float32)
    conduct = UnitConduct(multiply_add="fused")
    assert computed(conduct, "gemm", a, b, nan, result="float32", beta=0).tolist() == [[11.0]]
    assert computed(conduct, "gemm", a * np.nan, b, c, result="float32", alpha=0).tolist() == c.tolist()
    turned = computed(conduct, "gemm", a.T, b.T, c, result="float32", transpose_a=True, transpose_b=True, beta=0)
    assert turned.tolist() == [[11.0]]


def test_reductions_in_an_order_keep_axes_and_shapes() -> None:
    cube = array(np.arange(24).reshape(2, 3, 4), "float32")
    conduct = UnitConduct(reduction_lanes=2, reduction="tree")
    for axis, keepdims in product((None, 0, 1, -1), (False, True)):
        for operation in ("sum", "mean"):
            found = computed(conduct, operation, cube, result="float32", axis=axis, keepdims=keepdims)
            expected = getattr(np, operation)(cube, axis=axis, keepdims=keepdims)
            assert found.shape == expected.shape
            assert np.array_equal(found, expected.astype(np.float32))
    empty = np.empty((0, 2), np.float32)
    assert computed(conduct, "sum", empty, result="float32", axis=0).tolist() == [0.0, 0.0]
    assert computed(conduct, "prod", empty, result="float32", axis=0).tolist() == [1.0, 1.0]
    assert computed(conduct, "matmul", empty.T, empty, result="float32").tolist() == [[0.0, 0.0]] * 2
    assert computed(conduct, "sum", empty, result="float32", axis=1).shape == (0,)


def test_every_step_of_a_sum_is_flushed_where_a_unit_flushes_results() -> None:
    tiny = 2.0**-126
    values = array([tiny, -tiny * 0.75, tiny], "float32")
    conduct = UnitConduct(flush_inputs=False, flush_outputs=True, reduction="sequential")
    # The difference, a quarter of the smallest normal number, becomes zero.
    assert float(computed(conduct, "sum", values, result="float32")) == tiny
    kept = UnitConduct(reduction="sequential")
    assert float(computed(kept, "sum", values, result="float32")) == 1.25 * tiny
    inputs = UnitConduct(flush_inputs=True, flush_outputs=False, reduction="sequential")
    # The operand of three quarters is zero before anything is added.
    assert float(computed(inputs, "sum", values, result="float32")) == 2 * tiny


@given(data=st.data())
def test_integers_are_summed_exactly_whatever_is_declared(data: st.DataObject) -> None:
    values = np.array(data.draw(st.lists(st.integers(-128, 127), min_size=1, max_size=20)), dtype=np.int8)
    conduct = UnitConduct("int32", "toward-zero", True, True, "separate", 4, "tree")
    assert int(computed(conduct, "sum", values, result="int32")) == sum(values.tolist())
    assert int(computed(conduct, "vecdot", values, values, result="int32")) == sum(v * v for v in values.tolist())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", FLOATS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_fused_multiply_add_is_rounded_once_over_the_whole_range(name: str, mode: str, data: st.DataObject) -> None:
    a, b, c = (data.draw(numbers(name)) for _ in range(3))
    c = data.draw(st.sampled_from([c, in_mode(name, -Fraction(a) * Fraction(b), mode)]).filter(math.isfinite))
    conduct = UnitConduct(name, mode, multiply_add="fused")
    found = float(computed(conduct, "vecdot", array([c, a], name), array([1.0, b], name), result=name))
    assert found == in_mode(name, Fraction(a) * Fraction(b) + Fraction(c), mode)


@pytest.mark.parametrize(
    ("a", "b", "c", "mode", "expected"),
    [
        (2.0**600, 2.0**600, -math.inf, "nearest-even", -math.inf),  # the product is finite, though not in float64
        (2.0**512, 2.0**512, -(2.0**1023), "nearest-even", 2.0**1023),
        (2.0**-600, 2.0**-600, 0.0, "toward-negative", 0.0),
        (-(2.0**-600), 2.0**-600, 0.0, "toward-negative", -5e-324),
        (2.0**-600, 2.0**-600, 0.0, "toward-positive", 5e-324),
        (2.0**-537, 2.0**-537, -5e-324, "toward-negative", -0.0),  # exactly nothing
        (2.0**-537, 2.0**-537, -5e-324, "toward-zero", 0.0),
        (0.0, -1.0, -0.0, "toward-zero", 0.0),  # what the sum starts from is +0
        (math.inf, 0.0, 1.0, "toward-zero", math.nan),
        (2.0**1023, 2.0, 0.0, "toward-zero", 1.7976931348623157e308),
    ],
)
def test_fused_multiply_adds_at_the_ends_of_float64(a: float, b: float, c: float, mode: str, expected: float) -> None:
    conduct = UnitConduct("float64", mode, multiply_add="fused")
    found = float(computed(conduct, "vecdot", np.array([c, a]), np.array([1.0, b]), result="float64"))
    assert np.array_equal(found, expected, equal_nan=True)
    assert math.isnan(expected) or math.copysign(1, found) == math.copysign(1, expected)


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_everything_but_a_zero_is_counted(name: str) -> None:
    values = array([[0.0, -0.0, np.nan, np.inf], [1.0, 0.5, -3.0, 0.0]], name)
    for conduct in (UnitConduct(), UnitConduct("float16", "toward-zero", reduction_lanes=2)):
        counted = computed(conduct, "count_nonzero", values, result="int64", axis=1)
        assert (counted.tolist(), counted.dtype.name) == ([2, 3], "int64")
        assert computed(conduct, "count_nonzero", values, result="int64").tolist() == 5


def test_products_of_integers_are_those_of_their_wide_type() -> None:
    assert computed(UnitConduct(), "prod", array([2**20, 2**20, -3], "int32"), result="int64").tolist() == -3 * 2**40
    assert computed(UnitConduct(), "prod", array(np.zeros((2, 0)), "int8"), result="int64", axis=1).tolist() == [1, 1]
