"""Finds things in a picture."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.vision.needs import DETECTOR
from headrace_agent.handlers.vision.onnx_model import Floats, OnnxModel
from headrace_agent.handlers.vision.settings import VisionSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Detection:
    """One thing: its class, how sure the model is (0 to 1), and its box in pixels of the picture."""

    label: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float

    def as_json(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "confidence": round(self.confidence, 4),
            "box": {
                "x": round(self.left, 1),
                "y": round(self.top, 1),
                "width": round(self.right - self.left, 1),
                "height": round(self.bottom - self.top, 1),
            },
        }


def model_path(settings: VisionSettings) -> Path:
    """The model's file, which ``python -m headrace_agent.prepare`` put there."""
    return settings.detection_model_path or settings.cache_dir / DETECTOR


def detect(
    picture: Image.Image,
    *,
    model: OnnxModel,
    threshold: float,
    overlap: float = 0.5,
    limit: int = 100,
    labels: Collection[str] | None = None,
) -> list[Detection]:
    """The surest first; ``labels`` keeps only those classes.

    Raises ``HandlerError`` for a class that the model does not know, or a model without ``boxes`` and ``scores``.
    """
    if not {"boxes", "scores"} <= set(model.outputs):
        raise HandlerError(f"the model {model.name} has no outputs 'boxes' and 'scores'")
    if unknown := sorted(set(labels or ()) - set(model.labels)):
        raise HandlerError(
            f"the model {model.name} knows no class {', '.join(unknown)}; it knows {', '.join(model.labels)}"
        )
    fitted, scale, left, top = _letterbox(picture, model.width, model.height)
    found = model.run(fitted)
    boxes, scores = found["boxes"][0], found["scores"][0]
    classes = scores.argmax(axis=1)
    best = scores.max(axis=1)
    wanted = best >= max(threshold, 1e-3)
    if labels:
        wanted &= np.isin(classes, [model.labels.index(label) for label in labels])
    boxes = (boxes[wanted] - np.array([left, top, left, top], dtype=np.float32)) / scale
    boxes = boxes.clip(0, np.array([picture.width, picture.height] * 2, dtype=np.float32))
    classes, best = classes[wanted], best[wanted]
    inside = (boxes[:, 2] > boxes[:, 0]) & (
        boxes[:, 3] > boxes[:, 1]
    )  # else found in the margin of the letterbox
    boxes, classes, best = boxes[inside], classes[inside], best[inside]
    kept = _without_doubles(boxes, best, classes, overlap)[:limit]
    return [
        Detection(
            label=model.labels[int(classes[i])],
            confidence=float(best[i]),
            left=float(boxes[i, 0]),
            top=float(boxes[i, 1]),
            right=float(boxes[i, 2]),
            bottom=float(boxes[i, 3]),
        )
        for i in kept
    ]


def _letterbox(picture: Image.Image, width: int, height: int) -> tuple[Image.Image, float, int, int]:
    """The picture in the middle of a black one of the given size; its scale and where it begins."""
    scale = min(width / picture.width, height / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    fitted = Image.new("RGB", (width, height))
    fitted.paste(picture.resize(size, Image.Resampling.BILINEAR), (left, top))
    return fitted, scale, left, top


def _without_doubles(boxes: Floats, scores: Floats, classes: NDArray[Any], overlap: float) -> list[int]:
    """Indices of the boxes that no surer box of their class covers by more than ``overlap`` (IoU)."""
    # Classes are moved apart, so that boxes of two classes never overlap.
    apart = boxes + (classes * (boxes.max(initial=0) + 1))[:, None]
    area = (apart[:, 2] - apart[:, 0]) * (apart[:, 3] - apart[:, 1])
    waiting = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while waiting.size:
        first, rest = waiting[0], waiting[1:]
        kept.append(int(first))
        corner = np.maximum(apart[first, :2], apart[rest, :2])
        opposite = np.minimum(apart[first, 2:], apart[rest, 2:])
        shared = (opposite - corner).clip(0).prod(axis=1)
        union = area[first] + area[rest] - shared
        waiting = rest[shared <= overlap * np.maximum(union, 1e-9)]
    return kept
