"""Words on pictures: they fit, stand out, and do without letters that the font lacks."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from headrace.demo import samples
from headrace_agent.handlers.production import cards, lettering

LONG = "An exceptionally long title that goes on and on, with many words, until the hundredth character, wow"


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    with Image.open(samples.rocket_photo()) as picture:
        return picture.convert("RGB")


@pytest.mark.parametrize(
    "text", ["Hi", "A Rocket on Its Pad", LONG, "Donaudampfschifffahrtsgesellschaft" * 3]
)
@pytest.mark.parametrize("box", [(1136, 300), (300, 600)])
def test_a_text_fits_into_its_box(text: str, box: tuple[int, int]) -> None:
    lines = lettering.fitted(text, box, name=lettering.BOLD, largest=104, smallest=30, most_lines=3)
    assert lines.width <= box[0]
    assert lines.height <= box[1] + 1
    assert 1 <= len(lines.lines) <= 3
    assert 30 <= lines.font.size <= 104


def test_a_text_that_fits_is_whole_and_one_that_does_not_says_so() -> None:
    fitting = lettering.fitted(LONG, (1136, 300), name=lettering.BOLD, largest=104, smallest=20, most_lines=3)
    assert " ".join(fitting.lines) == LONG
    cut = lettering.fitted(LONG, (300, 60), name=lettering.BOLD, largest=60, smallest=40, most_lines=1)
    assert cut.lines[0].endswith("…")


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Straße, Ελλάδα, Москва", "Straße, Ελλάδα, Москва"),
        ("Bikes 🚲 now", "Bikes now"),
        ("产品介绍", ""),
        ("مرحبا", ""),
        ("a\u202eb\x07", "ab"),
    ],
)
def test_letters_that_the_font_lacks_are_left_out(text: str, drawn: str) -> None:
    assert lettering.drawable(text, lettering.BOLD) == drawn


@pytest.mark.parametrize("shape", [(640, 360), (360, 640), (500, 500), (2000, 300)])
def test_a_thumbnail_of_any_frame(photo: Image.Image, shape: tuple[int, int]) -> None:
    frame = cards.covering(photo, shape)
    plain, titled = cards.thumbnail(frame, None), cards.thumbnail(frame, "A Rocket on Its Pad")
    assert plain.size == titled.size == (1280, 720)
    difference = np.abs(np.asarray(plain).astype(int) - np.asarray(titled)).mean(axis=(1, 2))
    # Only the lower part is touched, and there one finds white letters.
    assert difference[:200].max() < 1
    assert (np.asarray(titled)[400:] > 245).all(axis=2).sum() > 3000


def test_a_title_without_letters_leaves_the_thumbnail_alone(photo: Image.Image) -> None:
    assert cards.thumbnail(photo, "产品介绍").tobytes() == cards.thumbnail(photo, None).tobytes()
    assert cards.caption("产品介绍", (640, 360)) is None


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (360, 360), (640, 16)])
def test_a_title_card_and_a_caption_of_any_size(photo: Image.Image, size: tuple[int, int]) -> None:
    assert cards.title_card(LONG, "and a line below", photo, size).size == size
    assert cards.title_card("Short", "", None, size).size == size
    found = cards.caption(LONG, size)
    assert found is not None
    strip, (left, _) = found
    assert left >= 0
    assert strip.width <= size[0]
