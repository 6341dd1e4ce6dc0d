"""Matrix units compute what their fields say: first the definition, by published values and fractions, then units."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.errors import ProfileError, UsageError
from harness.profile.store import parse_profile
from harness.simulator.matrix_unit import MatrixUnit, matrix_unit
from tests.simulator.definition import FORMS, INTEGERS, NAN, Parameters, decoded, dot, parameters_of, rounded, shipped
from tests.simulator.directed import Vector, directed, power, word

Array = NDArray[Any]

# ------------------------------------------------------------------------------------------ the definition by itself

_SINGLE: dict[str, Any] = {"c": "float32", "d": "float32", "depth": 16}
_ZERO = {"rounding": "toward-zero"}


def fused(form: str, block: int, bits: int, zero: int, **more: Any) -> Parameters:
    """A unit that aligns its products and C to the largest of them."""
    said = {**_SINGLE, **_ZERO, "block": block, "alignment_bits": bits, "zero_exponent": zero, **more}
    return Parameters(form, form, model="fused", **said)


def late(form: str, block: int, **more: Any) -> Parameters:
    """A unit that adds its products first, and C in a second step."""
    said = {**_SINGLE, "block": block, "alignment_bits": 24, "addend": "late", "late_bits": 31, **more}
    return Parameters(form, form, model="fused", product_range="accumulator", **said)


def plain(form: str, model: str, block: int | None = None, **more: Any) -> Parameters:
    """A unit that aligns nothing."""
    return Parameters(form, form, model=model, block=block, **{**_SINGLE, **more})


#: Known units as public sources describe them, and what a = [-2^13, -1/2, -1/4, -1/8], b = [2^10, 1, 1, 1], c = 2^23 is
#: published to give there; the exact sum is -0.875.
PUBLISHED = [
    ("MI100, f16", plain("float16", "exact", 4), -0.875),
    ("MI100, bf16", plain("bfloat16", "exact", 2), -0.875),
    ("fma", plain("float32", "fma"), -0.875),
    ("MI250, bf16", plain("bfloat16", "pairwise", 2, flush="both"), -0.375),
    ("MI250, f16", plain("float16", "pairwise", 4, flush="both"), 0),
    ("MI250, bf16_1k", plain("bfloat16", "pairwise", 4, flush="both"), 0),
    ("MI300X, f16", late("float16", 8), -0.5),
    ("MI300X, bf8", late("float8_e5m2fnuz", 16, groups=2, addend_reach=25), -1.0),
    ("V100, f16", fused("float16", 4, 23, -131), 0),
    ("T4, f16", fused("float16", 8, 24, -132), -0.5),
    ("A100, f16", fused("float16", 8, 24, -132), -0.5),
    ("L40S, e5m2", fused("float8_e5m2", 16, 13, -132, fraction_bits=13), 0),
    ("H100, e5m2", fused("float8_e5m2", 32, 13, -133, fraction_bits=13), 0),
    ("H100, f16", fused("float16", 16, 25, -133), -0.75),
    ("B200, f16", fused("float16", 16, 25, -133), -0.75),
]


@pytest.mark.parametrize(("unit", "published"), [pytest.param(unit, value, id=name) for name, unit, value in PUBLISHED])
def test_the_definition_gives_the_published_value_of_every_known_unit(unit: Parameters, published: float) -> None:
    a = words([-(2**13), Fraction(-1, 2), Fraction(-1, 4), Fraction(-1, 8)], unit.a)
    found = dot(unit, a, words([2**10, 1, 1, 1], unit.b), words([2**23], "float32")[0])
    assert number(found, "float32") == Fraction(published)


def words(values: Iterable[Fraction | int], form: str) -> list[int]:
    """The words of numbers that a format has."""
    found = [word(Fraction(value), form) for value in values]
    assert None not in found
    return [each for each in found if each is not None]


def number(bits: int | str, form: str) -> Fraction:
    """The number a word means, which is finite."""
    assert isinstance(bits, int)
    found = decoded(bits, form)
    assert found.kind == "finite"
    size = found.significand * power(found.power)
    return -size if found.negative else size


def nearest(exact: Fraction, form: str) -> Fraction | None:
    """The number of a format that is nearest, in fractions alone; ``None`` beyond its range."""
    found = FORMS[form]
    size, exponent = abs(exact), found.least
    while size >= power(exponent + 1):
        exponent += 1
    step = power(exponent - found.fraction)
    result = round(exact / step) * step
    return None if abs(result) >= power(found.greatest + 1) else result


def drawn(form: str, draw: random.Random, around: int) -> int:
    """A finite word near an exponent."""
    found = FORMS[form]
    exponent = min(max(around + draw.randint(-6, 6), found.least - found.fraction), found.greatest - 1)
    value = draw.choice((1, -1)) * (1 + Fraction(draw.getrandbits(10), 1 << 10)) * power(exponent)
    return word(number_of(rounded(int(value * power(2400)), form, "toward-zero")), form) or 0


def number_of(found: Any) -> Fraction:
    """The value of a finite number."""
    size: Fraction = found.significand * power(found.power)
    return -size if found.negative else size


@pytest.mark.parametrize("form", ["float16", "bfloat16", "float32", "float8_e4m3fnuz", "float6_e2m3fn"])
@pytest.mark.parametrize("result", ["float32", "float16"])
def test_an_exact_sum_is_the_fraction_rounded_once(form: str, result: str) -> None:
    unit, draw = Parameters(form, form, result, result, 4, model="exact", block=4), random.Random(form)
    wide = Parameters(form, form, result, result, 4, model="fused", block=4, alignment_bits=2000)
    for _ in range(300):
        a, b = ([drawn(form, draw, draw.choice((0, 0, FORMS[form].least))) for _ in range(4)] for _ in "ab")
        c = drawn(result, draw, draw.choice((0, FORMS[result].least)))
        exact = sum((number(x, form) * number(y, form) for x, y in zip(a, b, strict=True)), number(c, result))
        expected = nearest(exact, result)
        for each in (unit, wide):  # nothing is cut off of terms aligned to so many bits
            found = dot(each, a, b, c)
            assert (None if is_infinite(found, result) else number(found, result)) == expected


@pytest.mark.parametrize("form", ["float64", "float32", "float16"])
def test_a_chain_of_fused_multiply_adds_rounds_the_fraction_at_every_step(form: str) -> None:
    unit, draw = Parameters(form, form, form, form, 4, model="fma"), random.Random(form)
    for _ in range(300):
        a, b = ([drawn(form, draw, draw.choice((0, 0, FORMS[form].least // 2))) for _ in range(5)] for _ in "ab")
        c = drawn(form, draw, 0)
        expected: Fraction | None = number(c, form)
        for x, y in zip(a, b, strict=True):
            assert expected is not None
            expected = nearest(number(x, form) * number(y, form) + expected, form)
        assert number(dot(unit, a, b, c), form) == expected


def is_infinite(bits: int | str, form: str) -> bool:
    """Whether a word means an infinity."""
    return isinstance(bits, int) and decoded(bits, form).kind == "infinite"


@pytest.mark.parametrize(
    "form", [form for form in FORMS if form not in ("float64", "float32", "tf32", "xf32", "ue4m3")]
)
def test_the_definition_reads_every_word_as_the_public_data_types_do(form: str) -> None:
    found = FORMS[form]
    every = np.arange(1 << found.width, dtype=f"uint{max(8, found.width)}")
    kind = np.dtype(np.float16 if form == "float16" else getattr(ml_dtypes, form))
    with np.errstate(invalid="ignore"):  # some are signalling NaNs
        values = every.view(kind).astype(np.float64)
    for bits, value in zip(every.tolist(), values.tolist(), strict=True):
        meant = decoded(bits, form)
        if meant.kind == "finite":
            assert number(bits, form) == Fraction(value)
            assert meant.negative == bool(np.signbit(value))
        else:
            assert meant.kind == ("nan" if np.isnan(value) else "infinite")


def test_the_definition_rounds_in_every_direction_as_ieee_754_names_them() -> None:
    eighth = {  # by direction: what 9/8 of a unit, 12/8, 15/8 and 20/8 become, and their negatives
        "nearest-even": (1, 2, 2, 2, -1, -2, -2, -2),
        "nearest-away": (1, 2, 2, 3, -1, -2, -2, -3),
        "toward-zero": (1, 1, 1, 2, -1, -1, -1, -2),
        "toward-positive": (2, 2, 2, 3, -1, -1, -1, -2),
        "toward-negative": (1, 1, 1, 2, -2, -2, -2, -3),
    }
    for direction, expected in eighth.items():
        for eighths, units in zip((9, 12, 15, 20, -9, -12, -15, -20), expected, strict=True):
            subnormal = Fraction(eighths, 8) * power(-149)
            assert number_of(rounded(int(subnormal * power(2400)), "float32", direction)) == units * power(-149)


# ------------------------------------------------------------------------------------- the units and the definition


def array(rows: Sequence[Any], form: str) -> Array:
    """Words as an array a unit takes: raw bits, and integers as they are."""
    if form in INTEGERS:
        signed, width = INTEGERS[form]
        whole = np.array(rows, dtype=np.uint64).astype(np.int64)
        whole -= ((whole >> (width - 1)) & signed) << width
        return whole.astype(f"{'' if signed else 'u'}int{max(8, width)}")
    return np.array(rows, dtype=f"uint{max(8, FORMS[form].width)}")


def compared(unit: MatrixUnit, parameters: Parameters, vectors: Iterable[Vector]) -> list[str]:
    """What a unit computes otherwise than the definition."""
    by_length: defaultdict[int, list[Vector]] = defaultdict(list)
    for vector in vectors:
        by_length[len(vector.a)].append(vector)
    wrong = []
    for length, alike in by_length.items():
        a, b = array([v.a for v in alike], parameters.a), array([v.b for v in alike], parameters.b)
        a, b = a.reshape(len(alike), length), b.reshape(len(alike), length)
        c = array([v.c for v in alike], parameters.c)
        found = raw(unit.dot(a, b, c, *scales_of(alike, parameters)))
        for vector, bits in zip(alike, found.tolist(), strict=True):
            expected = dot(parameters, vector.a, vector.b, vector.c, vector.scales_a, vector.scales_b)
            if not same(bits, expected, parameters.d):
                wrong.append(
                    f"{vector}: {bits:#x}, by definition {expected if expected == NAN else hex(int(expected))}"
                )
    return wrong


def scales_of(vectors: Sequence[Vector], parameters: Parameters) -> tuple[Array, ...]:
    """The scales of vectors of one length, where there are any."""
    if parameters.scale_format is None:
        return ()
    return tuple(np.array([getattr(v, name) for v in vectors], np.uint8) for name in ("scales_a", "scales_b"))


def raw(found: Array) -> Array:
    """Results as raw bits."""
    return found.view(f"uint{8 * found.dtype.itemsize}")


def same(bits: int, expected: int | str, form: str) -> bool:
    """Whether a unit's word is the defined one; which NaN it is does not matter here."""
    return decoded(bits, form).kind == "nan" if expected == NAN else bits == expected


def anyhow(parameters: Parameters, draw: random.Random, length: int, kind: str) -> Vector:
    """A dot product of words drawn at random: of any bits, of numbers near one another, of numbers near zero."""
    a, b = ([_word(form, draw, kind) for _ in range(length)] for form in (parameters.a, parameters.b))
    c = _word(parameters.c, draw, kind)
    if kind == "cancelling" and length > 1 and parameters.b not in INTEGERS:
        for at in range(length // 2):  # every other product is the negative of one before, in another place
            a[length - 1 - at], b[length - 1 - at] = a[at], b[at] ^ (1 << (FORMS[parameters.b].width - 1))
        at = draw.randrange(length)
        a[at] = _word(parameters.a, draw, "near")
    if parameters.scale_format is None:
        return Vector(kind, tuple(a), tuple(b), c)
    assert parameters.scale_block is not None
    count, one = -(-length // parameters.scale_block), 127 if parameters.scale_format == "float8_e8m0fnu" else 0x38
    spread = 120 if kind == "any bits" else 8
    scales = [tuple(min(254, max(0, one + draw.randint(-spread, spread))) for _ in range(count)) for _ in "ab"]
    return Vector(kind, tuple(a), tuple(b), c, scales[0], scales[1])


def _word(form: str, draw: random.Random, kind: str) -> int:
    if form in INTEGERS:
        return draw.getrandbits(INTEGERS[form][1])
    found = FORMS[form]
    if kind == "any bits":
        return draw.getrandbits(found.width)
    middle = found.bias if kind in ("near", "cancelling") else 0
    field = min(max(middle + draw.randint(-5, 5), 0), (1 << found.exponent_bits) - 2)
    sign = draw.getrandbits(1) << (found.exponent_bits + found.fraction)
    bits = (sign | field << found.fraction | draw.getrandbits(found.fraction)) << found.unread
    return 0 if decoded(bits, form).kind != "finite" else bits


KINDS = ("any bits", "near", "near zero", "cancelling")
UNITS = [pytest.param(unit, *names, id=" ".join(names)) for unit, names in shipped().items()]
FLOATING = [
    pytest.param(unit, *names, id=" ".join(names)) for unit, names in shipped().items() if unit.d not in INTEGERS
]


@pytest.mark.parametrize(("parameters", "profile", "instruction"), UNITS)
def test_every_unit_of_every_shipped_profile_agrees_with_the_definition(
    parameters: Parameters, profile: str, instruction: str
) -> None:
    unit, draw = matrix_unit(profile, instruction), random.Random(instruction)
    width = parameters.width
    vectors = directed(parameters, every=24)
    for length in sorted({width, 4 * width, 2 * width + 1, 1}):
        vectors += [anyhow(parameters, draw, length, kind) for kind in KINDS for _ in range(20)]
    assert compared(unit, parameters, vectors) == []


@pytest.mark.parametrize(("parameters", "profile", "instruction"), UNITS)
def test_a_product_of_matrices_is_the_dot_products_of_rows_and_columns(
    parameters: Parameters, profile: str, instruction: str
) -> None:
    unit, draw = matrix_unit(profile, instruction), random.Random(instruction)
    for m, n, k, kind in ((3, 5, 2 * parameters.width + 1, "near"), (5, 2, parameters.depth, "any bits")):
        rows = [anyhow(parameters, draw, k, kind) for _ in range(m)]
        columns = [anyhow(parameters, draw, k, kind) for _ in range(n)]
        c = [[_word(parameters.c, draw, kind) for _ in range(n)] for _ in range(m)]
        a, b = array([row.a for row in rows], parameters.a), array([column.b for column in columns], parameters.b).T
        addend = array([tuple(row) for row in c], parameters.c)
        scales = scales_of(rows, parameters)[:1] + tuple(s.T for s in scales_of(columns, parameters)[1:])
        found = raw(unit.multiply(a, b, addend, *scales))
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                expected = dot(parameters, row.a, column.b, c[i][j], row.scales_a, column.scales_b)
                assert same(int(found[i, j]), expected, parameters.d), (i, j)


SHORT = [
    shipped_unit for shipped_unit in UNITS if "m16n8k16.f32.f16" in str(shipped_unit.id) or "i8" in str(shipped_unit.id)
]
SHORT += [unit for unit in UNITS if "k32.f32.e5m2.e5m2" in str(unit.id) or "mxf4nvf4" in str(unit.id)]
SHORT += [unit for unit in UNITS if "amd" in str(unit.id)]


@pytest.mark.parametrize(("parameters", "profile", "instruction"), SHORT)
def test_matrices_may_have_any_size_and_none_at_all(parameters: Parameters, profile: str, instruction: str) -> None:
    unit = matrix_unit(profile, instruction)
    kind_d = unit.multiply(*empty(parameters, 1, 1, 1)).dtype
    for m, n, k in ((0, 3, 4), (3, 0, 4), (0, 0, 0), (1, 1, 1), (2, 1, 3), (1, 300, 1), (300, 1, 2)):
        found = unit.multiply(*empty(parameters, m, n, k))
        assert found.shape == (m, n)
        assert found.dtype == kind_d
        assert not raw(found).any()
    one = words([1], parameters.c)[0] if parameters.c not in INTEGERS else 1
    a, b, c, *scales = empty(parameters, 2, 3, 0)
    c[:] = one
    found = unit.multiply(a, b, c, *scales)
    assert (raw(found) == dot(parameters, [], [], one, *([[], []] if scales else []))).all()  # no product: D is C


def empty(parameters: Parameters, m: int, n: int, k: int) -> list[Array]:
    """Operands of zeros, and scales where there have to be scales."""
    a, b, c = (array([], form) for form in (parameters.a, parameters.b, parameters.c))
    found = [np.zeros((m, k), a.dtype), np.zeros((k, n), b.dtype), np.zeros((m, n), c.dtype)]
    if parameters.scale_format is not None:
        assert parameters.scale_block is not None
        count = -(-k // parameters.scale_block)
        found += [np.full((m, count), 0x38, np.uint8), np.full((count, n), 0x38, np.uint8)]
    return found


@pytest.mark.parametrize(("parameters", "profile", "instruction"), FLOATING)
def test_raw_bits_and_numbers_of_the_format_are_the_same_operands(
    parameters: Parameters, profile: str, instruction: str
) -> None:
    unit, draw = matrix_unit(profile, instruction), random.Random(instruction)
    vectors = [anyhow(parameters, draw, parameters.width, kind) for kind in KINDS for _ in range(3)]
    a, b = array([v.a for v in vectors], parameters.a), array([v.b for v in vectors], parameters.b)
    c, scales = array([v.c for v in vectors], parameters.c), scales_of(vectors, parameters)
    typed = [typed_as(each, form) for each, form in ((a, parameters.a), (b, parameters.b), (c, parameters.c))]
    typed += [typed_as(each, parameters.scale_format or "") for each in scales]
    assert (raw(unit.dot(*typed)) == raw(unit.dot(a, b, c, *scales))).all()
    assert unit.dot(*typed).dtype == typed_as(array([], parameters.d), parameters.d).dtype


def typed_as(bits: Array, form: str) -> Array:
    """Raw bits as numbers of the format's own dtype."""
    name = {"tf32": "float32", "xf32": "float32", "ue4m3": "float8_e4m3fn"}.get(form, form)
    return bits.view(np.dtype(getattr(ml_dtypes, name, None) or name))


# -------------------------------------------------------------------------------------- operands that do not fit


@pytest.mark.parametrize(("parameters", "profile", "instruction"), SHORT)
def test_operands_of_another_dtype_are_refused_by_name(parameters: Parameters, profile: str, instruction: str) -> None:
    unit = matrix_unit(profile, instruction)
    for at, name in enumerate("abc"):
        for wrong in (np.complex64, np.int16, np.dtype(object)):
            operands = empty(parameters, 2, 2, 4)
            operands[at] = np.zeros(operands[at].shape, wrong)
            with pytest.raises(UsageError, match=f"^{name} is an array of") as refusal:
                unit.multiply(*operands)
            assert refusal.value.remedy


@pytest.mark.parametrize(("parameters", "profile", "instruction"), SHORT)
def test_shapes_that_do_not_fit_are_refused_with_the_shapes(
    parameters: Parameters, profile: str, instruction: str
) -> None:
    unit = matrix_unit(profile, instruction)
    for at, shape in ((0, (2, 5)), (1, (3, 2)), (2, (2, 3)), (0, (2,)), (2, (2,)), (1, (4, 2, 1))):
        operands = empty(parameters, 2, 2, 4)
        operands[at] = np.zeros(shape, operands[at].dtype)
        with pytest.raises(UsageError, match=r"shapes .* do not fit"):
            unit.multiply(*operands)
        rows = [operands[0], operands[0], operands[2][:, :1].ravel() if operands[2].ndim == 2 else operands[2][:1]]
        rows[1] = np.zeros((3, 4), rows[1].dtype)
        with pytest.raises(UsageError, match=r"shapes .* do not fit"):
            unit.dot(*rows)


@pytest.mark.parametrize(("parameters", "profile", "instruction"), SHORT)
def test_scales_are_needed_where_there_are_scales_and_nowhere_else(
    parameters: Parameters, profile: str, instruction: str
) -> None:
    unit, (a, b, c, *scales) = matrix_unit(profile, instruction), empty(parameters, 2, 2, 64)
    if parameters.scale_format is None:
        one = np.full((2, 4), 127, np.uint8)
        with pytest.raises(UsageError, match="takes no scales"):
            unit.multiply(a, b, c, one, one.T)
        return
    for some in ((None, None), (scales[0], None), (None, scales[1])):
        with pytest.raises(UsageError, match="needs scales"):
            unit.multiply(a, b, c, *some)
    with pytest.raises(UsageError, match="scale_a has shape"):
        unit.multiply(a, b, c, np.full((2, 9), 127, np.uint8), scales[1])
    with pytest.raises(UsageError, match="scale_b is an array of"):
        unit.multiply(a, b, c, scales[0], scales[1].astype(np.float64))


def test_words_with_bits_a_short_format_does_not_have_are_refused() -> None:
    short = {
        form: names
        for unit, names in shipped().items()
        for form in (unit.a,)
        if FORMS.get(form, FORMS["float16"]).width < 8
    }
    assert short
    for form, names in short.items():
        unit = next(unit for unit, found in shipped().items() if found == names)
        operands = empty(unit, 1, 1, 2)
        operands[0][0, 1] = 1 << FORMS[form].width
        with pytest.raises(UsageError, match=f"a has words of more than the {FORMS[form].width} bits"):
            matrix_unit(*names).multiply(*operands)


# --------------------------------------------------------------------------------- units nobody has built

_OPEN = """
profile: open/unit
version: "1.0"
kind: accelerator
product: {{vendor: Nobody, name: Unit}}
sources: {{here: {{title: this test, kind: definition}}}}
arithmetic:
  matrix:
    status: definition
    source: here
    one: {row}
"""
_NARROW = [form for form in FORMS if form not in ("float64", "ue4m3")]
_ROUNDINGS = ["nearest-even", "nearest-away", "toward-zero", "toward-positive", "toward-negative"]


def opened(row: dict[str, Any]) -> tuple[MatrixUnit, Parameters]:
    """A unit with just these fields, through a profile that declares it."""
    profile = parse_profile(_OPEN.format(row=json.dumps(row)).encode(), "open.yaml")
    return matrix_unit(profile, "one"), parameters_of(profile.instructions["one"])


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """A row of a profile that declares one instruction, of any model and with any fields that go together."""
    kind = draw(st.sampled_from(["fused", "fused", "fused", "late", "late", "scaled", "exact", "pairwise", "fma"]))
    model = "fused" if kind in ("late", "scaled") else kind
    forms, result, block = st.sampled_from(_NARROW), draw(_SUMS), draw(st.sampled_from([1, 2, 3, 4, 6, 8, 16]))
    row: dict[str, Any] = {
        "a": draw(forms),
        "b": draw(forms),
        "c": draw(st.one_of(st.just(result), _SUMS)),
        "d": result,
    }
    row |= {"model": model, "flush": draw(st.sampled_from(_FLUSHES)), "rounding": draw(st.sampled_from(_ROUNDINGS))}
    if model != "fma":
        row["block"] = block
    fields: dict[str, st.SearchStrategy[Any]] = {"accumulator": _SUMS}
    if model == "fused":
        row["alignment_bits"] = draw(st.one_of(st.integers(1, 36), st.integers(1, 53)))
        fields["alignment"] = st.sampled_from(["truncate", "floor", "ceiling", "nearest-even", "nearest-away"])
    if model == "fused" and kind != "late":
        fields["zero_exponent"] = st.one_of(st.integers(-140, 10), st.integers(-2000, 2000))
    if kind == "late":
        row |= {"addend": "late", "late_bits": draw(st.integers(row["alignment_bits"], 53))}
        row["groups"] = draw(_divisor(block, 1, 2, 3, 4))
        fields["addend_reach"] = st.integers(0, 60)
    elif model in ("fused", "exact"):
        fields["addend"] = st.sampled_from(["fused", "last"])
        fields["product_range"] = st.sampled_from(["accumulator", "unbounded"])
    if kind == "scaled":
        row["scale_block"] = draw(_divisor(block, 1, 2, 3, 4, 8, 16))
        row["scale_format"] = draw(st.sampled_from(["float8_e8m0fnu", "ue4m3"]))
        if row["scale_format"] == "ue4m3" or draw(st.booleans()):
            row["exact_group"] = draw(_divisor(row["scale_block"], 1, 2, 3, 4, 8, 16))
    row |= {name: draw(values) for name, values in fields.items() if draw(st.booleans())}
    if draw(st.booleans()):
        row["fraction_bits"] = draw(st.integers(1, FORMS[row.get("accumulator", result)].fraction - 1))
    row["shape"] = [16, 16, draw(st.sampled_from([block, 2 * block, 4, 8, 12]))]
    return row | draw(_PUT_TOGETHER if kind != "late" else st.just({}))


def _divisor(of: int, *candidates: int) -> st.SearchStrategy[int]:
    return st.sampled_from([n for n in candidates if of % n == 0])


_SUMS = st.sampled_from(["float32", "float32", "float16", "bfloat16"])
#: How blocks come one after another: most often simply so.
_PUT_TOGETHER: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.just({}),
    st.just({"order": "pairwise"}),
    st.builds(lambda order, splits: {"order": order, "splits": splits}, st.sampled_from(["wave-tree", "split-k"]),
              st.sampled_from([2, 4, 8])),
    st.builds(lambda passes, run: {"passes": passes, "run": run}, st.sampled_from([1, 2, 4]), st.sampled_from([1, 2])),
)  # fmt: skip
_FLUSHES = ["none", "none", "inputs", "outputs", "both"]


def disagreements(row: dict[str, Any], seed: int) -> list[str]:
    """What the unit of a row computes otherwise than the definition; raises ``ProfileError`` for a refused row."""
    unit, parameters = opened(row)
    draw = random.Random(seed)
    vectors = directed(parameters, every=150)
    for length in (1, parameters.width, 2 * parameters.width + 1, 4 * parameters.width, 2 * parameters.depth):
        vectors += [anyhow(parameters, draw, length, kind) for kind in KINDS for _ in range(4)]
    return compared(unit, parameters, vectors)


_SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much]


# not made smaller: what is found says which bits differ, and making it smaller takes minutes
@settings(max_examples=120, deadline=None, suppress_health_check=_SLOW, phases=[Phase.reuse, Phase.generate])
@given(row=rows(), seed=st.integers(0, 1 << 30))
def test_a_unit_of_any_fields_that_go_together_agrees_with_the_definition(row: dict[str, Any], seed: int) -> None:
    try:
        found = disagreements(row, seed)
    except ProfileError:
        reject()  # the fields contradict one another
    assert found == []


def _row(a: str, c: str, d: str, **fields: Any) -> dict[str, Any]:
    return {"a": a, "b": a, "c": c, "d": d, "flush": "none", "rounding": "nearest-even", "shape": [16, 16, 8], **fields}


_SUM: dict[str, Any] = {"model": "fused", "block": 4, "alignment_bits": 24}
_LAST: dict[str, Any] = {"addend": "last", "groups": 2}
_SCALED: dict[str, Any] = {"exact_group": 2, "scale_block": 2, "scale_format": "ue4m3"}
_LONG: dict[str, Any] = {"model": "fused", "block": 256, "alignment_bits": 53, "shape": [16, 16, 256]}
_LATE: dict[str, Any] = {"addend": "late", "late_bits": 24, "zero_exponent": -36}
_EXACT: dict[str, Any] = {"model": "exact", "block": 4}
_DOWN = {"rounding": "toward-negative"}
_WHOLE = {"a": "int8", "b": "int8", "c": "int32", "d": "int32", "shape": [16, 16, 8], "overflow": "saturate"}
CORNERS: dict[str, dict[str, Any]] = {
    "a tree in float64, down": _row("float64", "float64", "float64", model="pairwise", block=4, **_DOWN),
    "products of float64 whose sums are narrower": _row("float64", "float32", "float32", model="fma"),
    "a wider C, last": _row("float16", "float64", "float32", **_EXACT, addend="last"),
    "a wider C, beside parts": _row("float16", "float64", "float32", **_SUM, order="pairwise"),
    "sums of float16 in float64": _row("float16", "float64", "float64", **_SUM),
    "exact sums in float64": _row("float32", "float64", "float64", **_EXACT),
    "zeros of both signs, down, one after another": _row("float16", "float32", "float32", model="fma", **_DOWN),
    "zeros of both signs, down, in a tree": _row("float16", "float32", "float32", model="pairwise", block=4, **_DOWN),
    "a zero exponent, and C late": _row("float8_e5m2", "float16", "float16", **_SUM, **_LATE),
    "groups, and C last": _row("float16", "float32", "float32", **_SUM, **_LAST),
    "groups, and an order": _row("float16", "float32", "float32", **_SUM, **_LAST, order="pairwise"),
    "an infinity whose scale is zero": _row("float8_e5m2", "float32", "float32", **_SUM, **_SCALED),
    "256 terms of 53 bits": _row("float16", "float32", "float32") | _LONG,
    "whole numbers that stop at the end of their range": _WHOLE,
}


@pytest.mark.parametrize("row", CORNERS.values(), ids=CORNERS)
def test_fields_that_hardly_go_together_are_refused_or_computed_as_the_definition_says(row: dict[str, Any]) -> None:
    try:
        found = disagreements(row, 1)
    except ProfileError:
        return
    assert found == []
