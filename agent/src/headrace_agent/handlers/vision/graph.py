"""Writes an ONNX graph node by node."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

_OPSET = 17
#: The ONNX file format that goes with the opset; newer ones are refused by older runtimes.
_IR_VERSION = 8


class Graph:
    """Collects nodes and weights; every method that adds a node returns the name of its output."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def const(self, array: NDArray[Any], name: str | None = None) -> str:
        name = name or f"const_{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, op: str, inputs: Sequence[str], output: str | None = None, **attributes: Any) -> str:
        output = output or f"{op.lower()}_{len(self._nodes)}"
        self.add_multi(op, inputs, [output], **attributes)
        return output

    def add_multi(self, op: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> None:
        self._nodes.append(helper.make_node(op, list(inputs), list(outputs), **attributes))

    def save(
        self,
        path: Path,
        *,
        inputs: Mapping[str, Sequence[int]],
        outputs: Mapping[str, Sequence[int]],
        metadata: Mapping[str, Any],
    ) -> None:
        """Check and write the model; metadata values are written as JSON."""

        def value(item: tuple[str, Sequence[int]]) -> Any:
            return helper.make_tensor_value_info(item[0], TensorProto.FLOAT, list(item[1]))

        graph = helper.make_graph(
            self._nodes,
            "headrace",
            [value(item) for item in inputs.items()],
            [value(item) for item in outputs.items()],
            self._weights,
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", _OPSET)],
            ir_version=_IR_VERSION,
            producer_name="headrace",
        )
        helper.set_model_props(model, {key: json.dumps(item) for key, item in metadata.items()})
        onnx.checker.check_model(model, full_check=True)
        path.write_bytes(model.SerializeToString())
