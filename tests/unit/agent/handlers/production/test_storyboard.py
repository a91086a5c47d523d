"""A prompt becomes scenes of a bearable length."""

from __future__ import annotations

import pytest

from headrace_agent.handlers.production.storyboard import MOST_SCENES, split, timed


@pytest.mark.parametrize(
    ("prompt", "scenes"),
    [
        ("One thing happens here today.", ["One thing happens here today."]),
        (
            "The sun rises over the lake. Birds begin to sing their songs!",
            ["The sun rises over the lake.", "Birds begin to sing their songs!"],
        ),
        (
            "1. First this\n2) Then that\n\n- And more\nScene 4: The end",
            ["First this", "Then that", "And more", "The end"],
        ),
        # A sentence that is over at once stands with its neighbour.
        ("It rains. The whole town is under water.", ["It rains. The whole town is under water."]),
        ("...\n!!!", []),
    ],
)
def test_scenes(prompt: str, scenes: list[str]) -> None:
    assert split(prompt) == scenes


def test_a_long_sentence_is_divided_where_it_breathes() -> None:
    sentence = "We walk through the quiet forest, " * 12
    scenes = split(sentence)
    assert " ".join(scenes) == sentence.strip()
    assert all(len(scene) <= 170 for scene in scenes)
    assert all(scene.endswith(",") for scene in scenes)


def test_a_text_without_spaces_is_divided_too() -> None:
    assert [len(scene) for scene in split("a" * 400)] == [170, 170, 60]


def test_there_are_never_too_many_and_nothing_is_lost() -> None:
    lines = [f"Line number {number} of this text" for number in range(100)]
    scenes = split("\n".join(lines))
    assert len(scenes) <= MOST_SCENES
    assert " ".join(scenes) == " ".join(lines)


def test_scenes_last_as_long_as_they_are_read() -> None:
    scenes = timed(["a" * 70, "short", "spoken"], [None, None, 6.0], None)
    assert [scene.length_s for scene in scenes] == [5.0, 3.0, 7.0]
    assert [scene.start_s for scene in scenes] == [0.0, 5.0, 8.0]
    assert scenes[-1].end_s == 15.0


@pytest.mark.parametrize(
    ("limit_s", "lengths"), [(20, [3.0, 3.0, 3.0]), (7, [3.0, 3.0, 1.0]), (6.2, [3.0, 3.0]), (1, [1.0])]
)
def test_a_limit_cuts_the_last_scene(limit_s: float, lengths: list[float]) -> None:
    assert [scene.length_s for scene in timed(["a", "b", "c"], [None] * 3, limit_s)] == lengths
