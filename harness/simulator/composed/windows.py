"""How a simulated device slides a kernel over images: attributes checked, images padded, one slice for each place."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.device.protocol import INVALID_VALUE, DeviceError
from harness.simulator.conversion import Array
from harness.simulator.signatures import Shape

_AUTOMATIC = ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID")


@dataclass(frozen=True)
class Sliding:
    """A kernel's way over an image, each field by axis: ``beyond`` is how far the last windows reach past the pads."""

    kernel: Shape
    strides: Shape
    dilations: Shape
    before: Shape
    behind: Shape
    beyond: Shape
    counts: Shape

    def slices(self, images: Array, pad: Any) -> Iterator[Array]:
        """For each place of the kernel, what every window holds there: (N, C, windows by axis)."""
        widths = [(0, 0), (0, 0), *zip(self.before, np.add(self.behind, self.beyond), strict=True)]
        padded = np.pad(images, widths, constant_values=pad)
        for place in itertools.product(*map(range, self.kernel)):
            steps = zip(place, self.strides, self.dilations, self.counts, strict=True)
            cut = [slice(at * far, at * far + (count - 1) * step + 1, step) for at, step, far, count in steps]
            yield padded[(slice(None), slice(None), *cut)]


def slide(image: Sequence[int], kernel: Shape, attributes: Mapping[str, Any]) -> Sliding:
    """The way of a kernel over an image of these lengths; raises ``DeviceError`` (invalid value) for what is none."""
    rank = len(image)
    if rank not in (1, 2, 3) or len(kernel) != rank or min(kernel) < 1:
        raise DeviceError(INVALID_VALUE, f"a kernel {kernel} over {rank} spatial axes")
    strides, dilations = _whole(attributes, "strides", rank, 1), _whole(attributes, "dilations", rank, 1)
    pads = _whole(attributes, "pads", 2 * rank, 0)
    automatic = attributes.get("auto_pad", "NOTSET")
    if automatic not in _AUTOMATIC or (automatic != "NOTSET" and any(pads)):
        raise DeviceError(INVALID_VALUE, f"auto_pad {automatic!r} with pads {pads}")
    reach = tuple(far * (length - 1) + 1 for far, length in zip(dilations, kernel, strict=True))
    before, behind = pads[:rank], pads[rank:]
    if automatic.startswith("SAME"):
        missing = [
            max((-(-length // step) - 1) * step + held - length, 0)
            for length, step, held in zip(image, strides, reach, strict=True)
        ]
        less, more = tuple(n // 2 for n in missing), tuple(n - n // 2 for n in missing)
        before, behind = (less, more) if automatic == "SAME_UPPER" else (more, less)
    rooms = [sum(lengths) - held for *lengths, held in zip(image, before, behind, reach, strict=True)]
    if min(rooms) < 0:
        raise DeviceError(INVALID_VALUE, f"a kernel that reaches over {reach} does not fit {image} with its pads")
    ceil = _flag(attributes, "ceil_mode") and automatic == "NOTSET"
    counts = []
    for length, first, step, room in zip(image, before, strides, rooms, strict=True):
        count = room // step + 1
        if ceil and room % step and count * step < length + first:
            count += 1
        counts.append(count)
    ends = zip(counts, strides, rooms, strict=True)
    beyond = tuple(max((count - 1) * step - room, 0) for count, step, room in ends)
    return Sliding(kernel, strides, dilations, before, behind, beyond, tuple(counts))


def kernel_of(attributes: Mapping[str, Any], rank: int) -> Shape:
    """The attribute ``kernel_shape``."""
    return _whole(attributes, "kernel_shape", rank, 1)


def _whole(attributes: Mapping[str, Any], name: str, count: int, least: int) -> Shape:
    """An attribute of so many whole numbers, each ``least`` where it is left out and never below it."""
    given = attributes.get(name)
    if given is None:
        return (least,) * count
    valid = isinstance(given, (list, tuple)) and len(given) == count
    if not valid or any(not isinstance(n, int) or isinstance(n, bool) or not least <= n < 1 << 31 for n in given):
        raise DeviceError(INVALID_VALUE, f"{name} {str(given)[:60]} for {count} whole numbers from {least}")
    return tuple(given)


def _flag(attributes: Mapping[str, Any], name: str) -> bool:
    given = attributes.get(name, 0)
    if given not in (0, 1):
        raise DeviceError(INVALID_VALUE, f"{name} {str(given)[:60]}, neither 0 nor 1")
    return bool(given)


def counts_pads(attributes: Mapping[str, Any]) -> bool:
    """The attribute ``count_include_pad``."""
    return _flag(attributes, "count_include_pad")
