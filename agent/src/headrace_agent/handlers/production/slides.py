"""Pictures for scenes, and the slow camera over them."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from PIL import Image

from headrace_agent.handlers import image_generation
from headrace_agent.handlers.api import Context
from headrace_agent.handlers.picturing import procedural, words
from headrace_agent.handlers.production import cards
from headrace_agent.handlers.production.canvas import Size
from headrace_agent.handlers.production.storyboard import Scene
from headrace_contracts.catalogue.image_generation import ImageGeneration

#: The longer side of what is painted; the camera enlarges it.
_PAINTED: Final = 1024
_STYLE_STRENGTH: Final = 0.35
#: How much closer the camera gets in a scene.
_ZOOM: Final = 1.16
_CROSSFADE_S: Final = 0.5
_CAPTION_IN_S: Final = 0.4


def paint(
    text: str, prompt: str, size: Size, *, seed: int, style: int | None, ctx: Context
) -> tuple[Image.Image, dict[str, Any]]:
    """A picture of the canvas' shape for one scene; of one in which nothing can be painted, for the whole prompt."""
    scale = _PAINTED / max(size)
    width, height = (max(64, round(side * scale / 8) * 8) for side in size)
    wish = ImageGeneration(
        prompt=(text if words.read(text).understood else f"{text} {prompt}")[:2000],
        width=min(width, _PAINTED),
        height=min(height, _PAINTED),
        seed=seed,
        style=style,
        style_strength=_STYLE_STRENGTH,
    )
    if image_generation.missing() is None:
        picture, about = image_generation.generate(wish, Silent(ctx))
    else:  # the painter itself needs no network
        picture, about = procedural.generate(wish.model_copy(update={"style_strength": 0.0}), Silent(ctx))
    return picture.convert("RGB"), about


class Silent:
    """The context of a part of a run: it hears of a cancellation, and its own reports go nowhere."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.job_id, self.attempt = ctx.job_id, ctx.attempt
        self.output_path, self.extra_path = ctx.output_path, ctx.extra_path

    @property
    def cancelled(self) -> bool:
        return self._ctx.cancelled

    def progress(self, percent: float, message: str = "") -> None:
        """The production has a progress of its own."""

    def log(self, line: str) -> None:
        """Likewise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Camera:
    """A way from one part of a picture to another, eased at both ends."""

    zoom_from: float
    zoom_to: float
    #: Where the camera is at the begin and at the end, as shares of the room that the zoom leaves.
    x: tuple[float, float]
    y: tuple[float, float]

    def box(self, picture: Size, share: float) -> tuple[float, float, float, float]:
        """What is seen of ``picture`` after ``share`` (0 to 1) of the way."""
        eased = (1 - math.cos(math.pi * min(1.0, max(0.0, share)))) / 2
        zoom = self.zoom_from + (self.zoom_to - self.zoom_from) * eased
        width, height = picture[0] / zoom, picture[1] / zoom
        left = (picture[0] - width) * (self.x[0] + (self.x[1] - self.x[0]) * eased)
        top = (picture[1] - height) * (self.y[0] + (self.y[1] - self.y[0]) * eased)
        return left, top, left + width, top + height


def camera(index: int, seed: int) -> Camera:
    """In and out in turn; where to is drawn."""
    draw = random.Random(seed * 1009 + index)  # noqa: S311  # no secret
    x, y = (draw.uniform(0.1, 0.9), draw.uniform(0.1, 0.9)), (draw.uniform(0.2, 0.6), draw.uniform(0.2, 0.6))
    near, far = _ZOOM, 1.02
    return (
        Camera(zoom_from=far, zoom_to=near, x=x, y=y)
        if index % 2 == 0
        else Camera(zoom_from=near, zoom_to=far, x=x, y=y)
    )


class Slide:
    """One scene as frames of ``size``."""

    def __init__(self, picture: Image.Image, way: Camera, size: Size, caption: str | None) -> None:
        # Cut to the canvas' shape, so that the camera's boxes have it too.
        scale = min(picture.width / size[0], picture.height / size[1])
        shape = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
        self._picture = cards.covering(picture, shape) if shape != picture.size else picture
        self._way = way
        self._size = size
        self._caption = cards.caption(caption, size) if caption else None

    def frame(self, share: float, visible: float) -> Image.Image:
        """After ``share`` of the camera's way; ``visible`` is how much of the caption is, 0 to 1."""
        box = self._way.box(self._picture.size, share)
        seen = self._picture.resize(self._size, Image.Resampling.BILINEAR, box=box)
        if self._caption is not None and visible > 0:
            strip, corner = self._caption
            mask = strip.getchannel("A")
            seen.paste(
                strip.convert("RGB"),
                corner,
                mask if visible >= 1 else mask.point(lambda alpha: int(alpha * visible)),
            )
        return seen


def slide_frames(
    slide: Slide, scene: Scene, rate: Fraction, before: Image.Image | None
) -> Iterator[Image.Image]:
    """The scene's frames; the first ones fade over from ``before``, the last frame of the scene before."""
    first, last = round(scene.start_s * rate), round(scene.end_s * rate)
    fade = max(1, min(round(_CROSSFADE_S * rate), (last - first) // 2))
    for number in range(last - first):
        share = number / max(1, last - first - 1)
        frame = slide.frame(share, min(1.0, float(number / rate) / _CAPTION_IN_S))
        if number < fade:
            frame = Image.blend(before or Image.new("RGB", frame.size), frame, (number + 1) / (fade + 1))
        yield frame
