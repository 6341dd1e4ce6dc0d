"""The input class of volume: so many results that silent corruption at a rate would show."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import ceil, prod

import numpy as np

from harness.oracle.definition import Inputs, Question, Size, definition_of, pairs, plain
from harness.oracle.draw import Draw
from harness.oracle.problem import Problem
from harness.oracle.task import Task

#: The rate of corrupted results to be excluded: one in a hundred thousand.
RATE = 1e-5
#: As many right results as leave a rate below ``RATE`` with a confidence of 95 %: 3 / rate (the rule of three; Hanley
#: and Lippman-Hand, If Nothing Goes Wrong, Is Everything All Right?, JAMA 249(13), 1983).
RESULTS = ceil(3 / RATE)
#: The dimension that launches are made long by.
_LENGTH = 1024
#: The dimension of launches past what 16 bits, or a grid of 65,535 blocks, can count.
_LONG = (1 << 17) + 3
#: In how many cases the results are asked for: a corrupted one is then found near.
_PARTS = 8


def volume(task: Task) -> Iterator[Question]:
    """Plain problems with one long dimension, again and again with other contents; and a few of a far longer one."""
    sweep = definition_of(task.operation).sweep
    for number in range(_PARTS):
        yield Question(f"part-{number}", partial(_many, task, sweep(task, _LENGTH)[0]))
    yield from pairs("long", lambda draw: [plain(task, draw, sweep(task, _LONG)[0])])


def _many(task: Task, size: Size, draw: Draw) -> list[Problem]:
    found: list[Problem] = []
    results = 0
    while results < RESULTS / _PARTS:
        found.append(plain(task, draw, size))
        results += max(1, sum(prod(np.shape(wanted.expected)) for wanted in found[-1].wanted))
    return found


def repeatedly(task: Task, size: Size, launches: int, parts: int) -> Iterator[Question]:
    """So many cases of so many launches of a size: for operations whose results do not grow with a dimension."""
    for number in range(parts):
        yield Question(f"part-{number}", partial(_of_size, task, size, launches))


def _of_size(task: Task, size: Size, launches: int, draw: Draw) -> list[Problem]:
    return [plain(task, draw, size) for _ in range(launches)]


INPUTS: Inputs = {"volume": volume}
