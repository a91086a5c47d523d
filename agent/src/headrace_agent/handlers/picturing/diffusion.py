"""The generator with weights: any text-to-image pipeline of the library diffusers."""

from __future__ import annotations

import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from headrace_agent.handlers.api import Context, HandlerError
from headrace_contracts.catalogue.image_generation import ImageGeneration

GENERATOR = "diffusion"


@lru_cache(maxsize=1)
def _pipeline(source: str) -> tuple[Any, str]:
    import torch
    from diffusers import AutoPipelineForText2Image

    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        pipeline = AutoPipelineForText2Image.from_pretrained(
            source,
            torch_dtype=torch.float16 if device == "cuda" else torch.float32,
            local_files_only=Path(source).exists(),
        )
    except (OSError, ValueError) as error:
        raise HandlerError(
            f"HEADRACE_IMAGE_MODEL_PATH ({source}) holds no text-to-image model: {error}"
        ) from error
    return pipeline.to(device), device


def generate(payload: ImageGeneration, ctx: Context, *, source: str) -> tuple[Image.Image, dict[str, Any]]:
    """The picture and what to say about it; ``source`` is a folder or a hub id. Stops early when cancelled."""
    import torch

    ctx.progress(2, "loading the model")
    pipeline, device = _pipeline(source)
    seed = secrets.randbelow(2**32) if payload.seed is None else payload.seed

    def after_step(running: Any, step: int, _time: Any, state: dict[str, Any]) -> dict[str, Any]:
        ctx.progress(min(95.0, 10 + 85 * (step + 1) / payload.steps), f"step {step + 1} of {payload.steps}")
        if ctx.cancelled:
            running._interrupt = True  # noqa: SLF001  # the way that diffusers documents to stop a run
        return state

    made = pipeline(
        prompt=payload.prompt,
        negative_prompt=payload.negative_prompt or None,
        width=payload.width,
        height=payload.height,
        num_inference_steps=payload.steps,
        guidance_scale=payload.guidance_scale,
        generator=torch.Generator(device).manual_seed(seed),
        callback_on_step_end=after_step,
    )
    picture: Image.Image = made.images[0]
    return picture, {"generator": GENERATOR, "seed": seed, "model": source, "steps": payload.steps}
