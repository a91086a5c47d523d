"""The size of the picture, and how a source of another shape fits into it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

Size = tuple[int, int]

#: What «16:9» and its kin mean, as width by height.
_ASPECTS: Final = {
    "16:9": Fraction(16, 9),
    "9:16": Fraction(9, 16),
    "1:1": Fraction(1),
    "4:5": Fraction(4, 5),
}
#: A picture that keeps the source's shape stays inside this shape, upright or lying.
_WIDEST: Final = Fraction(16, 9)
_SMALLEST: Final = 16


def canvas(aspect: str, resolution: int, source: tuple[float, float]) -> Size:
    """Width and height of the result, both even.

    ``resolution`` is the shorter side; with ``aspect`` ``source`` it is that of the 16:9 box (9:16 for an upright one)
    that the picture just fits into. ``source`` is the size at which the source is seen.
    """
    if aspect in _ASPECTS:
        shape = _ASPECTS[aspect]
        width, height = (resolution * max(shape, Fraction(1)), resolution / min(shape, Fraction(1)))
        return even(float(width)), even(float(height))
    long, short = max(source), min(source)
    scale = min(resolution / short, float(resolution * _WIDEST) / long)
    return even(source[0] * scale), even(source[1] * scale)


def even(length: float) -> int:
    """The nearest even number of pixels: H.264 halves the colours' planes."""
    return max(_SMALLEST, round(length / 2) * 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """The source is scaled to ``scaled``; then bars are added, or what is over is cut, around the middle."""

    scaled: Size
    canvas: Size

    @property
    def offset(self) -> Size:
        """Where the scaled picture's corner lies on the canvas; negative where it is cut."""
        return (
            (self.canvas[0] - self.scaled[0]) // 4 * 2,
            (self.canvas[1] - self.scaled[1]) // 4 * 2,
        )


def place(source: tuple[float, float], on: Size, *, crop: bool) -> Placement:
    """``crop`` covers the canvas, else the whole source is seen on it."""
    ratios = (on[0] / source[0], on[1] / source[1])
    scale = max(ratios) if crop else min(ratios)
    width, height = even(source[0] * scale), even(source[1] * scale)
    if crop:
        width, height = max(width, on[0]), max(height, on[1])
    else:
        width, height = min(width, on[0]), min(height, on[1])
    # A difference of two pixels is rounding and no bar.
    if abs(width - on[0]) <= 2:
        width = on[0]
    if abs(height - on[1]) <= 2:
        height = on[1]
    return Placement(scaled=(width, height), canvas=on)
