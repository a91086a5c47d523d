"""Pictures from prompts: the same again for the same seed, and true to the words that are understood."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.support.handler_context import RecordingContext, run_handler

from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.image_generation import HANDLER


def make(
    folder: Path, **payload: Any
) -> tuple[dict[str, Any], np.ndarray[Any, np.dtype[np.uint8]], RecordingContext]:
    folder.mkdir(exist_ok=True)
    ctx = RecordingContext(folder)
    result = run_handler(HANDLER, payload, ctx)
    assert ctx.output is not None
    assert ctx.output.name == "output.png"
    with Image.open(ctx.output) as picture:
        assert picture.format == "PNG"
        return result, np.asarray(picture.convert("RGB")), ctx


def test_a_picture_of_the_size_asked_for_that_says_how_it_was_made(tmp_path: Path) -> None:
    result, pixels, ctx = make(
        tmp_path, prompt="A red dragon over snowy mountains at sunset", width=320, height=192
    )
    assert pixels.shape == (192, 320, 3)
    assert pixels.std() > 20
    assert (result["width"], result["height"]) == (320, 192)
    assert result["generator"] == "procedural+neural-style"
    assert result["understood_words"] == ["snowy", "mountains", "sunset"]
    assert result["ignored_words"] == ["red", "dragon"]
    assert ctx.lines == ["not understood: red, dragon"]


def test_the_same_seed_makes_the_same_picture_and_another_seed_another(tmp_path: Path) -> None:
    _, first, _ = make(tmp_path / "a", prompt="hills", seed=7, width=128, height=128)
    _, again, _ = make(tmp_path / "b", prompt="hills", seed=7, width=128, height=128)
    _, other, _ = make(tmp_path / "c", prompt="hills", seed=8, width=128, height=128)
    assert np.array_equal(first, again)
    assert np.abs(first.astype(int) - other).mean() > 5


def test_without_a_seed_the_prompt_decides_and_the_result_tells_the_seed(tmp_path: Path) -> None:
    said, first, _ = make(tmp_path / "a", prompt="a quiet lake", width=64, height=64)
    _, again, _ = make(tmp_path / "b", prompt="a quiet lake", seed=said["seed"], width=64, height=64)
    assert np.array_equal(first, again)


def test_words_change_what_is_seen(tmp_path: Path) -> None:
    def plain(name: str, prompt: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
        return make(tmp_path / name, prompt=prompt, seed=3, style_strength=0, width=128, height=128)[1]

    day, night, winter, sunset = (
        plain(name, prompt)
        for name, prompt in (
            ("d", "hills"),
            ("n", "hills at night"),
            ("w", "hills in winter"),
            ("s", "hills at sunset"),
        )
    )
    assert night.mean() < 0.5 * day.mean()
    land = slice(100, 128)
    assert winter[land].mean() > day[land].mean() + 30
    horizon = slice(40, 56)
    red_over_blue = [float(p[horizon, :, 0].mean() - p[horizon, :, 2].mean()) for p in (day, sunset)]
    assert red_over_blue[1] > red_over_blue[0] + 40


def test_styles_differ_and_strength_blends(tmp_path: Path) -> None:
    def styled(name: str, **payload: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
        return make(tmp_path / name, prompt="lake", seed=1, width=128, height=128, **payload)[1].astype(
            np.int64
        )

    plain, weak, strong = (styled(f"s{s}", style=4, style_strength=s) for s in (0.0, 0.3, 1.0))
    assert 0 < np.abs(weak - plain).mean() < np.abs(strong - plain).mean()
    assert np.abs(styled("other", style=9, style_strength=1.0) - strong).mean() > 5


def test_a_blank_prompt_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HandlerError, match="the prompt is blank"):
        run_handler(HANDLER, {"prompt": "   "}, RecordingContext(tmp_path))


def test_a_cancelled_run_writes_nothing(tmp_path: Path) -> None:
    ctx = RecordingContext(tmp_path, cancel_when=lambda _: True)
    assert run_handler(HANDLER, {"prompt": "lake"}, ctx) == {}
    assert ctx.output is None


def test_diffusion_weights_without_the_library_are_said_to_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_IMAGE_MODEL_PATH", "/models/sd")
    monkeypatch.setattr("headrace_agent.handlers.requirements.find_spec", lambda _: None)
    sentence = HANDLER.missing()
    assert sentence is not None
    assert sentence.startswith("HEADRACE_IMAGE_MODEL_PATH needs torch, diffusers, transformers")
