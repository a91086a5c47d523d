"""The pictures with words on them: the title card, the thumbnail, a scene's caption."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from headrace_agent.handlers.production import lettering
from headrace_agent.handlers.production.canvas import Size

THUMBNAIL: Final[Size] = (1280, 720)
_THUMBNAIL_QUALITY: Final = 88
#: A frame whose shape is nearer to the thumbnail's than this is cut to fit; others get a blurred ground.
_CROPPED_UP_TO: Final = 1.35
_ACCENT: Final[lettering.Color] = (255, 196, 64)

JPEG_OPTIONS: Final = {"quality": _THUMBNAIL_QUALITY, "optimize": True, "progressive": True}


def covering(picture: Image.Image, size: Size) -> Image.Image:
    """``picture`` scaled and cut around the middle, so that it fills ``size``."""
    scale = max(size[0] / picture.width, size[1] / picture.height)
    width, height = size[0] / scale, size[1] / scale
    left, top = (picture.width - width) / 2, (picture.height - height) / 2
    box = (left, top, left + width, top + height)
    return picture.resize(size, Image.Resampling.LANCZOS, box=box)


def ground(picture: Image.Image, size: Size, *, light: float) -> Image.Image:
    """A blurred and darkened picture that fills ``size``, for something to stand on."""
    small = covering(picture, (max(16, size[0] // 8), max(16, size[1] // 8)))
    soft = small.filter(ImageFilter.GaussianBlur(max(2, size[1] // 160)))
    return ImageEnhance.Brightness(soft.resize(size, Image.Resampling.BICUBIC)).enhance(light)


def title_card(title: str, subtitle: str, picture: Image.Image | None, size: Size) -> Image.Image:
    """The title in the middle, over a blurred frame of the video."""
    plain = Image.new("RGB", size, (24, 28, 38))
    card = Image.blend(plain, ground(picture, size, light=0.55), 0.75) if picture is not None else plain
    width, height = size
    short = min(size)
    box = (int(width * 0.84), int(height * 0.5))
    lines = lettering.fitted(
        title, box, name=lettering.BOLD, largest=short // 7, smallest=short // 22, most_lines=4
    )
    top = (height - lines.height) / 2 - (short * 0.02 if subtitle else 0)
    lettering.draw(card, lines, (width / 2, top), centered=True)
    bar = (int(short * 0.14), max(2, short // 140))
    mark = Image.new("RGB", bar, _ACCENT)
    card.paste(mark, ((width - bar[0]) // 2, int(top + lines.height + short * 0.035)))
    if subtitle:
        under = lettering.fitted(
            subtitle,
            (box[0], int(height * 0.15)),
            name=lettering.SEMIBOLD,
            largest=short // 20,
            smallest=short // 30,
            most_lines=2,
        )
        place = (width / 2, top + lines.height + short * 0.075)
        lettering.draw(card, under, place, centered=True, color=(222, 226, 234))
    return card


def thumbnail(picture: Image.Image, title: str | None) -> Image.Image:
    """1280x720 of the frame, with the title in its lower part if there is one to draw."""
    width, height = THUMBNAIL
    shape = (picture.width / picture.height) / (width / height)
    if 1 / _CROPPED_UP_TO <= shape <= _CROPPED_UP_TO:
        thumb = covering(picture, THUMBNAIL)
    else:
        thumb = ground(picture, THUMBNAIL, light=0.6)
        scale = min(width / picture.width, height / picture.height)
        whole = picture.resize(
            (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))),
            Image.Resampling.LANCZOS,
        )
        thumb.paste(whole, ((width - whole.width) // 2, (height - whole.height) // 2))
    if not title or not lettering.drawable(title, lettering.BOLD):
        return thumb
    lines = lettering.fitted(
        title, (width - 144, 300), name=lettering.BOLD, largest=104, smallest=48, most_lines=3
    )
    thumb = _shaded(thumb, from_share=1 - (lines.height + 220) / height)
    top = height - 56 - lines.height
    thumb.paste(Image.new("RGB", (96, 8), _ACCENT), (72, int(top) - 16))
    lettering.draw(thumb, lines, (72, top), centered=False)
    return thumb


def caption(text: str, size: Size) -> tuple[Image.Image, tuple[int, int]] | None:
    """An RGBA strip with ``text`` and where its corner belongs; None when the font has none of its letters."""
    width, height = size
    short = min(size)
    if not lettering.drawable(text, lettering.SEMIBOLD):
        return None
    lines = lettering.fitted(
        text,
        (int(width * 0.86), int(height * 0.3)),
        name=lettering.SEMIBOLD,
        largest=short // 17,
        smallest=short // 28,
        most_lines=4 if height > width else 3,
    )
    margin = short // 36
    strip = Image.new(
        "RGBA", (int(lines.width) + 4 * margin, int(lines.height) + 2 * margin), (12, 14, 20, 150)
    )
    lettering.draw(strip, lines, (strip.width / 2, margin * 0.8), centered=True)
    return strip, ((width - strip.width) // 2, height - strip.height - int(height * 0.06))


def _shaded(picture: Image.Image, *, from_share: float) -> Image.Image:
    """Darker towards the lower edge, so that white letters stand out on anything."""
    rows = np.linspace(0, 1, picture.height)
    depth = ((rows - from_share) / (1 - from_share)).clip(0, 1) ** 0.8 * 0.82
    mask = Image.fromarray(np.repeat((depth * 255).astype(np.uint8)[:, None], picture.width, axis=1))
    return Image.composite(Image.new("RGB", picture.size, (8, 10, 16)), picture, mask)
