"""A picture made from a prompt (seed 002, «Image Generation»)."""

from __future__ import annotations

from pydantic import Field

from headrace_contracts.catalogue.model import Model, Payload


class ImageGeneration(Payload):
    """Payload of ``image-generation``. The result's ``generator`` says what kind of generator an agent has."""

    prompt: str = Field(min_length=1, max_length=2000, description="What the picture should show")
    negative_prompt: str = Field(
        default="", max_length=2000, description="What the picture should not show (diffusion only)"
    )
    width: int = Field(default=512, ge=64, le=1024, multiple_of=8, description="Width in pixels")
    height: int = Field(default=512, ge=64, le=1024, multiple_of=8, description="Height in pixels")
    seed: int | None = Field(
        default=None,
        ge=0,
        le=4_294_967_295,
        description="The same seed and prompt give the same picture (default: drawn from the prompt)",
    )
    style: int | None = Field(
        default=None,
        ge=0,
        le=25,
        description="Number of the painting style, procedural+neural-style only (default: drawn by the seed)",
    )
    style_strength: float = Field(
        default=0.6, ge=0, le=1, description="How strongly the style is applied (0-1), 0 for none"
    )
    steps: int = Field(default=20, ge=1, le=100, description="Denoising steps (diffusion only)")
    guidance_scale: float = Field(
        default=7.5, ge=0, le=20, description="How closely to follow the prompt (diffusion only)"
    )


MODEL = Model(
    id="image-generation",
    name="Image Generation",
    description="Generate an image from a prompt",
    requires_file=False,
    input_field="prompt",
    payload=ImageGeneration,
)
