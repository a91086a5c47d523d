"""The things in an image and where they are (seed 002, «Object Detection»)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from headrace_contracts.catalogue.model import Model, Payload

Label = Annotated[str, StringConstraints(min_length=1, max_length=80)]


class ObjectDetection(Payload):
    """Payload of ``object-detection``."""

    threshold: float = Field(default=0.4, ge=0, le=1, description="Confidence threshold (0-1)")
    max_detections: int = Field(default=100, ge=1, le=300, description="Return at most this many objects")
    labels: list[Label] | None = Field(
        default=None,
        min_length=1,
        max_length=80,
        description="Keep only these classes, for example ['person', 'car'] (default: all)",
    )
    iou_threshold: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Two boxes of a class that overlap by more than this are one object (0-1)",
    )
    annotate: bool = Field(
        default=False, description="Also return the image with the boxes drawn in, as output.jpg"
    )


MODEL = Model(
    id="object-detection",
    name="Object Detection",
    description="Find objects in images and return their bounding boxes",
    requires_file=True,
    allowed_file_types=("image/jpeg", "image/png", "image/webp"),
    payload=ObjectDetection,
    timeout_s=300,
)
