"""Draws what was found into a picture."""

from __future__ import annotations

import colorsys
import zlib
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from headrace_agent.handlers.vision.detector import Detection


def annotated(picture: Image.Image, detections: Sequence[Detection]) -> Image.Image:
    """A copy with a box and a caption for each detection; a class has the same colour in every picture."""
    copy = picture.copy()
    draw = ImageDraw.Draw(copy)
    line = max(2, round(min(picture.size) / 200))
    font = ImageFont.load_default(size=max(11, min(picture.size) / 32))
    for found in reversed(detections):  # the surest last, on top
        color = _color(found.label)
        draw.rectangle((found.left, found.top, found.right, found.bottom), outline=color, width=line)
        caption = f"{found.label} {found.confidence:.0%}"
        left, top, right, bottom = draw.textbbox((0, 0), caption, font=font)
        height = bottom - top + 2 * line
        y = found.top - height if found.top >= height else found.top
        draw.rectangle((found.left, y, found.left + right - left + 2 * line, y + height), fill=color)
        draw.text((found.left + line - left, y + line - top), caption, fill="black", font=font)
    return copy


def _color(label: str) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(zlib.crc32(label.encode()) % 360 / 360, 0.75, 1.0)
    return round(red * 255), round(green * 255), round(blue * 255)
