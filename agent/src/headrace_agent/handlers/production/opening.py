"""The title card as frames: it comes out of black and goes back into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from PIL import Image

from headrace_agent.handlers.production import lettering
from headrace_agent.handlers.production.canvas import Size
from headrace_agent.handlers.production.cards import title_card

#: Each fade's share of the card.
_FADE: Final = 0.16


def card_frames(
    title: str, subtitle: str, picture: Image.Image | None, size: Size, count: int
) -> Iterator[Image.Image]:
    """``count`` pictures of ``size``; none when the font has no letter of the title."""
    if not lettering.drawable(title, lettering.BOLD):
        return
    card = title_card(title, subtitle, picture, size)
    black = Image.new("RGB", size)
    fade = max(1, round(count * _FADE))
    for index in range(count):
        light = min(1.0, (index + 1) / fade, (count - index) / fade)
        yield card if light >= 1.0 else Image.blend(black, card, light)
