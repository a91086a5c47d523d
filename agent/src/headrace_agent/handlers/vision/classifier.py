"""Names what a picture shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from headrace_agent.handlers.vision import onnx_model
from headrace_agent.handlers.vision.cache import made_once
from headrace_agent.handlers.vision.pictures import center_square
from headrace_agent.handlers.vision.settings import VisionSettings

CACHED_NAME = "efficientnet-lite0.onnx"


def model_path(settings: VisionSettings) -> Path:
    """The model's file; EfficientNet-Lite0 is converted on first use (about two seconds)."""
    if settings.classification_model_path is not None:
        return settings.classification_model_path
    from headrace_agent.handlers.vision import efficientnet_lite  # loads the onnx package

    return made_once(settings.cache_dir / CACHED_NAME, efficientnet_lite.convert)


def classify(picture: Image.Image, *, model: onnx_model.OnnxModel, crop: str) -> list[tuple[str, float]]:
    """(class name, probability) of every class, the likeliest first."""
    size = (model.width, model.height)
    if crop == "center" and model.width == model.height:
        fitted = center_square(picture, model.width)
    else:
        fitted = picture.resize(size, Image.Resampling.BICUBIC)
    scores = model.run(fitted)[model.outputs[0]].reshape(-1).astype(np.float64)
    if scores.min() < 0 or not 0.99 < scores.sum() < 1.01:
        scores = np.exp(scores - scores.max())
        scores /= scores.sum()
    order = np.argsort(-scores, kind="stable")
    return [(model.labels[i], float(scores[i])) for i in order]
