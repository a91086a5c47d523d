"""How good a frame would be as a picture for a video: sharp, well lit, rich in contrast and colour."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Frames are judged at this width.
JUDGED_WIDTH = 320


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """Each part and the whole, 0 to 1."""

    sharpness: float
    exposure: float
    contrast: float
    colour: float

    @property
    def total(self) -> float:
        seen = 0.4 * self.sharpness + 0.2 * self.contrast + 0.1 * self.colour + 0.3 * self.exposure
        # Nothing makes up for a picture that is black or burnt out.
        return seen * min(1.0, 2 * self.exposure)

    def as_json(self) -> dict[str, Any]:
        parts = {name: round(value, 4) for name, value in asdict(self).items()}
        return {**parts, "score": round(self.total, 4)}


def judge(picture: Image.Image) -> Score:
    """``picture`` is RGB of any size."""
    height = max(3, round(JUDGED_WIDTH * picture.height / picture.width))
    small = np.asarray(picture.resize((JUDGED_WIDTH, height), Image.Resampling.BOX), dtype=np.float32)
    luma = small @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
    return Score(
        sharpness=_sharpness(luma), exposure=_exposure(luma), contrast=_contrast(luma), colour=_colour(small)
    )


def _sharpness(luma: NDArray[np.float32]) -> float:
    """The variance of the Laplacian, on a scale on which a film still has about 0.8."""
    edges = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * luma[1:-1, 1:-1]
    return min(1.0, float(np.log10(1 + edges.var())) / 3.5)


def _exposure(luma: NDArray[np.float32]) -> float:
    """1 for a mean in the middle without areas of plain black or white."""
    mean = float(luma.mean()) / 255
    lost = float(((luma < 6) | (luma > 249)).mean())
    return max(0.0, 1 - (abs(mean - 0.48) / 0.48) ** 2 - 0.6 * lost)


def _contrast(luma: NDArray[np.float32]) -> float:
    return min(1.0, float(luma.std()) / 64)


def _colour(pixels: NDArray[np.float32]) -> float:
    """Colourfulness after Hasler and Süsstrunk (2003); about 60 is «quite colourful»."""
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    first, second = red - green, (red + green) / 2 - blue
    spread = float(np.hypot(first.std(), second.std()))
    return min(1.0, (spread + 0.3 * float(np.hypot(first.mean(), second.mean()))) / 60)
