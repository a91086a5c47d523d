"""What a video is and shows: format, scenes, objects over time (seed 002, «Video Analysis»)."""

from __future__ import annotations

from pydantic import Field

from headrace_contracts.catalogue.model import Model, Payload


class VideoAnalysis(Payload):
    """Payload of ``video-analysis``."""

    sample_every_s: float = Field(
        default=1.0, ge=0.1, le=60, description="Look for objects once in this many seconds"
    )
    max_samples: int = Field(
        default=60,
        ge=1,
        le=600,
        description="Look at no more than this many frames; a longer video is sampled more thinly",
    )
    detect_objects: bool = Field(default=True, description="Look for objects in the sampled frames")
    threshold: float = Field(default=0.4, ge=0, le=1, description="Confidence threshold of objects (0-1)")
    scene_threshold: float = Field(
        default=28.0,
        ge=1,
        le=255,
        description="A new scene starts where the mean difference of two frames exceeds this (1-255)",
    )
    keyframes: int = Field(
        default=9, ge=0, le=36, description="Pictures on the contact sheet contact-sheet.jpg, 0 for none"
    )


MODEL = Model(
    id="video-analysis",
    name="Video Analysis",
    description="Analyze a video: format, scenes and objects over time",
    requires_file=True,
    allowed_file_types=("video/mp4", "video/avi", "video/mov", "video/webm", "video/mkv"),
    payload=VideoAnalysis,
)
