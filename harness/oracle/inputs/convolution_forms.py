"""The forms that convolutions are asked in, and operands of each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.oracle.draw import Draw
from harness.oracle.inputs.product_values import fractions, full, largest_whole, whole
from harness.oracle.problem import Array
from harness.oracle.task import Task

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Form:
    """The lengths of a launch of Conv, its attributes, and whether it has a bias."""

    images: int
    channels: int
    features: int
    lengths: Shape
    kernel: Shape
    attributes: Mapping[str, Any] = field(default_factory=dict)
    bias: bool = True

    @property
    def depth(self) -> int:
        """The products of one element."""
        return self.channels // int(self.attributes.get("group", 1)) * math.prod(self.kernel)

    @property
    def image_shape(self) -> Shape:
        """The shape of X."""
        return (self.images, self.channels, *self.lengths)

    @property
    def kernel_shape(self) -> Shape:
        """The shape of W."""
        return (self.features, self.channels // int(self.attributes.get("group", 1)), *self.kernel)

    def having(self, **attributes: Any) -> Form:
        """The same form with further attributes."""
        return replace(self, attributes={**self.attributes, **attributes})

    def plain(self) -> Form:
        """The same form without a bias."""
        return replace(self, bias=False)

    def with_bias(self, x: Array, w: Array, bias: Array) -> list[Array]:
        """The operands of a launch."""
        return [x, w, bias] if self.bias else [x, w]


def wholes(task: Task, draw: Draw, form: Form) -> list[Array]:
    """Whole numbers, none of them zero, whose sums stay exact in any order."""
    most, dtype = largest_whole(task, form.depth), task.dtype
    x, w = (whole(draw, dtype, shape, most) for shape in (form.image_shape, form.kernel_shape))
    return form.with_bias(x, w, whole(draw, dtype, (form.features,), most))


def dense(task: Task, draw: Draw, form: Form, kind: str) -> list[Array]:
    """Numbers of full precision: from -1 to 1 (``centred``), or from one half to 1 (``one-to-two``)."""
    x, w = (fractions(draw, task.dtype, shape, kind) for shape in (form.image_shape, form.kernel_shape))
    return form.with_bias(x, w, fractions(draw, task.dtype, (form.features,), kind))


def middling(task: Task) -> tuple[int, int]:
    """Exponents whose products neither overflow nor vanish in the result."""
    return (-3, 3) if task.dtype == "float16" else (-20, 20)


def filled(task: Task, draw: Draw, shape: Shape) -> Array:
    """Full mantissas of very different size."""
    return full(draw, task.dtype, shape, middling(task))


def single_place(task: Task, draw: Draw, form: Form, exponents: tuple[int, int]) -> Array:
    """Kernels of one signed power of two each, among zeros: they move the image."""
    _, depth, *kernel = form.kernel_shape
    places = depth * math.prod(kernel)
    found = np.zeros((form.features, places))
    powers = np.ldexp(1.0, draw.integers(*exponents, form.features)) * draw.signs(form.features)
    found[np.arange(form.features), draw.integers(0, places - 1, form.features)] = powers
    return found.reshape(form.kernel_shape).astype(numpy_dtype(task.dtype))


def pulses(task: Task, draw: Draw, form: Form) -> Array:
    """Images of one signed power of two each, in the middle of one channel, among zeros: they show the kernel."""
    found = np.zeros(form.image_shape)
    at = [length // 2 for length in form.lengths]
    for image in range(form.images):
        channel = int(draw.integers(0, form.channels - 1, 1)[0])
        found[(image, channel, *at)] = float(np.ldexp(1.0, int(draw.integers(-3, 3, 1)[0])) * draw.signs(1)[0])
    return found.astype(numpy_dtype(task.dtype))
