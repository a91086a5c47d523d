"""Translates a TensorFlow.js graph model into ONNX: the operations that NanoDet is made of.

TensorFlow.js keeps pictures as NHWC and filters as HWIO, ONNX as NCHW and OIHW. Each operation is wrapped in the
transpositions that it needs; the runtime's optimiser takes out those that cancel each other.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace_agent.handlers.vision.graph import Graph

_TO_NCHW, _TO_NHWC = [0, 3, 1, 2], [0, 2, 3, 1]
_DTYPES: dict[str, np.dtype[Any]] = {
    "float32": np.dtype("<f4"),
    "int32": np.dtype("<i4"),
    "float16": np.dtype("<f2"),
}


def read_weights(manifest: list[dict[str, Any]], data: bytes) -> dict[str, NDArray[Any]]:
    """Name to array, as float32 or int32. Raises ``ValueError`` for a quantisation other than float16."""
    weights: dict[str, NDArray[Any]] = {}
    offset = 0
    for entry in (entry for group in manifest for entry in group["weights"]):
        stored = _DTYPES.get(entry.get("quantization", {}).get("dtype", entry["dtype"]))
        if stored is None:
            raise ValueError(f"the weights of {entry['name']} have an unknown type")
        count = int(np.prod(entry["shape"], dtype=np.int64))
        array = np.frombuffer(data, dtype=stored, count=count, offset=offset).reshape(entry["shape"])
        weights[entry["name"]] = array.astype(_DTYPES[entry["dtype"]])
        offset += count * stored.itemsize
    if offset != len(data):
        raise ValueError(f"the weights file has {len(data)} bytes, its manifest names {offset}")
    return weights


class Translator:
    """Adds the nodes of a model to ``graph``. Raises ``ValueError`` for an operation that it does not know."""

    def __init__(self, graph: Graph, weights: dict[str, NDArray[Any]]) -> None:
        self._graph = graph
        self._known = dict(weights)
        #: Constants that are already in the graph.
        self._written: dict[str, str] = {}
        self._operations: dict[str, Callable[[dict[str, Any]], None]] = {
            "Conv2D": self._conv,
            "MaxPool": self._max_pool,
            "ResizeBilinear": self._resize,
            "Pad": self._pad,
            "PadV2": self._pad,
            "Transpose": self._transpose,
            "ConcatV2": self._concat,
            "SplitV": self._split,
            "Reshape": self._reshape,
            "LeakyRelu": self._leaky_relu,
            "Add": self._plus,
            "AddV2": self._plus,
            "SparseToDense": self._fill,
            "Sigmoid": lambda node: self._add(node, "Sigmoid", [self._name(node["input"][0])]),
            "Identity": lambda node: self._add(node, "Identity", [self._name(node["input"][0])]),
        }

    def translate(self, nodes: list[dict[str, Any]]) -> None:
        for node in nodes:
            if node["op"] in {"Const", "Placeholder"}:
                continue
            operation = self._operations.get(node["op"])
            if operation is None:
                raise ValueError(f"the operation {node['op']} is not known")
            operation(node)

    def _name(self, tensor: str) -> str:
        """The ONNX name of an input; a constant is written when it is first used."""
        if tensor not in self._known:
            return tensor
        if tensor not in self._written:
            self._written[tensor] = self._graph.const(self._known[tensor])
        return self._written[tensor]

    def _value(self, node: dict[str, Any], index: int) -> NDArray[Any]:
        return self._known[node["input"][index]]

    def _add(self, node: dict[str, Any], op: str, inputs: list[str], **attributes: Any) -> None:
        self._graph.add(op, inputs, node["name"], **attributes)

    def _through_nchw(self, node: dict[str, Any], op: str, extra: list[str], **attributes: Any) -> None:
        inner = self._graph.add("Transpose", [self._name(node["input"][0])], perm=_TO_NCHW)
        made = self._graph.add(op, [inner, *extra], **attributes)
        self._add(node, "Transpose", [made], perm=_TO_NHWC)

    def _conv(self, node: dict[str, Any]) -> None:
        filters = self._value(node, 1).transpose(3, 2, 0, 1)
        self._through_nchw(node, "Conv", [self._graph.const(filters)], **_window(node), dilations=[1, 1])

    def _max_pool(self, node: dict[str, Any]) -> None:
        kernel = [int(n) for n in node["attr"]["ksize"]["list"]["i"][1:3]]
        self._through_nchw(node, "MaxPool", [], **_window(node), kernel_shape=kernel)

    def _resize(self, node: dict[str, Any]) -> None:
        if not node["attr"]["half_pixel_centers"].get("b"):
            raise ValueError("only half-pixel centres are known to ResizeBilinear")
        height, width = (int(n) for n in self._value(node, 1))
        inner = self._graph.add("Transpose", [self._name(node["input"][0])], perm=_TO_NCHW)
        # Sizes of batch and channels are copied from the input, as ONNX wants all four.
        head = self._graph.add("Slice", [self._graph.add("Shape", [inner]), *self._ints([0], [2])])
        sizes = self._graph.add("Concat", [head, *self._ints([height, width])], axis=0)
        made = self._graph.add(
            "Resize", [inner, "", "", sizes], mode="linear", coordinate_transformation_mode="half_pixel"
        )
        self._add(node, "Transpose", [made], perm=_TO_NHWC)

    def _pad(self, node: dict[str, Any]) -> None:
        pads = self._value(node, 1).T.reshape(-1)
        fill = self._value(node, 2) if node["op"] == "PadV2" else np.zeros((), np.float32)
        self._add(
            node,
            "Pad",
            [self._name(node["input"][0]), *self._ints(pads), self._graph.const(fill.astype(np.float32))],
        )

    def _transpose(self, node: dict[str, Any]) -> None:
        self._add(
            node, "Transpose", [self._name(node["input"][0])], perm=[int(n) for n in self._value(node, 1)]
        )

    def _concat(self, node: dict[str, Any]) -> None:
        *parts, _axis = node["input"]
        self._add(node, "Concat", [self._name(part) for part in parts], axis=int(self._value(node, -1)))

    def _split(self, node: dict[str, Any]) -> None:
        sizes, axis = self._value(node, 1), int(self._value(node, 2))
        outputs = [node["name"], *(f"{node['name']}:{i}" for i in range(1, len(sizes)))]
        self._graph.add_multi("Split", [self._name(node["input"][0]), *self._ints(sizes)], outputs, axis=axis)

    def _reshape(self, node: dict[str, Any]) -> None:
        self._add(node, "Reshape", [self._name(node["input"][0]), *self._ints(self._value(node, 1))])

    def _leaky_relu(self, node: dict[str, Any]) -> None:
        self._add(node, "LeakyRelu", [self._name(node["input"][0])], alpha=float(node["attr"]["alpha"]["f"]))

    def _plus(self, node: dict[str, Any]) -> None:
        left, right = node["input"]
        if left in self._known and right in self._known:  # sums of shapes: known now
            self._known[node["name"]] = self._known[left] + self._known[right]
        else:
            self._add(node, "Add", [self._name(left), self._name(right)])

    def _fill(self, node: dict[str, Any]) -> None:
        if self._value(node, 0).size:
            raise ValueError("SparseToDense is known without entries only")
        self._known[node["name"]] = np.full(self._value(node, 1), self._value(node, 3))

    def _ints(self, *lists: Any) -> list[str]:
        return [self._graph.const(np.asarray(numbers, dtype=np.int64)) for numbers in lists]


def _window(node: dict[str, Any]) -> dict[str, Any]:
    if base64.b64decode(node["attr"]["padding"]["s"]) != b"VALID":
        raise ValueError(f"the padding of {node['name']} is not known")
    return {"strides": [int(n) for n in node["attr"]["strides"]["list"]["i"][1:3]]}
