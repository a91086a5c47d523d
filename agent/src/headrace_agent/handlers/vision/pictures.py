"""Reads a picture that a stranger sent."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from headrace_agent.handlers.api import HandlerError

#: More than any camera makes, and 240 MB of memory.
MAX_PIXELS = 80_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def open_picture(path: Path) -> Image.Image:
    """The picture as RGB, upright (EXIF), on white where it is transparent; the first frame of several.

    Raises ``HandlerError`` when it is no picture, is cut short, or has more than ``MAX_PIXELS``.
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures and of broken EXIF; the first is refused below, the second harmless.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=_FORMATS) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise HandlerError(
                        f"the image has {width}x{height} pixels, more than the {MAX_PIXELS:,} that are taken"
                    )
                image.load()
                return _flat(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError as error:
        raise HandlerError(f"the image has more than the {MAX_PIXELS:,} pixels that are taken") from error
    except UnidentifiedImageError as error:
        raise HandlerError(
            "the file is not a JPEG, PNG, WebP or GIF image, or its header is damaged"
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error) as error:
        # What Pillow's readers raise for damaged data differs from format to format.
        raise HandlerError(f"the image is damaged or cut short: {error}") from error


def _flat(image: Image.Image) -> Image.Image:
    if image.mode in {"I;16", "I;16B", "I;16L"}:
        # convert("RGB") would cut 16-bit grey at 255 instead of scaling it.
        return image.point(lambda value: value / 256, "L").convert("RGB")
    if image.has_transparency_data:
        above = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", above.size, "white"), above).convert("RGB")
    return image.convert("RGB")


def center_square(image: Image.Image, size: int, *, share: float = 0.875) -> Image.Image:
    """The square in the middle, ``share`` of the shorter side wide, in ``size`` pixels."""
    side = max(1.0, min(image.size) * share)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return image.resize((size, size), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))
