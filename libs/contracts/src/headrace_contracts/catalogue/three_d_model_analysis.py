"""The geometry of a 3D model (seed 002, «3D Model Analysis»)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from headrace_contracts.catalogue.model import Model, Payload


class ThreeDModelAnalysis(Payload):
    """Payload of ``3d-model-analysis``."""

    units: Literal["mm", "cm", "m", "in"] | None = Field(
        default=None, description="Unit of the file's coordinates; area and volume are labelled with it"
    )
    render: bool = Field(default=False, description="Also return a picture of the model as render.png")
    render_width: int = Field(default=512, ge=64, le=2048, description="Width of the picture in pixels")
    render_height: int = Field(default=512, ge=64, le=2048, description="Height of the picture in pixels")
    azimuth: float = Field(
        default=35.0, ge=-360, le=360, description="Turn of the camera around the model in degrees"
    )
    elevation: float = Field(
        default=25.0, ge=-90, le=90, description="Height of the camera over the horizon in degrees"
    )


MODEL = Model(
    id="3d-model-analysis",
    name="3D Model Analysis",
    description="Measure a 3D model: faces, area, volume, bounds",
    requires_file=True,
    allowed_file_types=("model/obj", "model/stl", "model/gltf+json", "model/gltf-binary"),
    payload=ThreeDModelAnalysis,
    timeout_s=600,
)
