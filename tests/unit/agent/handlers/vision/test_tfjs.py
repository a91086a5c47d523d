"""What a TensorFlow.js model holds is read as it is, and what is not known is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from headrace_agent.handlers.vision.graph import Graph
from headrace_agent.handlers.vision.tfjs import Translator, read_weights


def manifest(*weights: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"paths": ["x.bin"], "weights": list(weights)}]


def test_halves_become_floats_and_order_gives_the_place() -> None:
    halves = np.array([[1.5, -2]], dtype="<f2")
    whole = np.array([7], dtype="<i4")
    weights = read_weights(
        manifest(
            {"name": "a", "shape": [1, 2], "dtype": "float32", "quantization": {"dtype": "float16"}},
            {"name": "b", "shape": [], "dtype": "int32"},
            {"name": "c", "shape": [0, 3], "dtype": "int32"},
        ),
        halves.tobytes() + whole.tobytes(),
    )
    assert weights["a"].dtype == np.float32
    assert weights["a"].tolist() == [[1.5, -2.0]]
    assert weights["b"].tolist() == 7
    assert weights["c"].shape == (0, 3)


def test_bytes_left_over_are_an_error() -> None:
    with pytest.raises(ValueError, match="has 5 bytes, its manifest names 4"):
        read_weights(manifest({"name": "b", "shape": [], "dtype": "int32"}), bytes(5))


def test_an_unknown_quantisation_is_an_error() -> None:
    entry = {"name": "b", "shape": [], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 1}}
    with pytest.raises(ValueError, match="the weights of b have an unknown type"):
        read_weights(manifest(entry), bytes(1))


def test_an_unknown_operation_is_an_error() -> None:
    with pytest.raises(ValueError, match="the operation FusedBatchNorm is not known"):
        Translator(Graph(), {}).translate([{"name": "n", "op": "FusedBatchNorm"}])


def test_a_padding_that_is_not_known_is_an_error() -> None:
    filters = {"w": np.zeros((1, 1, 3, 4), np.float32)}
    node = {
        "name": "c",
        "op": "Conv2D",
        "input": ["x", "w"],
        "attr": {"padding": {"s": "U0FNRQ=="}, "strides": {}},
    }
    with pytest.raises(ValueError, match="the padding of c is not known"):
        Translator(Graph(), filters).translate([node])
