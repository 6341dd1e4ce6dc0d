"""Softmax, normalisations and variance by torch's own functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.adapters.torch import open_torch
from tests.simulator.launching import Array, array, launch


def asked(operation: str, operands: list[Array], shape: tuple[int, ...], **attributes: Any) -> Array:
    return launch(open_torch("cpu"), operation, [array(x, "float32") for x in operands], "float32", shape, **attributes)


def test_shares_along_any_axis() -> None:
    x = np.array([[0.0, 1.0], [0.0, 3.0]])
    right = [[0.5, 1 / (1 + math.exp(2))], [0.5, 1 / (1 + math.exp(-2))]]
    assert np.allclose(asked("Softmax", [x], (2, 2), axis=0), right, rtol=1e-6)
    assert np.allclose(asked("LogSoftmax", [x], (2, 2), axis=-2), np.log(right), rtol=1e-6)


def test_all_axes_from_the_one_given_are_normalised_together() -> None:
    x, scale, bias = np.array([[1.0, -1.0], [3.0, -3.0]]), np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2))
    right = x / math.sqrt(5.25) * scale
    assert np.allclose(
        asked("LayerNormalization", [x, scale, bias], (2, 2), axis=0, epsilon=0.25), right + 1, rtol=1e-6
    )
    assert np.allclose(asked("LayerNormalization", [x, scale], (2, 2), axis=-2, epsilon=0.25), right, rtol=1e-6)
    assert np.allclose(asked("RMSNormalization", [x, scale], (2, 2), axis=0, epsilon=0.25), right, rtol=1e-6)


def test_variance_and_its_root() -> None:
    x = np.array([[1.0, 3.0], [2.0, 10.0]])
    assert asked("var", [x], (2,), axis=1, correction=1.5).tolist() == [4, 64]
    assert asked("std", [x], (1, 2), axis=0, keepdims=True).tolist() == [[0.5, 3.5]]
    assert np.allclose(asked("var", [x], ()), 12.5)
    assert asked("var", [x], (1, 1), keepdims=True).shape == (1, 1)
