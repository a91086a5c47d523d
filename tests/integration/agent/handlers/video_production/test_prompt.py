"""A video from words alone: it plays, shows the scenes, and is read aloud."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.support.clips import boxes, decoded, picture_at
from tests.support.handler_context import RecordingContext, run_handler

from headrace_agent.handlers import text_to_speech
from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.video_production import HANDLER
from headrace_contracts.catalogue.video_production import PORTALS

PROMPT = "Morning at a lake in the mountains.\nA city at night."


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path)


def produce(ctx: RecordingContext, prompt: str = PROMPT, **payload: Any) -> dict[str, Any]:
    return run_handler(HANDLER, {"entry": "prompt", "prompt": prompt, "resolution": 360, **payload}, ctx)


def test_a_prompt_becomes_a_narrated_video(ctx: RecordingContext) -> None:
    assert text_to_speech.HANDLER.missing() is None
    result = produce(ctx, title_card=True, title_card_s=1.0)
    assert ctx.output is not None
    made = decoded(ctx.output)
    assert (made.width, made.height, made.video_codec, made.audio_codec) == (640, 360, "h264", "aac")
    assert boxes(ctx.output).index("moov") < boxes(ctx.output).index("mdat")
    scenes = result["analysis"]["scenes"]
    assert [scene["text"] for scene in scenes] == PROMPT.splitlines()
    length = 1.0 + scenes[-1]["end_s"]
    assert result["video"]["duration_s"] == pytest.approx(length, abs=0.1)
    assert made.times == pytest.approx([n / 25 for n in range(len(made.times))], abs=1e-3)
    assert made.samples is not None
    assert made.samples.shape[1] / 48_000 == pytest.approx(length, abs=0.15)
    # Speech of -16 LUFS, with its pauses, has about this mean.
    assert -25 < made.loudness_dbfs < -15
    assert made.peak_dbfs < -0.5
    assert result["analysis"]["narration"] == {"voice": "heart"}
    assert list(dict.fromkeys(message.partition(":")[0] for message in ctx.messages)) == list(PORTALS)
    assert result["title"] == "Morning at a Lake in the Mountains"
    assert result["description"].startswith(PROMPT)
    assert {"morning", "lake", "mountains", "city"} <= set(result["tags"])
    with Image.open(ctx.extra[0]) as thumbnail:
        thumbnail.load()
        assert thumbnail.size == (1280, 720)


def test_the_scenes_differ_and_the_camera_moves(ctx: RecordingContext) -> None:
    result = produce(ctx, narration=False, captions=False)
    assert ctx.output is not None
    first, second = result["analysis"]["scenes"]
    pictures = [
        np.asarray(picture_at(ctx.output, at)).astype(float)
        for at in (first["start_s"] + 1, first["end_s"] - 0.5, second["start_s"] + 1.5)
    ]
    assert np.abs(pictures[0] - pictures[1]).mean() > 2
    # Day and night.
    assert pictures[0].mean() > pictures[2].mean() + 20
    assert result["analysis"]["silent_because"] == "switched off"
    assert decoded(ctx.output).samples is None


def test_captions_are_written_into_the_picture(tmp_path: Path) -> None:
    seen = {}
    for captions in (True, False):
        folder = tmp_path / str(captions)
        folder.mkdir()
        ctx = RecordingContext(folder)
        produce(ctx, "Dark night in the city, with words that are read.", captions=captions, narration=False)
        assert ctx.output is not None
        seen[captions] = np.asarray(picture_at(ctx.output, 1.5)).astype(int)
    lower = slice(240, 360)
    differing = np.abs(seen[True] - seen[False])
    assert differing[lower].mean() > 4
    assert differing[:200].mean() < 3
    assert (seen[True][lower] > 225).all(axis=2).sum() > 100


def test_the_same_prompt_gives_the_same_video(tmp_path: Path) -> None:
    videos = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        ctx = RecordingContext(tmp_path / name)
        produce(ctx, "A meadow in spring.", narration=False)
        assert ctx.output is not None
        videos.append((ctx.output.read_bytes(), ctx.extra[0].read_bytes()))
    assert videos[0] == videos[1]


def test_a_language_without_a_voice_is_shown_and_not_read(ctx: RecordingContext) -> None:
    result = produce(ctx, "Ein ruhiger Morgen am See.", language="de", aspect="9:16")
    assert result["analysis"]["narration"] is None
    assert "speak English, and the language is 'de'" in result["analysis"]["silent_because"]
    assert (result["video"]["width"], result["video"]["height"]) == (360, 640)
    assert result["title"] == "Ein ruhiger Morgen am See"


def test_a_limit_holds_for_the_story(ctx: RecordingContext) -> None:
    result = produce(ctx, "\n".join(f"Scene number {n} of the forest." for n in range(9)), max_duration_s=4)
    assert result["video"]["duration_s"] == pytest.approx(4.0, abs=0.1)


def test_a_voice_that_is_not_installed_is_named(ctx: RecordingContext) -> None:
    with pytest.raises(HandlerError, match="'fable' is not installed on this agent"):
        produce(ctx, voice="fable")


def test_a_prompt_without_words_is_refused(ctx: RecordingContext) -> None:
    with pytest.raises(HandlerError, match="holds no words"):
        produce(ctx, "... !!! ...")


@pytest.mark.parametrize("percent", [2, 20, 60])
def test_a_cancelled_run_ends_early(tmp_path: Path, percent: int) -> None:
    ctx = RecordingContext(tmp_path, cancel_when=lambda c: bool(c.percents) and c.percents[-1] >= percent)
    assert produce(ctx) == {}
    assert ctx.percents[-1] < percent + 30
    assert ctx.extra == []
