"""Input classes of pools."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.definition import PAIR, Inputs, Question, pairs, pose
from harness.oracle.draw import Draw
from harness.oracle.formats import FORMATS
from harness.oracle.inputs.product_values import fractions, full, largest_whole, times_powers, whole
from harness.oracle.numbers import any_bits, subnormals
from harness.oracle.problem import Array, Problem, exactly
from harness.oracle.task import Task

Shape = tuple[int, ...]
Given = Mapping[str, Any]

_SHAPE: Shape = (2, 3, 9, 11)
_LINE, _CUBE = (2, 3, 13), (2, 2, 5, 6, 7)


def whole_image(task: Task, draw: Draw, shape: Shape, depth: int) -> Array:
    """Whole numbers, none of them zero, of which ``depth`` add up exactly; of integers, any."""
    if not task.floating:
        return any_bits(draw, task.dtype, shape)
    # An average rounds to the result; a maximum must tell all of its elements apart.
    most = 1 << FORMATS[task.dtype].p if task.name == "MaxPool" else largest_whole(task, depth) ** 2
    return whole(draw, task.dtype, shape, most)


def rough_image(task: Task, draw: Draw, shape: Shape, kind: str) -> Array:
    """Numbers of full precision."""
    return fractions(draw, task.dtype, shape, kind)


def _signed(task: Task, draw: Draw, shape: Shape, depth: int) -> Array:
    """Whole numbers, in images of which every third channel is negative: there a pad of zero would be the largest."""
    found = whole_image(task, draw, shape, depth)
    # The smallest integer has no negative of its own.
    found[:, ::3] = -np.abs(np.maximum(found[:, ::3], 1 - 2**7 if not task.floating else found[:, ::3]))
    return found


def _posed(forms: Mapping[str, tuple[Shape, Given]], task: Task) -> Iterator[Question]:
    """Whole numbers in the forms given: every bit counts where windows hold a power of two of elements."""
    for name, (shape, attributes) in forms.items():
        yield from pairs(name, partial(_whole, task, shape, attributes))


def _whole(task: Task, shape: Shape, attributes: Given, draw: Draw) -> list[Problem]:
    depth = math.prod(attributes["kernel_shape"])
    return [pose(task, [_signed(task, draw, shape, depth)], attributes, exact=True)]


def _for_floats(make: Callable[[Task, Draw], list[Problem]], name: str, task: Task) -> Iterator[Question]:
    """Two pairs of cases, of floating-point operands."""
    if task.floating:
        for number in range(2):
            yield from pairs(f"{name}-{number}", partial(make, task))


def _for_averages(make: Callable[[Task, Draw], list[Problem]], name: str, task: Task) -> Iterator[Question]:
    """Two pairs of cases, of averages."""
    if task.name == "AveragePool":
        yield from _for_floats(make, name, task)


def _selected(task: Task, draw: Draw) -> list[Problem]:
    """Full mantissas: of each window the largest or, among zeros, the only one, divided by a power of two."""
    x = full(draw, task.dtype, (2, 3, 8, 12), (-6, 6))
    if task.name == "AveragePool":
        kept = np.zeros(x.shape, dtype=bool)
        kept[..., int(draw.integers(0, 1, 1)[0]) :: 2, int(draw.integers(0, 3, 1)[0]) :: 4] = True
        x = np.where(kept, x, 0).astype(x.dtype)
    return [pose(task, [x], {"kernel_shape": [2, 4], "strides": [2, 4]}, exact=True)]


def _three(task: Task, draw: Draw) -> list[Problem]:
    """Windows of 143 elements, three of them not zero: little may be lost."""
    x = full(draw, task.dtype, (8, 1, 11, 13), (-3, 3))
    kept = np.zeros((8, 143), dtype=bool)
    for row in kept:
        row[draw.permutation(143)[:3]] = True
    return [pose(task, [np.where(kept.reshape(x.shape), x, 0).astype(x.dtype)], {"kernel_shape": [11, 13]})]


def _scaled(task: Task, draw: Draw) -> list[Problem]:
    """Channels and pixels of very different size: an error must follow its own window."""
    reach = {"float16": 4, "float64": 300}.get(task.dtype, 30)
    x = rough_image(task, draw, _SHAPE, "one-to-two")
    problems = [times_powers(x, draw.integers(-reach, reach, (2, 3, 1, 1)))]
    problems.append(times_powers(x, draw.integers(-reach, reach, _SHAPE)))
    return [pose(task, [image], {"kernel_shape": [3, 2], "pads": [1, 1, 1, 0]}) for image in problems]


def _dense(task: Task) -> Iterator[Question]:
    """Operands of full precision in windows of 1 to 323 elements, all of which are averaged."""
    if task.name != "AveragePool":
        return
    for kernel in ((1, 1), (1, 2), (3, 3), (7, 6), (17, 19)):
        shape = (2, 2, kernel[0] + 2, kernel[1] + 3)
        for kind in ("centred", "one-to-two"):
            yield from pairs(f"{kind}-{math.prod(kernel)}", partial(_dense_of, task, shape, kernel, kind))


def _dense_of(task: Task, shape: Shape, kernel: Shape, kind: str, draw: Draw) -> list[Problem]:
    return [pose(task, [rough_image(task, draw, shape, kind)], {"kernel_shape": list(kernel)})]


def _cancelling(task: Task, draw: Draw) -> list[Problem]:
    """Windows whose elements cancel in pairs, in a random order, but for one of middling size."""
    half = rough_image(task, draw, (6, 17), "centred")
    rest = rough_image(task, draw, (6, 1), "one-to-two")
    terms = np.concatenate([half, -half, rest], axis=1)[:, draw.permutation(35)]
    return [pose(task, [terms.reshape(2, 3, 5, 7)], {"kernel_shape": [5, 7]})]


def _with_zeros(task: Task, draw: Draw) -> list[Problem]:
    """Images of zeros beside others, and zeros among their elements."""
    x = np.abs(whole_image(task, draw, _SHAPE, 4))
    x = np.where(draw.integers(0, 1, _SHAPE) == 0, 0, x).astype(x.dtype)
    x[:, 1] = 0
    return [pose(task, [x], {"kernel_shape": [2, 2]}, exact=True)]


def _specials(task: Task) -> Iterator[Question]:
    """Infinities and, of averages, NaN: at first, middle and last places, and images of nothing else."""
    if not task.floating:
        return
    values = (np.inf, -np.inf) if task.name == "MaxPool" else (np.nan, np.inf, -np.inf)
    yield from pairs("any", partial(_special, task, values))
    for value, name in ((np.nan, "nan"), (np.inf, "inf"), (-np.inf, "minus-inf")):
        if value in values or (np.isnan(value) and len(values) == 3):
            yield from pairs(name, partial(_special, task, (value,)))


def _special(task: Task, values: tuple[float, ...], draw: Draw) -> list[Problem]:
    x = whole_image(task, draw, _SHAPE, 4)
    for place in (0, x.size // 2, x.size - 1, *draw.integers(0, x.size - 1, 3)):
        x.reshape(-1)[place] = values[int(draw.integers(0, len(values) - 1, 1)[0])]
    x[1, 1] = values[-1]
    return [pose(task, [x], {"kernel_shape": [2, 2], "pads": [1, 0, 1, 1]}, exact=True)]


def _tiny(task: Task, draw: Draw) -> list[Problem]:
    """Subnormal numbers, each of them twice in its window: the average and the largest are the number itself."""
    x = np.repeat(subnormals(draw, task.dtype, (2, 3, 6, 5)), 2, axis=-1)
    return [pose(task, [x], {"kernel_shape": [1, 2], "strides": [1, 2]}, exact=True)]


def _subnormals(task: Task) -> Iterator[Question]:
    # Whether a unit that flushes does so where it only compares is not declared.
    if task.name == "AveragePool" or not task.flushes:
        yield from _for_floats(_tiny, "subnormal", task)


def _largest(task: Task, draw: Draw) -> list[Problem]:
    """The largest numbers of either sign, as far as no order of adding them leaves the accumulator's range."""
    x = FORMATS[task.dtype].largest * draw.signs((2, 3, 6, 8)).astype(np.float64)
    wide = FORMATS[task.types.working].emax > FORMATS[task.dtype].emax
    if task.name == "AveragePool" and not wide:
        x[..., ::2] = 0
    x[0] = np.where(x[0] == 0, 0, -np.abs(x[0]))
    attributes = {"kernel_shape": [2, 2] if wide or task.name == "MaxPool" else [1, 2], "strides": [1, 2]}
    return [pose(task, [x.astype(numpy_dtype(task.dtype))], attributes, exact=True)]


def _metamorphic(task: Task) -> Iterator[Question]:
    """Pads by hand, channels in another order, moved and turned images, where the answer is known exactly."""
    for which in PAIR:
        yield Question(f"pads-by-hand/{which}", partial(_by_hand, task), ((0, None), (1, None)))
        yield Question(f"other-orders/{which}", partial(_other_orders, task))


def _by_hand(task: Task, draw: Draw) -> list[Problem]:
    x = whole_image(task, draw, _SHAPE, 4)
    attributes: dict[str, Any] = {"kernel_shape": [2, 2], "pads": [1, 1, 0, 1]}
    value: Any = 0
    if task.name == "AveragePool":
        attributes["count_include_pad"] = 1
    else:
        value = -np.inf if task.floating else np.iinfo(task.dtype).min
    wide = np.pad(x, ((0, 0), (0, 0), (1, 0), (1, 1)), constant_values=value)
    return [pose(task, [x], attributes, exact=True), pose(task, [wide], {"kernel_shape": [2, 2]}, exact=True)]


def _other_orders(task: Task, draw: Draw) -> list[Problem]:
    x = whole_image(task, draw, _SHAPE, 4)
    images = (x, x[:, draw.permutation(3)], x[..., ::-1], np.roll(x, 1, axis=-2))
    return [pose(task, [image], {"kernel_shape": [2, 2]}, exact=True) for image in images]


def _known_answers(task: Task) -> Iterator[Question]:
    """A constant image stays what it is; a window of one element is that element."""
    for number in range(2):
        yield from pairs(f"constant-{number}", partial(_constant, task))
        yield from pairs(f"points-{number}", partial(_points, task))


def _constant(task: Task, draw: Draw) -> list[Problem]:
    value = int(draw.integers(1, 100, 1)[0])
    x = np.full((2, 3, 7, 9), value).astype(numpy_dtype(task.dtype))
    wanted = exactly(task.types.out, np.full((2, 3, 4, 2), value).astype(numpy_dtype(task.types.out)))
    return [Problem(task, (x,), (wanted,), {"kernel_shape": [4, 8]}, True)]


def _points(task: Task, draw: Draw) -> list[Problem]:
    x = whole_image(task, draw, (2, 3, 6, 7), 1)
    attributes = {"kernel_shape": [1, 1], "strides": [2, 3]}
    return [Problem(task, (x,), (exactly(task.types.out, x[..., ::2, ::3]),), attributes, True)]


def _plane(shape: Shape = _SHAPE, **attributes: Any) -> tuple[Shape, Given]:
    return shape, {"kernel_shape": [2, 4] if len(shape) == 4 else [4] if len(shape) == 3 else [2, 1, 2], **attributes}


_AUTOMATIC = [(auto, s) for auto in ("SAME_UPPER", "SAME_LOWER", "VALID") for s in ([1, 1], [2, 3])]
_THREE: Given = {"kernel_shape": [3, 3]}
_OVER = {"ceil_mode": 1, "strides": [2, 3]}

#: What depends on the form of a launch is asked with whole numbers. Windows of three by three are not a power of two:
#: their averages are held to a bound.
_FORMS: Mapping[str, Mapping[str, tuple[Shape, Given]]] = {
    "integer-exact": {"small": _plane(), "padded": _plane(pads=[1, 0, 1, 0])},
    "ranks": {
        "1": _plane(_LINE),
        "2": _plane(),
        "3": _plane(_CUBE),
        "1-padded": _plane(_LINE, pads=[1, 2], strides=[2]),
    },
    "strides": {
        **{f"{s[0]}-{s[1]}": _plane(strides=s) for s in ([2, 1], [1, 3], [3, 5])},
        "line": _plane(_LINE, strides=[3]),
        "cube": _plane(_CUBE, strides=[2, 1, 3]),
    },
    "dilations": {
        **{f"{far[0]}-{far[1]}": _plane(dilations=far) for far in ([2, 1], [1, 3], [3, 2])},
        "with-strides": _plane(dilations=[3, 2], strides=[2, 2], pads=[1, 2, 1, 0]),
        "line": _plane(_LINE, dilations=[3]),
    },
    "pads": {
        "before": _plane(pads=[1, 3, 0, 0]),
        "behind": _plane(pads=[0, 0, 1, 2]),
        "all-different": _plane(kernel_shape=[3, 4], pads=[1, 2, 2, 0]),
        "cube": _plane(_CUBE, pads=[1, 0, 0, 0, 0, 1]),
    },
    "auto-pad": {
        **{f"{auto}-{s[0]}-{s[1]}": _plane(auto_pad=auto, strides=s) for auto, s in _AUTOMATIC},
        "SAME_UPPER-dilated": _plane(auto_pad="SAME_UPPER", dilations=[3, 1]),
        "SAME_LOWER-dilated": _plane(auto_pad="SAME_LOWER", dilations=[3, 1]),
    },
    "ceil-mode": {
        "over": _plane((2, 3, 9, 12), **_OVER),
        "left-out": _plane((2, 3, 7, 12), ceil_mode=1, kernel_shape=[1, 2], strides=[3, 4], pads=[0, 0, 0, 1]),
        "padded": _plane((2, 3, 8, 12), pads=[1, 1, 0, 2], **_OVER),
        "floor": _plane((2, 3, 9, 12), strides=[2, 3], ceil_mode=0),
    },
    "padding-values": {
        "corners": _plane(kernel_shape=[2, 2], pads=[1, 1, 1, 1]),
        "edges": _plane(**_THREE, pads=[1, 2, 2, 1]),
        "same": _plane(**_THREE, auto_pad="SAME_UPPER", strides=[2, 2]),
    },
}


#: Classes that averages are asked a second time, with the pads counted.
_COUNTED = frozenset({"integer-exact", "dilations", "pads", "ceil-mode", "padding-values"})


def _form_of(word: str, task: Task) -> Iterator[Question]:
    """The forms of a class."""
    forms = dict(_FORMS[word])
    if task.name == "AveragePool" and word in _COUNTED:
        forms |= {f"{name}-counted": (s, {**given, "count_include_pad": 1}) for name, (s, given) in forms.items()}
    yield from _posed(forms, task)


INPUTS: Inputs = {
    **{word: partial(_form_of, word) for word in _FORMS},
    "selector": partial(_for_floats, _selected, "selected"),
    "sparse": partial(_for_averages, _three, "three-of-143"),
    "scaling": partial(_for_averages, _scaled, "scaled"),
    "dense": _dense,
    "cancellation": partial(_for_averages, _cancelling, "cancelling"),
    "zeros": partial(_for_averages, _with_zeros, "zeros"),
    "specials": _specials,
    "subnormals": _subnormals,
    "overflow": partial(_for_floats, _largest, "largest"),
    "metamorphic": _metamorphic,
    "known-answers": _known_answers,
}
