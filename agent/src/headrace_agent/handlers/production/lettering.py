"""Letters on pictures: Source Sans Pro, broken into lines and made as large as fits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from headrace_agent.handlers.production.canvas import Size

#: The package that carries the font; it is not imported, only looked into.
PACKAGE: Final = "font_source_sans_pro"
BOLD: Final = "SourceSansPro-Bold.ttf"
SEMIBOLD: Final = "SourceSansPro-Semibold.ttf"
_LEADING: Final = 1.14
#: Of the narrowest canvas.
_LEAST_SIZE: Final = 4
Color = tuple[int, int, int]
WHITE: Final[Color] = (255, 255, 255)


@lru_cache(maxsize=64)
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    spec = find_spec(PACKAGE)
    folder = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    return ImageFont.truetype(str(folder / "files" / name), size)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """A text as it is drawn."""

    lines: tuple[str, ...]
    font: ImageFont.FreeTypeFont

    @property
    def line_height(self) -> float:
        return self.font.size * _LEADING

    @property
    def height(self) -> float:
        return self.line_height * len(self.lines)

    @property
    def width(self) -> float:
        return max((self.font.getlength(line) for line in self.lines), default=0.0)


def fitted(text: str, box: Size, *, name: str, largest: int, smallest: int, most_lines: int) -> Lines:
    """``text`` in the largest letters that fit into ``box``; what fits in no size ends with «…»."""
    words = drawable(text, name).split()
    smallest = max(_LEAST_SIZE, smallest)
    size = max(smallest, largest)
    while True:
        letters = font(name, size)
        lines = _wrapped(words, letters, box[0])
        fits = len(lines) <= most_lines and len(lines) * size * _LEADING <= box[1]
        if fits and all(letters.getlength(line) <= box[0] for line in lines):
            return Lines(lines=tuple(_balanced(words, letters, box[0], len(lines))), font=letters)
        if size <= smallest:
            room = max(1, min(most_lines, int(box[1] / (size * _LEADING))))
            return Lines(lines=tuple(_shortened(lines, letters, box[0], room)), font=letters)
        size = max(smallest, int(size * 0.93))


def draw(
    picture: Image.Image, lines: Lines, at: tuple[float, float], *, centered: bool, color: Color = WHITE
) -> None:
    """``at`` is the upper left corner of the block, or the middle of its upper edge; with a soft shadow."""
    pen = ImageDraw.Draw(picture, "RGBA")
    offset = max(1.0, lines.font.size / 24)
    for index, line in enumerate(lines.lines):
        x = at[0] - (lines.font.getlength(line) / 2 if centered else 0)
        y = at[1] + index * lines.line_height
        pen.text((x + offset, y + offset), line, font=lines.font, fill=(0, 0, 0, 150))
        pen.text((x, y), line, font=lines.font, fill=(*color, 255))


@lru_cache(maxsize=4)
def _blank(name: str) -> bytes:
    """What the font draws for a letter that it does not have."""
    return bytes(font(name, 24).getmask("\U0010fffd"))


def drawable(text: str, name: str) -> str:
    """``text`` without the letters that the font lacks (emoji, other scripts)."""
    return " ".join("".join(letter for letter in text if letter.isspace() or _has(letter, name)).split())


@lru_cache(maxsize=4096)
def _has(letter: str, name: str) -> bool:
    return letter.isprintable() and bytes(font(name, 24).getmask(letter)) != _blank(name)


def _wrapped(words: list[str], letters: ImageFont.FreeTypeFont, width: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and letters.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _balanced(words: list[str], letters: ImageFont.FreeTypeFont, width: float, count: int) -> list[str]:
    """The narrowest wrapping that still has ``count`` lines: no last word stands alone."""
    best = _wrapped(words, letters, width)
    narrow = width
    while count > 1 and narrow > width * 0.4:
        narrow *= 0.95
        lines = _wrapped(words, letters, narrow)
        if len(lines) != count or any(letters.getlength(line) > width for line in lines):
            return best
        best = lines
    return best


def _shortened(lines: list[str], letters: ImageFont.FreeTypeFont, width: float, room: int) -> list[str]:
    kept = lines[:room]
    cut = len(lines) > room
    for index, line in enumerate(kept):
        ends = "…" if letters.getlength(line) > width or (cut and index == room - 1) else ""
        text = line
        while text and letters.getlength(text + ends) > width:
            text = text[:-1].rstrip()
        kept[index] = text + ends
    return kept
