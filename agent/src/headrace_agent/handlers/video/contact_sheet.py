"""One picture that shows a video at a glance."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw, ImageFont

_TILE_WIDTH, _GAP, _CAPTION = 320, 6, 18


class ContactSheet:
    """Wants ``count`` frames, evenly over ``duration_s``, and puts them side by side with their times."""

    def __init__(self, count: int, duration_s: float) -> None:
        step = duration_s / count if count else 0.0
        self._wanted = [(index + 0.5) * step for index in range(count)]
        self._tiles: list[tuple[float, Image.Image]] = []

    def wants(self, time_s: float) -> bool:
        return len(self._tiles) < len(self._wanted) and time_s >= self._wanted[len(self._tiles)]

    def add(self, time_s: float, frame: Image.Image) -> None:
        height = max(1, round(_TILE_WIDTH * frame.height / frame.width))
        self._tiles.append((time_s, frame.resize((_TILE_WIDTH, min(height, 2 * _TILE_WIDTH)))))

    @property
    def empty(self) -> bool:
        return not self._tiles

    def picture(self) -> Image.Image:
        columns = min(len(self._tiles), max(1, math.isqrt(len(self._tiles) - 1) + 1))
        rows = math.ceil(len(self._tiles) / columns)
        tile_height = max(tile.height for _, tile in self._tiles) + _CAPTION
        size = (columns * (_TILE_WIDTH + _GAP) + _GAP, rows * (tile_height + _GAP) + _GAP)
        sheet = Image.new("RGB", size, "white")
        draw = ImageDraw.Draw(sheet)
        font = ImageFont.load_default(size=13)
        for index, (time_s, tile) in enumerate(self._tiles):
            row, column = divmod(index, columns)
            x, y = _GAP + column * (_TILE_WIDTH + _GAP), _GAP + row * (tile_height + _GAP)
            sheet.paste(tile, (x, y + _CAPTION))
            minutes, seconds = divmod(time_s, 60)
            draw.text((x + 2, y), f"{minutes:.0f}:{seconds:05.2f}", fill="black", font=font)
        return sheet
