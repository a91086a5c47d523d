"""Boxes: fitted into the model's square and back, and without doubles."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from headrace_agent.handlers.vision.detector import Detection, _letterbox, _without_doubles


def kept(
    boxes: list[list[float]], scores: list[float], classes: list[int], overlap: float = 0.5
) -> list[int]:
    return _without_doubles(
        np.array(boxes, dtype=np.float32).reshape(-1, 4),
        np.array(scores, dtype=np.float32),
        np.array(classes),
        overlap,
    )


def test_the_surer_of_two_boxes_stays() -> None:
    assert kept([[0, 0, 10, 10], [1, 0, 11, 10], [40, 0, 50, 10]], [0.6, 0.9, 0.3], [0, 0, 0]) == [1, 2]


def test_boxes_of_two_classes_are_not_doubles() -> None:
    assert kept([[0, 0, 10, 10], [0, 0, 10, 10]], [0.6, 0.9], [0, 1]) == [1, 0]


@pytest.mark.parametrize(("overlap", "count"), [(0.3, 1), (0.34, 2)])
def test_the_limit_is_the_shared_part_of_both(overlap: float, count: int) -> None:
    # Half of each is shared: 50 of 150.
    assert len(kept([[0, 0, 10, 10], [5, 0, 15, 10]], [0.9, 0.8], [0, 0], overlap)) == count


def test_nothing_and_boxes_without_area_are_no_trouble() -> None:
    assert kept([], [], []) == []
    assert kept([[3, 3, 3, 3], [3, 3, 3, 3]], [0.5, 0.4], [0, 0]) == [0, 1]


@pytest.mark.parametrize(
    ("size", "scale", "left", "top"),
    [((100, 50), 2.0, 0, 50), ((50, 100), 2.0, 50, 0), ((400, 400), 0.5, 0, 0), ((1, 4000), 0.05, 99, 0)],
)
def test_a_picture_is_centred_and_its_scale_known(
    size: tuple[int, int], scale: float, left: int, top: int
) -> None:
    fitted, got, x, y = _letterbox(Image.new("RGB", size, "white"), 200, 200)
    assert fitted.size == (200, 200)
    assert (got, x, y) == (scale, left, top)
    assert fitted.getpixel((x, y)) == (255, 255, 255)
    if left:
        assert fitted.getpixel((left - 1, 100)) == (0, 0, 0)


def test_json_has_a_corner_and_a_size() -> None:
    found = Detection(label="cat", confidence=0.123456, left=1.04, top=2, right=11.04, bottom=22.06)
    assert found.as_json() == {
        "label": "cat",
        "confidence": 0.1235,
        "box": {"x": 1.0, "y": 2, "width": 10.0, "height": 20.1},
    }
