"""Cuts are found by the difference of frames."""

from __future__ import annotations

import numpy as np

from headrace_agent.handlers.video.scenes import MAX_LISTED, SceneFinder


def shown(levels: list[int], *, every_s: float = 0.5, threshold: float = 28) -> SceneFinder:
    finder = SceneFinder(threshold)
    for index, level in enumerate(levels):
        finder.show(index * every_s, np.full((4, 4, 3), level, dtype=np.uint8))
    return finder


def test_a_hard_change_begins_a_scene() -> None:
    result = shown([10, 12, 200, 201, 10]).as_json(2.5)
    assert result["scene_count"] == 3
    assert result["scenes"] == [
        {"start_s": 0.0, "end_s": 1.0, "duration_s": 1.0},
        {"start_s": 1.0, "end_s": 2.0, "duration_s": 1.0},
        {"start_s": 2.0, "end_s": 2.5, "duration_s": 0.5},
    ]


def test_a_slow_fade_is_one_scene() -> None:
    assert shown(list(range(0, 250, 20))).as_json(10)["scene_count"] == 1


def test_the_difference_is_not_wrapped_at_eight_bits() -> None:
    assert shown([250, 20]).as_json(1)["scene_count"] == 2
    assert shown([20, 250]).as_json(1)["scene_count"] == 2


def test_a_flash_makes_no_scene() -> None:
    assert shown([10, 10, 250, 10, 10], every_s=0.04).as_json(0.2)["scene_count"] == 1


def test_without_frames_there_are_no_scenes() -> None:
    assert SceneFinder(28).as_json(3) == {"scene_count": 0, "scenes": []}


def test_a_flicker_does_not_fill_the_result() -> None:
    result = shown([0, 255] * 400).as_json(400)
    assert result["scene_count"] == 800
    assert len(result["scenes"]) == MAX_LISTED
