"""ONNX models of an operator's own, in the documented layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.support.handler_context import RecordingContext, run_handler

from headrace_agent.handlers import image_classification, object_detection
from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.vision.graph import Graph


@pytest.fixture
def red(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (64, 32), (250, 10, 10)).save(path)
    return path


def classifier(path: Path, **metadata: Any) -> None:
    """Scores a picture by the means of its three channels, as they reach the network."""
    graph = Graph()
    graph.add("Flatten", [graph.add("GlobalAveragePool", ["image"])], "logits")
    graph.save(path, inputs={"image": [1, 3, 8, 8]}, outputs={"logits": [1, 3]}, metadata=metadata)


def detector(path: Path, *, boxes: str = "boxes") -> None:
    """Finds one thing in the left half of its square and one, less sure, in the right half."""
    graph = Graph()
    zero = graph.add(
        "ReduceMin", [graph.add("Mul", ["image", graph.const(np.zeros(1, np.float32))])], keepdims=0
    )
    places = np.array([[[0, 2, 4, 6], [4, 2, 8, 6]]], dtype=np.float32)
    scores = np.array([[[0.9, 0.0], [0.0, 0.6]]], dtype=np.float32)
    graph.add("Add", [graph.const(places), zero], boxes)
    graph.add("Add", [graph.const(scores), zero], "scores")
    graph.save(
        path,
        inputs={"image": [1, 3, 8, 8]},
        outputs={boxes: [1, 2, 4], "scores": [1, 2, 2]},
        metadata={"labels": ["left", "right"], "name": "halves"},
    )


@pytest.mark.parametrize(("order", "label"), [("RGB", "red"), ("BGR", "blue")])
def test_an_own_classifier_gets_the_channels_it_wants(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, red: Path, order: str, label: str
) -> None:
    own = tmp_path / f"{order}.onnx"
    classifier(own, labels=["red", "green", "blue"], order=order, name="colours", std=[50.0] * 3)
    monkeypatch.setenv("HEADRACE_CLASSIFICATION_MODEL_PATH", str(own))
    result = run_handler(
        image_classification.HANDLER, {}, RecordingContext(tmp_path), path=red, mime="image/png"
    )
    assert result["model"] == "colours"
    assert result["predictions"][0]["label"] == label
    # Scores of any range are turned into probabilities.
    assert sum(p["confidence"] for p in result["predictions"]) == pytest.approx(1, abs=1e-3)
    assert result["predictions"][0]["confidence"] > 0.9


def test_a_model_without_labels_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, red: Path
) -> None:
    own = tmp_path / "nameless.onnx"
    classifier(own)
    monkeypatch.setenv("HEADRACE_CLASSIFICATION_MODEL_PATH", str(own))
    with pytest.raises(HandlerError, match="carries no list of class names in its metadata 'labels'"):
        run_handler(image_classification.HANDLER, {}, RecordingContext(tmp_path), path=red, mime="image/png")


def test_an_own_detector_s_boxes_are_brought_back_to_the_picture(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, red: Path
) -> None:
    own = tmp_path / "own.onnx"
    detector(own)
    monkeypatch.setenv("HEADRACE_DETECTION_MODEL_PATH", str(own))
    result = run_handler(object_detection.HANDLER, {}, RecordingContext(tmp_path), path=red, mime="image/png")
    assert result["model"] == "halves"
    # The picture of 64x32 stands in rows 2 to 6 of the square of 8.
    assert result["detections"] == [
        {"label": "left", "confidence": 0.9, "box": {"x": 0.0, "y": 0.0, "width": 32.0, "height": 32.0}},
        {"label": "right", "confidence": 0.6, "box": {"x": 32.0, "y": 0.0, "width": 32.0, "height": 32.0}},
    ]


def test_a_detector_without_the_documented_outputs_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, red: Path
) -> None:
    own = tmp_path / "own.onnx"
    detector(own, boxes="rectangles")
    monkeypatch.setenv("HEADRACE_DETECTION_MODEL_PATH", str(own))
    with pytest.raises(HandlerError, match="halves has no outputs 'boxes' and 'scores'"):
        run_handler(object_detection.HANDLER, {}, RecordingContext(tmp_path), path=red, mime="image/png")
