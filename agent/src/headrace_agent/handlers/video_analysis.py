"""Analyses a video: format, scenes, and objects over time."""

from __future__ import annotations

from typing import Any

from headrace_agent.handlers import object_detection
from headrace_agent.handlers.api import Context, Handler, HandlerError, InputFile
from headrace_agent.handlers.requirements import packages
from headrace_agent.handlers.vision.settings import VisionSettings
from headrace_contracts.catalogue import video_analysis
from headrace_contracts.catalogue.video_analysis import VideoAnalysis


def run(payload: VideoAnalysis, source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """What the file holds, its scenes and, unless switched off, what was seen in it.

    ``duration_s``, ``frames``, ``damaged_packets``, ``format``, ``bit_rate``, ``video``, ``audio``, ``streams``,
    ``size_bytes``, ``scene_count``, ``scenes``, ``objects``, ``timeline``. Writes ``contact-sheet.jpg`` unless
    ``keyframes`` is 0. Raises ``HandlerError`` for a file that is no video or of which no frame can be decoded.
    """
    # PyAV, NumPy and Pillow
    from headrace_agent.handlers.video import container as containers
    from headrace_agent.handlers.video.contact_sheet import ContactSheet
    from headrace_agent.handlers.video.watching import Watcher

    if source is None:
        raise HandlerError("video-analysis needs a video")
    with containers.opened(source.path, source.mime) as container:
        length = containers.duration_s(container)
        sheet = ContactSheet(payload.keyframes, length)
        watcher = Watcher(payload, length, sheet, _detector_model(payload))
        watcher.watch(container, ctx)
        if ctx.cancelled:
            return {}
        result: dict[str, Any] = {
            "duration_s": round(max(length, watcher.end_s), 3),
            "frames": watcher.frames,
            "damaged_packets": watcher.damaged_packets,
            "size_bytes": source.path.stat().st_size,
            **containers.description(container),
            **watcher.as_json(),
        }
    if not sheet.empty:
        sheet.picture().save(ctx.output_path("contact-sheet.jpg"), "JPEG", quality=88)
    return result


def _detector_model(payload: VideoAnalysis) -> Any:
    from headrace_agent.handlers.vision import detector, onnx_model  # NumPy, Pillow

    if not payload.detect_objects:
        return None
    return onnx_model.load(detector.model_path(VisionSettings.of_this_process()))


def _missing() -> str | None:
    return packages("video", "av", "numpy", "PIL")() or object_detection.missing()


HANDLER = Handler(model=video_analysis.MODEL, run=run, missing=_missing, version="scenes-1+nanodet-g")
