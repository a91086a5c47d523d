"""Sizes are even, shapes are as wished, and nothing is distorted."""

from __future__ import annotations

import pytest

from headrace_agent.handlers.production.canvas import canvas, place


@pytest.mark.parametrize(
    ("aspect", "resolution", "source", "size"),
    [
        ("16:9", 720, (640, 272), (1280, 720)),
        ("9:16", 720, (640, 272), (720, 1280)),
        ("1:1", 1080, (10, 10), (1080, 1080)),
        ("4:5", 720, (10, 10), (720, 900)),
        ("source", 720, (1920, 1080), (1280, 720)),
        ("source", 720, (1080, 1920), (720, 1280)),
        ("source", 720, (640, 480), (960, 720)),
        ("source", 720, (640, 272), (1280, 544)),
        ("source", 360, (321, 181), (638, 360)),
        ("source", 360, (4000, 10), (640, 16)),
    ],
)
def test_the_canvas(aspect: str, resolution: int, source: tuple[float, float], size: tuple[int, int]) -> None:
    assert canvas(aspect, resolution, source) == size


@pytest.mark.parametrize(
    ("source", "on", "crop", "scaled", "offset"),
    [
        ((1920, 1080), (1280, 720), False, (1280, 720), (0, 0)),
        ((1920, 1080), (720, 1280), False, (720, 404), (0, 438)),
        ((1920, 1080), (720, 1280), True, (2276, 1280), (-778, 0)),
        ((640, 480), (1280, 720), False, (960, 720), (160, 0)),
        ((640, 480), (1280, 720), True, (1280, 960), (0, -120)),
        # Rounding makes no bars.
        ((321, 181), (638, 360), False, (638, 360), (0, 0)),
    ],
)
def test_a_source_on_a_canvas(
    source: tuple[float, float],
    on: tuple[int, int],
    crop: bool,
    scaled: tuple[int, int],
    offset: tuple[int, int],
) -> None:
    placement = place(source, on, crop=crop)
    assert (placement.scaled, placement.offset) == (scaled, offset)
