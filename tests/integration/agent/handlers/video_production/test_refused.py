"""What is no video is refused with a sentence, and what is broken is produced as far as it goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from tests.support.clips import decoded, film, sound_only, tone
from tests.support.handler_context import RecordingContext, run_handler

from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.video_production import HANDLER

UPLOAD = {"entry": "upload", "resolution": 360}


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path)


def _text(path: Path) -> None:
    path.write_text("This is a text that somebody has called a video.\n" * 50)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _picture(path: Path) -> None:
    Image.new("RGB", (64, 64), "red").save(path, "PNG")


def _without_index(path: Path) -> None:
    """Cut short: the index of an MP4 is at its end."""
    film(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _playlist(path: Path) -> None:
    """A playlist that would open another file."""
    path.write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_text, "is not a video/mp4 video, or it is damaged"),
        (_empty, "is not a video/mp4 video, or it is damaged"),
        (_picture, "is not a video/mp4 video, or it is damaged"),
        (_playlist, "is not a video/mp4 video, or it is damaged"),
        (_without_index, "is not a video/mp4 video, or it is damaged"),
    ],
)
def test_what_is_no_video_is_refused(
    ctx: RecordingContext, tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    path = tmp_path / "in.mp4"
    make(path)
    with pytest.raises(HandlerError, match=words):
        run_handler(HANDLER, UPLOAD, ctx, path=path, mime="video/mp4")


def test_sound_alone_is_no_video(ctx: RecordingContext, tmp_path: Path) -> None:
    path = sound_only(tmp_path / "in.mp4", tone(1.0, 0.1))
    with pytest.raises(HandlerError, match="no video stream"):
        run_handler(HANDLER, UPLOAD, ctx, path=path, mime="video/mp4")


def test_sound_that_nobody_can_decode_is_left_out(ctx: RecordingContext, tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mp4", seconds=1.0, sound=tone(1.0, 0.1)).read_bytes()
    path = tmp_path / "in.mp4"
    path.write_bytes(whole.replace(b"mp4a", b"zzzz").replace(b"esds", b"free"))
    result = run_handler(HANDLER, UPLOAD, ctx, path=path, mime="video/mp4")
    assert result["analysis"]["source"]["audio"] is None
    assert result["video"]["audio_codec"] is None
    assert ctx.output is not None
    assert decoded(ctx.output).samples is None


def test_without_a_file_the_sentence_says_what_is_needed(ctx: RecordingContext) -> None:
    with pytest.raises(HandlerError, match=r"entry 'upload' needs a video file \(MP4 or MOV\)"):
        run_handler(HANDLER, UPLOAD, ctx)


def test_a_film_with_damaged_parts_is_produced_all_the_same(ctx: RecordingContext, tmp_path: Path) -> None:
    path = film(tmp_path / "in.mp4", seconds=3.0, sound=tone(3.0, 0.1))
    data = bytearray(path.read_bytes())
    begin = data.index(b"mdat") + 4
    third = (len(data) - begin) // 3
    for at in range(begin + third, begin + third + 4000, 3):
        data[at] ^= 0x5A
    path.write_bytes(data)
    result = run_handler(HANDLER, UPLOAD, ctx, path=path, mime="video/mp4")
    assert ctx.output is not None
    made = decoded(ctx.output)
    assert len(made.times) == result["video"]["frames"] > 50
    assert made.times[-1] == pytest.approx(3.0, abs=0.3)


@pytest.mark.parametrize("percent", [1, 20, 50])
def test_a_cancelled_run_ends_early(tmp_path: Path, percent: int) -> None:
    path = film(tmp_path / "in.mp4", seconds=4.0, sound=tone(4.0, 0.1))
    ctx = RecordingContext(tmp_path, cancel_when=lambda c: bool(c.percents) and c.percents[-1] >= percent)
    assert run_handler(HANDLER, UPLOAD, ctx, path=path, mime="video/mp4") == {}
    assert percent <= ctx.percents[-1] < percent + 36
    assert ctx.extra == []
