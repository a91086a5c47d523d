"""What an image shows, as class names with a confidence each (seed 002, «Image Classification»)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from headrace_contracts.catalogue.model import Model, Payload


class ImageClassification(Payload):
    """Payload of ``image-classification``."""

    top_k: int = Field(default=5, ge=1, le=1000, description="Return top K predictions (default: 5)")
    threshold: float = Field(default=0.0, ge=0, le=1, description="Confidence threshold (0-1)")
    crop: Literal["center", "full"] = Field(
        default="center",
        description="Look at the centre square, or squeeze the full picture into the square",
    )


MODEL = Model(
    id="image-classification",
    name="Image Classification",
    description="Classify images into predefined categories",
    requires_file=True,
    allowed_file_types=("image/jpeg", "image/png", "image/webp", "image/gif"),
    payload=ImageClassification,
    timeout_s=300,
)
