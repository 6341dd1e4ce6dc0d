"""Input classes of convolutions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import PAIR, Inputs, Question, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS
from harness.oracle.inputs.convolution_forms import Form, dense, filled, pulses, single_place, wholes
from harness.oracle.inputs.product_values import fractions, full, times_powers, whole
from harness.oracle.numbers import subnormals
from harness.oracle.problem import Problem, exactly
from harness.oracle.task import Task

_SMALL = Form(2, 3, 5, (6, 7), (3, 2), {"pads": [1, 0, 1, 1]})
#: Kernels of three by three, for which there are the most special ways.
_SQUARE = Form(2, 4, 5, (9, 8), (3, 3))
_DEEP = Form(1, 33, 6, (6, 5), (3, 3), {"pads": [1, 1, 1, 1]})


def _exact_forms(forms: Mapping[str, Form], task: Task) -> Iterator[Question]:
    """Whole numbers whose sums stay exact, in the forms given."""
    for name, form in forms.items():
        yield from pairs(name, partial(_whole, task, form))


def _whole(task: Task, form: Form, draw: Draw) -> list[Problem]:
    return [pose(task, wholes(task, draw, form), form.attributes, exact=True)]


_INTEGER_EXACT = {"small": _SMALL, "square": _SQUARE, "deep": _DEEP, "points": Form(2, 65, 7, (5, 3), (1, 1))}


def _selector(task: Task) -> Iterator[Question]:
    """Full mantissas that a kernel moves and scales, and kernels that a single pixel shows."""
    for name, form in (("small", _SMALL.having(pads=[0, 0, 0, 0])), ("square", _SQUARE)):
        yield from pairs(f"moved-{name}", partial(_moved, task, form.plain()))
        yield from pairs(f"shown-{name}", partial(_shown, task, form.plain()))


def _moved(task: Task, form: Form, draw: Draw) -> list[Problem]:
    reach = (-6, 6) if task.dtype == "float16" else (-30, 30)
    x = full(draw, task.dtype, form.image_shape, reach)
    return [pose(task, [x, single_place(task, draw, form, (-3, 3))], form.attributes, exact=True)]


def _shown(task: Task, form: Form, draw: Draw) -> list[Problem]:
    w = full(draw, task.dtype, form.kernel_shape, (-6, 6))
    return [pose(task, [pulses(task, draw, form), w], form.attributes, exact=True)]


def _sparse(task: Task) -> Iterator[Question]:
    """Kernels of three numbers among many zeros, and pixels that only ever meet zeros."""
    yield from pairs("three-of-297", partial(_three, task, _DEEP))
    yield from pairs("three-of-36", partial(_three, task, _SQUARE))
    yield from _complementary(task)


def _three(task: Task, form: Form, draw: Draw) -> list[Problem]:
    form = form.plain()
    w = filled(task, draw, form.kernel_shape).reshape(form.features, -1)
    kept = np.zeros(w.shape, dtype=bool)
    for row in kept:
        row[draw.permutation(row.size)[:3]] = True
    w = np.where(kept, w, 0).astype(w.dtype).reshape(form.kernel_shape)
    return [pose(task, [filled(task, draw, form.image_shape), w], form.attributes)]


def _complementary(task: Task) -> Iterator[Question]:
    """Kernels whose last column is zero, over images of which each fourth column is large and the others are zero."""
    for number in range(2):
        yield from pairs(f"complementary-{number}", partial(_columns, task, number))


def _columns(task: Task, first: int, draw: Draw) -> list[Problem]:
    form = replace(_SQUARE, lengths=(7, 14)).plain()
    x, w = filled(task, draw, form.image_shape), full(draw, task.dtype, form.kernel_shape, (-1, 1))
    x = np.where((np.arange(14) - first) % 4 == 2, x, 0).astype(x.dtype)
    w = np.where(np.arange(3) == 2, 0, w).astype(w.dtype)
    return [pose(task, [x, w], form.attributes)]


def _scaling(task: Task) -> Iterator[Question]:
    """Channels, features and images of very different size: an error must follow its own element."""
    for number in range(2):
        yield from pairs(f"channels-{number}", partial(_scaled_channels, task))
        yield from pairs(f"features-and-images-{number}", partial(_scaled_results, task))
        yield from pairs(f"pixels-{number}", partial(_scaled_pixels, task))


def _reach(task: Task) -> int:
    return {"float16": 5, "float64": 300}.get(task.dtype, 40)


def _scaled_channels(task: Task, draw: Draw) -> list[Problem]:
    form = replace(_DEEP, channels=16).plain()
    x, w = dense(task, draw, form, "one-to-two")
    powers = draw.integers(-_reach(task), _reach(task), (16, 1, 1))
    return [pose(task, [times_powers(x, powers), times_powers(w, -powers)], form.attributes)]


def _scaled_results(task: Task, draw: Draw) -> list[Problem]:
    form, reach = replace(_SQUARE, images=3).plain(), _reach(task) // 2
    x, w = dense(task, draw, form, "one-to-two")
    images, features = draw.integers(-reach, reach, (3, 1, 1, 1)), draw.integers(-reach, reach, (5, 1, 1, 1))
    return [pose(task, [times_powers(x, images), times_powers(w, features)], form.attributes)]


def _scaled_pixels(task: Task, draw: Draw) -> list[Problem]:
    """Columns that fall off steeply under kernels that rise as steeply: every product of a window is of its size.

    Whoever adds pixels, or weights, before they are multiplied loses the smaller ones.
    """
    form = replace(_SQUARE, lengths=(9, 8)).plain()
    x, w = dense(task, draw, form, "one-to-two")
    slope = {"float16": 2, "float64": 60}.get(task.dtype, 12) * int(draw.signs(1)[0])
    operands = [times_powers(x, slope * (4 - np.arange(8))), times_powers(w, slope * (np.arange(3) - 1))]
    return [pose(task, operands, form.attributes)]


def _dense(task: Task) -> Iterator[Question]:
    """Operands of full precision at depths from 1 to 576."""
    for channels, kernel in ((1, (1, 1)), (2, (1, 1)), (3, (3, 2)), (33, (2, 2)), (64, (3, 3))):
        form = Form(2, channels, 3, (5, 6), kernel)
        for kind in ("centred", "one-to-two"):
            yield from pairs(f"{kind}-{form.depth}", partial(_dense_of, task, form, kind))


def _dense_of(task: Task, form: Form, kind: str, draw: Draw) -> list[Problem]:
    return [pose(task, dense(task, draw, form, kind), form.attributes)]


def _cancellation(task: Task) -> Iterator[Question]:
    """Channels whose products cancel in pairs, in a random order, but for one of middling size."""
    for half in (1, 8):
        yield from pairs(f"pairs-{half}", partial(_cancelling, task, half))


def _cancelling(task: Task, half: int, draw: Draw) -> list[Problem]:
    form = Form(2, 2 * half + 1, 4, (5, 6), (3, 2), bias=False)
    order = draw.permutation(form.channels)
    x, w = dense(task, draw, form, "centred")
    x[:, half : 2 * half] = x[:, :half]
    w[:, half : 2 * half] = -w[:, :half]
    return [pose(task, [x[:, order], w[:, order]], form.attributes)]


def _zeros(task: Task) -> Iterator[Question]:
    """An image of zeros beside others, and zeros among pixels and kernels."""
    for number in range(2):
        yield from pairs(f"zeros-{number}", partial(_with_zeros, task))


def _with_zeros(task: Task, draw: Draw) -> list[Problem]:
    # A product of zero with a negative number is -0, whose sum's sign depends on where the sum starts.
    form = replace(_SMALL, images=3)
    x, w, b = (np.abs(operand) for operand in wholes(task, draw, form))
    x, w = (np.where(draw.integers(0, 1, part.shape) == 0, 0, part).astype(part.dtype) for part in (x, w))
    x[1] = 0
    b[::2] = 0
    return [pose(task, [x, w, b], form.attributes, exact=True)]


def _specials(task: Task) -> Iterator[Question]:
    """NaN and infinities at the first, a middle and the last place of each operand, also where they meet zeros."""
    for operand in range(3):
        yield from pairs(f"operand-{operand}", partial(_special, task, operand, (np.nan, np.inf, -np.inf)))
    for value, name in ((np.nan, "nan"), (np.inf, "inf"), (-np.inf, "minus-inf")):
        yield from pairs(name, partial(_special, task, 0, (value,)))


def _special(task: Task, operand: int, values: tuple[float, ...], draw: Draw) -> list[Problem]:
    # Only the image may have pads beside it: what an infinite kernel makes of them is open.
    form = replace(_SQUARE, lengths=(6, 9), attributes={"pads": [1, 0, 1, 1]} if operand == 0 else {})
    operands = wholes(task, draw, form)
    operands[1] = np.where(draw.integers(0, 2, form.kernel_shape) == 0, 0, operands[1]).astype(operands[1].dtype)
    target = operands[operand].reshape(-1)
    for place, which in zip((0, target.size // 2, target.size - 1), draw.permutation(3), strict=True):
        target[place] = values[which % len(values)]
    return [pose(task, operands, form.attributes, exact=True)]


def _subnormals(task: Task) -> Iterator[Question]:
    """Subnormal pixels that a kernel of ones and minus ones moves."""
    for number in range(2):
        yield from pairs(f"subnormal-{number}", partial(_tiny, task))


def _tiny(task: Task, draw: Draw) -> list[Problem]:
    form = _SQUARE.plain()
    x = subnormals(draw, task.dtype, form.image_shape)
    x[..., ::3] = FORMATS[task.dtype].smallest_normal
    return [pose(task, [x, single_place(task, draw, form, (0, 0))], form.attributes, exact=True)]


def _overflow(task: Task) -> Iterator[Question]:
    """The largest number once in a window (itself) or twice as large (infinity), between others that cancel."""
    for number in range(2):
        yield from pairs(f"largest-{number}", partial(_largest, task))


def _largest(task: Task, draw: Draw) -> list[Problem]:
    form = Form(2, 18, 6, (3, 4), (1, 1), bias=False)
    x = np.zeros(form.image_shape)
    largest = FORMATS[task.dtype].largest
    x[:, 0] = largest * draw.signs(x[:, 0].shape)
    if FORMATS[task.types.working].emax > FORMATS[task.dtype].emax:
        x[:, 1:9], x[:, 9:17] = largest, -largest
    w = np.broadcast_to((draw.signs(6) * (1 + np.arange(6) % 2))[:, None, None, None], form.kernel_shape)
    dtype = numpy_dtype(task.dtype)
    order = draw.permutation(form.channels)
    return [pose(task, [x[:, order].astype(dtype), w.astype(dtype)], form.attributes, exact=True)]


def _metamorphic(task: Task) -> Iterator[Question]:
    """Pads by hand, other orders, moved images and doubled ones, where the answer is known exactly."""
    for which in PAIR:
        yield Question(f"pads-by-hand/{which}", partial(_by_hand, task), ((0, None), (1, None)))
        yield Question(f"channels-permuted/{which}", partial(_permuted, task), ((0, None), (1, None)))
        yield Question(f"moved-and-doubled/{which}", partial(_moved_and_doubled, task))


def _by_hand(task: Task, draw: Draw) -> list[Problem]:
    x, w, b = wholes(task, draw, _SMALL)
    wide = np.pad(x, ((0, 0), (0, 0), (1, 1), (0, 1)))
    return [pose(task, [x, w, b], _SMALL.attributes, exact=True), pose(task, [wide, w, b], {}, exact=True)]


def _permuted(task: Task, draw: Draw) -> list[Problem]:
    x, w, b = wholes(task, draw, _DEEP)
    order = draw.permutation(_DEEP.channels)
    parts = ([x, w, b], [x[:, order], w[:, order], b])
    return [pose(task, part, _DEEP.attributes, exact=True) for part in parts]


def _moved_and_doubled(task: Task, draw: Draw) -> list[Problem]:
    x, w = wholes(task, draw, _SQUARE.plain())
    images = (x, np.roll(x, 1, axis=-1), np.roll(x, 1, axis=0), x[..., ::-1], (2 * x).astype(x.dtype))
    return [pose(task, [image, w], _SQUARE.attributes, exact=True) for image in images]


def _known_answers(task: Task) -> Iterator[Question]:
    """A kernel of one leaves an image as it is; a kernel of ones sums a constant image."""
    for number in range(2):
        yield from pairs(f"identity-{number}", partial(_identity, task))
        yield from pairs(f"constant-{number}", partial(_constant, task))


def _identity(task: Task, draw: Draw) -> list[Problem]:
    dtype = numpy_dtype(task.dtype)
    w = np.zeros((3, 3, 3, 3), dtype)
    w[np.arange(3), np.arange(3), 1, 1] = 1
    x = fractions(draw, task.dtype, (2, 3, 6, 7), "one-to-two")
    return [Problem(task, (x, w), (exactly(task.types.out, x),), {"pads": [1, 1, 1, 1]}, True)]


def _constant(task: Task, draw: Draw) -> list[Problem]:
    dtype = numpy_dtype(task.dtype)
    constant = float(whole(draw, task.dtype, (1,), 7)[0])
    x, w = np.full((2, 4, 6, 7), constant, dtype), np.ones((3, 4, 2, 2), dtype)
    wanted = exactly(task.types.out, np.full((2, 3, 5, 6), 16 * constant).astype(numpy_dtype(task.types.out)))
    return [Problem(task, (x, w), (wanted,), {}, True)]


_BARE = replace(_SMALL, lengths=(9, 11), attributes={})
_LINE, _CUBE = Form(2, 3, 5, (13,), (4,)), Form(2, 2, 3, (4, 5, 6), (2, 3, 2))
_WIDE = Form(2, 6, 6, (6, 7), (3, 2))
_STRIDES = {"2-1": [2, 1], "1-3": [1, 3], "4-5": [4, 5]}
_DILATIONS = {"2-1": [2, 1], "1-3": [1, 3], "3-2": [3, 2]}
_AUTOMATIC = [(auto, strides) for auto in ("SAME_UPPER", "SAME_LOWER", "VALID") for strides in ([1, 1], [2, 3])]

#: What depends on the form of a launch is asked with whole numbers, where every bit counts.
_FORMS: Mapping[str, Mapping[str, Form]] = {
    "integer-exact": _INTEGER_EXACT,
    "ranks": {"1": _LINE, "2": _BARE, "3": _CUBE, "1-padded": _LINE.having(pads=[2, 1], strides=[2])},
    "strides": {
        **{name: _BARE.having(strides=far) for name, far in _STRIDES.items()},
        "line": _LINE.having(strides=[3]),
        "cube": _CUBE.having(strides=[2, 1, 3]),
    },
    "dilations": {
        **{name: _BARE.having(dilations=far) for name, far in _DILATIONS.items()},
        "with-strides": _BARE.having(dilations=[2, 3], strides=[2, 2], pads=[1, 2, 0, 3]),
        "line": _LINE.having(dilations=[3]),
    },
    "pads": {
        "before": _BARE.having(pads=[2, 1, 0, 0]),
        "behind": _BARE.having(pads=[0, 0, 2, 1]),
        "all-different": _BARE.having(pads=[1, 3, 2, 0]),
        "more-than-kernel": _BARE.having(pads=[4, 3, 3, 5], strides=[2, 1]),
        "cube": _CUBE.having(pads=[1, 0, 2, 0, 2, 1]),
    },
    "auto-pad": {
        **{f"{auto}-{s[0]}-{s[1]}": _BARE.having(auto_pad=auto, strides=s) for auto, s in _AUTOMATIC},
        "SAME_UPPER-dilated": _BARE.having(auto_pad="SAME_UPPER", dilations=[2, 3]),
        "SAME_LOWER-dilated": _BARE.having(auto_pad="SAME_LOWER", dilations=[2, 3]),
    },
    "groups": {
        **{f"{group}": _WIDE.having(group=group) for group in (2, 3, 6)},
        "depthwise-twice": replace(_WIDE, features=12).having(group=6, strides=[1, 2]),
        "line": replace(_LINE, channels=4, features=6).having(group=2),
    },
}


def _bias(task: Task) -> Iterator[Question]:
    """With a bias and without one, in turn, also at a depth that is likely to be split."""
    for name, form in (("small", _SMALL), ("deep", _DEEP), ("groups", _WIDE.having(group=3))):
        yield from pairs(name, partial(_with_and_without, task, form))


def _with_and_without(task: Task, form: Form, draw: Draw) -> list[Problem]:
    return [problem for has in (True, False, True) for problem in _whole(task, replace(form, bias=has), draw)]


INPUTS: Inputs = {
    **{word: partial(_exact_forms, forms) for word, forms in _FORMS.items()},
    "selector": _selector,
    "sparse": _sparse,
    "complementary-zeros": _complementary,
    "scaling": _scaling,
    "dense": _dense,
    "cancellation": _cancellation,
    "zeros": _zeros,
    "specials": _specials,
    "subnormals": _subnormals,
    "overflow": _overflow,
    "metamorphic": _metamorphic,
    "known-answers": _known_answers,
    "bias": _bias,
}
