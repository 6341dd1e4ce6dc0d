"""The numeric rules on outputs made by hand: what counts as equal, how far off is too far, what a cause is called."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.device.dtypes import numpy_dtype
from harness.device.program import Observation, Program, ProgramBuilder
from harness.device.protocol import ADAPTER_LAYER, INVALID_VALUE, OUT_OF_MEMORY, UNSUPPORTED
from harness.oracle.launch import Output, launch
from harness.oracle.numeric_rules import Agreement, Comparison, Result, bitwise, figures_of, histogram, show
from harness.oracle.rules import FAIL, NOT_REACHED, PASS, UNSUPPORTED_OUTCOME, Finding

Array = NDArray[Any]
QUIET, OTHER_PAYLOAD = 0x7FC00000, 0xFFC0BEEF


def values(*numbers: float, dtype: str = "float32") -> Array:
    """Numbers in a dtype."""
    return np.array(numbers).astype(numpy_dtype(dtype))


def launched(*shapes: tuple[str, tuple[int, ...]]) -> tuple[Program, list[Output]]:
    """A program of launches with outputs of these dtypes and shapes."""
    program = ProgramBuilder()
    outputs = [launch(program, "negative", [("float32", np.ones(3, np.float32))], [shape])[0] for shape in shapes]
    return program.build(), outputs


def answered(program: Program, outputs: list[Output], results: list[Array], layer: str = "device") -> list[Observation]:
    """What a device answers that computes these results."""
    observations = [Observation(layer=layer) for _ in program.steps]
    for output, result in zip(outputs, results, strict=True):
        memory = bytearray(output.poison)
        output.laid.view(memory)[...] = result
        observations[output.read] = Observation(bytes(memory), layer=layer)
    return observations


def judged(
    got: Array, expected: Array, bound: Array | None = None, name: str = "bitwise", other: Array | None = None
) -> Finding:
    """The finding on one output, measured as the rule is called."""
    program, outputs = launched((got.dtype.name, got.shape))
    rule = Comparison(name, (Result(outputs[0], expected, bound, name, other),))
    return rule.judge(program, answered(program, outputs, [got]))


def test_equal_bits_pass() -> None:
    finding = judged(values(1.5, -2, np.inf), values(1.5, -2, np.inf))
    assert (finding.outcome, float.fromhex(finding.worst), finding.cause) == (PASS, 0.0, "")


def test_nan_equals_nan_whatever_its_payload() -> None:
    got = np.array([QUIET, OTHER_PAYLOAD], np.uint32).view(np.float32)
    assert judged(got, values(np.nan, np.nan)).outcome == PASS


@pytest.mark.parametrize(
    ("got", "expected", "cause"),
    [
        ([1.0, 2.0], [1.0, np.nan], "lost-nan"),
        ([1.0, 0.0], [1.0, np.nan], "lost-nan"),
        ([1.0, 0.0], [1.0, -0.0], "lost-sign-of-zero"),
        ([0.0, 0.0], [1.0, 2.0], "zeros"),
        ([1.0, 0.0], [1.0, 2.0**-140], "flushed"),
        ([1.0, 1.0 + 2.0**-23], [1.0, 1.0], "wrong-rounding"),
        ([1.0, 7.0], [1.0, 3.0], "wrong-value"),
        ([1.0, np.nan], [1.0, 3.0], "wrong-value"),
        ([1.0, np.finfo(np.float32).max], [1.0, np.inf], "wrong-value"),
    ],
)
def test_what_differs_in_bits_fails_and_is_called_by_its_cause(
    got: list[float], expected: list[float], cause: str
) -> None:
    finding = judged(values(*got), values(*expected))
    assert (finding.outcome, finding.cause) == (FAIL, cause)


def test_an_element_never_written_is_known_by_the_poison() -> None:
    program, outputs = launched(("float32", (3,)))
    got = outputs[0].laid.view(bytearray(outputs[0].poison)).copy()
    got[:2] = [1, 2]
    finding = bitwise(Result(outputs[0], values(1, 2, 3))).judge(program, answered(program, outputs, [got]))
    assert (finding.outcome, finding.cause, finding.at) == (FAIL, "not-written", (2,))


def test_a_failure_shows_the_element_and_keeps_both_arrays() -> None:
    got, expected = values(1, 7, 3), values(1, 2, 3)
    finding = judged(got, expected)
    assert finding.at == (1,)
    assert (finding.expected, finding.got) == ((2.0).hex(), (7.0).hex())
    assert (finding.kept["got"] == got).all()
    assert (finding.kept["expected"] == expected).all()
    assert finding.detail == "1 of 3 elements"


def test_a_single_number_and_no_number_at_all_are_judged_too() -> None:
    assert judged(np.array(2.0, np.float32), np.array(2.0, np.float32)).outcome == PASS
    finding = judged(np.array(3.0, np.float32), np.array(2.0, np.float32))
    assert (finding.outcome, finding.at) == (FAIL, ())
    assert judged(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32)).outcome == PASS


@pytest.mark.parametrize("dtype", ["bool", "int8", "int32", "int64"])
def test_integers_are_compared_exactly(dtype: str) -> None:
    assert judged(values(1, 0, dtype=dtype), values(1, 0, dtype=dtype)).outcome == PASS
    assert judged(values(1, 1, dtype=dtype), values(1, 0, dtype=dtype)).outcome == FAIL


def test_a_truth_value_other_than_zero_and_one_is_wrong() -> None:
    program, outputs = launched(("bool", (2,)))
    observations = answered(program, outputs, [np.array([True, True])])
    memory = bytearray(observations[outputs[0].read].value)
    memory[outputs[0].laid.offset] = 2
    observations[outputs[0].read] = Observation(bytes(memory))
    assert bitwise(Result(outputs[0], np.array([True, True]))).judge(program, observations).outcome == FAIL


def test_a_reference_of_another_dtype_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="reference is of the wrong type"):
        judged(values(1.0), values(1.0, dtype="float64"))


@given(error=st.floats(0, 4), bound=st.floats(2.0**-20, 2))
def test_an_error_passes_up_to_its_bound_and_the_evidence_says_how_much_of_it(error: float, bound: float) -> None:
    got = values(3.0 + error, dtype="float64")
    off = float(got[0]) - 3.0
    finding = judged(got, np.array([3.0]), np.array([bound]), "bound")
    assert finding.outcome == (PASS if off <= bound else FAIL)
    assert float.fromhex(finding.worst) == pytest.approx(off / bound)
    assert float.fromhex(finding.limit) == 1.0 or off == 0


def test_where_the_bound_is_zero_the_result_must_be_right() -> None:
    assert judged(values(3.0), np.array([3.0]), np.array([0.0]), "bound").outcome == PASS
    assert judged(values(3.0 + 2.0**-22), np.array([3.0]), np.array([0.0]), "bound").outcome == FAIL


@pytest.mark.parametrize("got", [np.nan, np.inf, -np.inf])
def test_no_bound_lets_nan_or_infinity_pass_for_a_number(got: float) -> None:
    finding = judged(values(1.0, got), np.array([1.0, 2.0]), np.array([9.0, 9.0]), "bound")
    assert (finding.outcome, finding.cause) == (FAIL, "beyond-bound")


@pytest.mark.parametrize(("expected", "got"), [(np.nan, 1.0), (np.inf, 1.0), (np.inf, -np.inf), (-np.inf, np.nan)])
def test_no_bound_lets_a_number_pass_for_nan_or_infinity(expected: float, got: float) -> None:
    assert judged(values(got), np.array([expected]), np.array([np.inf]), "bound").outcome == FAIL


@pytest.mark.parametrize(("steps", "outcome"), [(0, PASS), (2, PASS), (3, PASS), (4, FAIL), (-3, PASS), (-4, FAIL)])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_units_in_the_last_place_are_the_steps_of_the_output(dtype: str, steps: int, outcome: str) -> None:
    step = {"float32": 2.0**-22, "float16": 2.0**-9, "bfloat16": 2.0**-6}[dtype]
    finding = judged(values(3.0 + steps * step, dtype=dtype), np.array([3.0]), np.array([3.0]), "ulp")
    assert finding.outcome == outcome
    assert float.fromhex(finding.worst) == abs(steps)
    assert float.fromhex(finding.limit) == 3.0


def test_a_function_keeps_the_sign_of_its_zero() -> None:
    assert judged(values(-0.0), np.array([-0.0]), np.array([3.0]), "ulp").outcome == PASS
    finding = judged(values(0.0), np.array([-0.0]), np.array([3.0]), "ulp")
    assert (finding.outcome, finding.cause) == (FAIL, "lost-sign-of-zero")


def test_a_byte_beside_the_output_fails_what_is_right_otherwise() -> None:
    program, outputs = launched(("float32", (3,)))
    observations = answered(program, outputs, [values(1, 2, 3)])
    memory = bytearray(observations[outputs[0].read].value)
    memory[outputs[0].laid.offset + 12] ^= 1
    observations[outputs[0].read] = Observation(bytes(memory))
    finding = bitwise(Result(outputs[0], values(1, 2, 3))).judge(program, observations)
    assert (finding.outcome, finding.cause) == (FAIL, "guard-overwritten")


def test_an_operand_that_was_changed_fails_what_is_right_otherwise() -> None:
    program = ProgramBuilder()
    operands = [("float32", np.ones(3, np.float32))]
    (output,) = launch(program, "negative", operands, [("float32", (3,))], read_operands=True)
    observations = answered(program.build(), [output], [values(-1, -1, -1)])
    for step, data in output.operands:
        observations[step] = Observation(data)
    rule = bitwise(Result(output, values(-1, -1, -1)))
    assert rule.judge(program.build(), observations).outcome == PASS
    step, data = output.operands[0]
    observations[step] = Observation(bytes(len(data)))
    finding = rule.judge(program.build(), observations)
    assert (finding.outcome, finding.cause) == (FAIL, "operand-overwritten")


def test_the_second_launch_is_judged_as_the_first() -> None:
    program, outputs = launched(("float32", (2,)), ("float32", (2,)))
    rule = bitwise(Result(outputs[0], values(1, 2)), Result(outputs[1], values(3, 4)))
    right, stale = [values(1, 2), values(3, 4)], [values(1, 2), values(1, 2)]
    assert rule.judge(program, answered(program, outputs, right)).outcome == PASS
    assert rule.judge(program, answered(program, outputs, stale)).outcome == FAIL


@pytest.mark.parametrize(
    ("error", "outcome"), [(UNSUPPORTED, UNSUPPORTED_OUTCOME), (INVALID_VALUE, FAIL), (OUT_OF_MEMORY, FAIL)]
)
def test_a_launch_that_is_refused(error: str, outcome: str) -> None:
    program, outputs = launched(("float32", (2,)))
    observations = answered(program, outputs, [values(1, 2)])
    observations[outputs[0].launch] = Observation(None, error, "no")
    finding = bitwise(Result(outputs[0], values(1, 2))).judge(program, observations)
    assert finding.outcome == outcome
    assert error in finding.detail


def test_an_allocation_that_is_unsupported_is_a_failure_all_the_same() -> None:
    program, outputs = launched(("float32", (2,)))
    observations = answered(program, outputs, [values(1, 2)])
    observations[0] = Observation(None, UNSUPPORTED, "no")
    assert bitwise(Result(outputs[0], values(1, 2))).judge(program, observations).outcome == FAIL


def test_what_the_adapter_computed_itself_says_nothing_of_the_device() -> None:
    program, outputs = launched(("float32", (2,)))
    observations = answered(program, outputs, [values(1, 2)], layer=ADAPTER_LAYER)
    assert bitwise(Result(outputs[0], values(1, 2))).judge(program, observations).outcome == NOT_REACHED


def test_results_within_their_bound_must_still_agree_where_they_are_to_repeat() -> None:
    program, outputs = launched(("float32", (2,)), ("float32", (2,)))
    results = tuple(Result(output, np.array([1.0, 2.0]), np.array([0.5, 0.5]), "bound") for output in outputs)
    rule = Agreement(Comparison("bound", results), ((0, None), (1, None)))
    assert rule.judge(program, answered(program, outputs, [values(1.25, 2)] * 2)).outcome == PASS
    finding = rule.judge(program, answered(program, outputs, [values(1.25, 2), values(1.25, 2.25)]))
    assert (finding.outcome, finding.cause, finding.at) == (FAIL, "not-repeatable", (1,))
    beyond = rule.judge(program, answered(program, outputs, [values(1.75, 2)] * 2))
    assert (beyond.outcome, beyond.cause) == (FAIL, "beyond-bound")


def test_only_the_named_rows_must_agree() -> None:
    program, outputs = launched(("float32", (3, 2)), ("float32", (1, 2)))
    results = tuple(
        Result(output, np.ones(output.laid.shape), np.full(output.laid.shape, 0.5), "bound") for output in outputs
    )
    rule = Agreement(Comparison("bound", results), ((0, 1), (1, 1)))
    first = np.array([[1.25, 1], [0.75, 1], [1, 1]], np.float32)
    assert rule.judge(program, answered(program, outputs, [first, first[:1]])).outcome == PASS
    assert rule.judge(program, answered(program, outputs, [first, first[1:2]])).outcome == FAIL


def test_elements_are_shown_in_hexadecimal_so_that_no_bit_is_lost() -> None:
    assert show(np.float32(0.1)) == float(np.float32(0.1)).hex()
    assert show(np.int32(-7)) == "-7"
    assert show(np.bool_(True)) == "1"
    assert show(np.float32(np.nan)) == "nan"
    assert show(np.complex64(1 - 2j)) == f"{(1.0).hex()} {(-2.0).hex()} i"


# ------------------------------------------------------------------------------ two right values, where a standard says


def test_where_a_standard_leaves_two_values_either_will_do_and_no_third() -> None:
    expected, other = values(1, np.inf, 0.0), values(1, 448, -0.0)
    for got in (expected, other, values(1, 448, 0.0)):
        assert judged(got, expected, other=other).outcome == PASS
    finding = judged(values(1, 449, 0.0), expected, other=other)
    assert (finding.outcome, finding.at) == (FAIL, (1,))
    assert judged(values(2, np.inf, 0.0), expected, other=other).at == (0,)


# ------------------------------------------------------------------------------------------------- complex results


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers_are_compared_part_by_part(dtype: str) -> None:
    right = np.array([1 + 2j, complex(-0.0, 3), complex(np.nan, 1)], dtype)
    assert judged(right.copy(), right).outcome == PASS
    for index, wrong in ((0, 1 + 3j), (0, 2 + 2j), (1, complex(0.0, 3)), (2, complex(1, np.nan)), (2, complex(1, 1))):
        got = right.copy()
        got[index] = wrong
        finding = judged(got, right)
        assert (finding.outcome, finding.at) == (FAIL, (index,))


def test_the_error_of_a_complex_number_is_its_distance() -> None:
    got, expected = np.array([1.5 + 2j, 3 + 4.75j], np.complex64), np.array([1 + 2j, 3 + 4j])
    assert judged(got, expected, np.array([0.5, 0.75]), "bound").outcome == PASS
    finding = judged(got, expected, np.array([0.5, 0.5]), "bound")
    assert (finding.outcome, finding.at, float.fromhex(finding.worst)) == (FAIL, (1,), 1.5)
    slanted = np.array([4 + 5j], np.complex64)
    assert float.fromhex(judged(slanted, np.array([1 + 1j]), np.array([5.0]), "bound").worst) == 1.0


# ---------------------------------------------------------------------------------------- the norm of a whole row


def test_under_the_norm_a_row_may_be_off_by_the_root_of_its_squared_errors() -> None:
    expected = np.array([[1.0, 2.0], [3.0, 4.0]])
    got = np.array([[1.0, 2.0], [3.0 + 3 / 8, 4.0 - 4 / 8]], np.float32)
    assert judged(got, expected, np.full((2, 2), 5 / 8), "norm").outcome == PASS
    assert float.fromhex(judged(got, expected, np.full((2, 2), 5 / 4), "norm").worst) == 0.5
    finding = judged(got, expected, np.full((2, 2), 9 / 16), "norm")
    assert (finding.outcome, (finding.at or ())[:1]) == (FAIL, (1,))
    assert float.fromhex(finding.worst) == pytest.approx(10 / 9)


def test_under_the_norm_nan_is_no_number() -> None:
    expected = np.array([[1.0, 2.0]])
    got = np.array([[1.0, np.nan]], np.float32)
    assert judged(got, expected, np.full((1, 2), 9.0), "norm").outcome == FAIL


# ------------------------------------------------------------------------------------------- figures and their count


def result_of(dtype: str, expected: Array, bound: Array | None = None, measure: str = "bitwise") -> Result:
    """What a launch must leave behind, without the launch."""
    return Result(launched((dtype, expected.shape))[1][0], expected, bound, measure)


def test_figures_are_errors_over_bounds_and_limits_are_one() -> None:
    result = result_of("float32", np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.25, 1.0]), "bound")
    figures, limits = figures_of(values(1.25, 2.5, 3), result)
    assert (list(figures), list(limits)) == ([0.5, 2.0, 0.0], [1.0, 1.0, 1.0])


def test_figures_of_units_in_the_last_place_are_counted_and_limits_are_the_bound() -> None:
    result = result_of("float16", np.array([1.0, 2048.0, 0.0]), np.array([2.0, 3.0, 4.0]), "ulp")
    figures, limits = figures_of(values(1 + 2.0**-9, 2050, 0, dtype="float16"), result)
    assert (list(figures), list(limits)) == ([2.0, 1.0, 0.0], [2.0, 3.0, 0.0])


def test_figures_of_bits_are_nothing_or_infinite() -> None:
    figures, limits = figures_of(values(1, 2.5), result_of("float32", values(1, 2)))
    assert (list(figures), list(limits)) == ([0.0, np.inf], [0.0, 0.0])


def test_a_histogram_counts_by_powers_of_two() -> None:
    figures = np.array([0.0, 0.0, 1.0, 1.5, 2.0, 0.25, 0.3, np.inf, 2.0**-30])
    assert histogram(figures) == {"0": 2, "2^0": 2, "2^1": 1, "2^-2": 2, "2^-20": 1, "inf": 1}
    assert histogram(np.array([])) == {}


@given(figures=st.lists(st.floats(0, 2.0**40) | st.just(np.inf), max_size=30))
def test_a_histogram_counts_every_element_once(figures: list[float]) -> None:
    assert sum(histogram(np.array(figures)).values()) == len(figures)


def test_the_evidence_of_a_pass_counts_the_elements_of_all_launches() -> None:
    program, outputs = launched(("float32", (2,)), ("float32", (1,)))
    results = [values(1.25, 2), values(3.5)]
    rule = Comparison(
        "bound",
        (
            Result(outputs[0], np.array([1.0, 2.0]), np.array([1.0, 1.0]), "bound"),
            Result(outputs[1], np.array([3.0]), np.array([1.0]), "bound"),
        ),
    )
    finding = rule.judge(program, answered(program, outputs, results))
    assert (finding.outcome, finding.histogram) == (PASS, {"0": 1, "2^-2": 1, "2^-1": 1})
    assert float.fromhex(finding.worst) == 0.5
