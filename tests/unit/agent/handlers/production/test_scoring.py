"""A sharp, well lit, colourful picture is better than a blurred, dark or grey one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from headrace_agent.handlers.production.scoring import judge


@pytest.fixture(scope="module")
def good() -> Image.Image:
    rng = np.random.default_rng(1)
    patches = rng.integers(30, 225, (18, 32, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((640, 360), Image.Resampling.NEAREST)


@pytest.mark.parametrize(
    ("worse", "part"),
    [
        (lambda picture: picture.filter(ImageFilter.GaussianBlur(12)), "sharpness"),
        (lambda picture: ImageEnhance.Brightness(picture).enhance(0.12), "exposure"),
        (lambda picture: picture.point(lambda value: min(255, value + 190)), "exposure"),
        (lambda picture: ImageEnhance.Contrast(picture).enhance(0.1), "contrast"),
        (lambda picture: picture.convert("L").convert("RGB"), "colour"),
    ],
)
def test_each_fault_is_seen(
    good: Image.Image, worse: Callable[[Image.Image], Image.Image], part: str
) -> None:
    best, other = judge(good), judge(worse(good))
    assert getattr(other, part) < getattr(best, part) - 0.15
    assert other.total < best.total - 0.03


@pytest.mark.parametrize("value", [0, 255])
def test_a_plain_picture_is_worth_nothing(value: int) -> None:
    assert judge(Image.new("RGB", (64, 64), (value, value, value))).total < 0.05


def test_scores_are_shares(good: Image.Image) -> None:
    assert all(0 <= value <= 1 for value in judge(good).as_json().values())
