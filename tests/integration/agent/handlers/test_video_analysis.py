"""Video analysis on a real street, on cuts whose times are known, and on files that are no video."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from PIL import Image
from tests.support.handler_context import RecordingContext, run_handler

from headrace.demo import samples
from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.video_analysis import HANDLER


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path)


def test_a_street_with_people_and_cars(ctx: RecordingContext) -> None:
    result = run_handler(HANDLER, {}, ctx, path=samples.street_video(), mime="video/mp4")
    assert result["duration_s"] == 10.0
    assert result["frames"] == 250
    assert result["damaged_packets"] == 0
    assert result["video"] == {
        "codec": "h264",
        "width": 640,
        "height": 272,
        "fps": 25.0,
        "pixel_format": "yuv420p",
    }
    assert result["audio"] is None
    # Seen by eye on the contact sheet: five hard cuts.
    assert [scene["start_s"] for scene in result["scenes"]] == [0.0, 1.2, 3.04, 5.48, 7.48, 9.68]
    assert {"person", "car"} <= {seen["label"] for seen in result["objects"]}
    assert [sample["time_s"] for sample in result["timeline"]] == [float(second) for second in range(10)]
    assert ctx.percents[-1] > 90
    assert ctx.output is not None
    with Image.open(ctx.output) as sheet:
        assert sheet.width > 900


@pytest.mark.parametrize(
    ("suffix", "mime", "codec"),
    [
        (".mp4", "video/mp4", "h264"),
        (".mov", "video/mov", "h264"),
        (".mkv", "video/mkv", "h264"),
        (".webm", "video/webm", "vp8"),
        (".avi", "video/avi", "mpeg4"),
    ],
)
def test_every_documented_format_is_read(
    ctx: RecordingContext, tmp_path: Path, suffix: str, mime: str, codec: str
) -> None:
    path = samples.short_video(tmp_path, suffix=suffix)
    result = run_handler(HANDLER, {"keyframes": 0}, ctx, path=path, mime=mime)
    assert result["duration_s"] == pytest.approx(3.0, abs=0.1)
    assert result["video"]["codec"] == codec
    assert [round(scene["start_s"], 1) for scene in result["scenes"]] == [0.0, 1.0, 2.0]
    cat = next(seen for seen in result["objects"] if seen["label"] == "cat")
    assert cat["first_s"] == cat["last_s"] == 0.0
    assert result["timeline"][0]["counts"] == {"cat": 1}
    assert ctx.output is None


def test_a_long_video_is_sampled_more_thinly(ctx: RecordingContext) -> None:
    payload = {"sample_every_s": 0.1, "max_samples": 3, "keyframes": 0}
    result = run_handler(HANDLER, payload, ctx, path=samples.street_video(), mime="video/mp4")
    times = [sample["time_s"] for sample in result["timeline"]]
    assert len(times) == 3
    assert times[-1] > 6


def test_objects_and_scenes_can_be_switched_off(ctx: RecordingContext, tmp_path: Path) -> None:
    path = samples.short_video(tmp_path)
    payload = {"detect_objects": False, "scene_threshold": 255.0, "keyframes": 0}
    result = run_handler(HANDLER, payload, ctx, path=path, mime="video/mp4")
    assert result["scene_count"] == 1
    assert "objects" not in result


def test_a_cancelled_run_ends_early(tmp_path: Path) -> None:
    ctx = RecordingContext(tmp_path, cancel_when=lambda c: bool(c.percents) and c.percents[-1] > 20)
    assert run_handler(HANDLER, {}, ctx, path=samples.street_video(), mime="video/mp4") == {}
    assert ctx.percents[-1] < 50
    assert ctx.output is None


def test_a_video_cut_short_is_analysed_as_far_as_it_goes(ctx: RecordingContext, tmp_path: Path) -> None:
    path = tmp_path / "cut.mkv"
    whole = samples.short_video(tmp_path, suffix=".mkv").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    result = run_handler(HANDLER, {"keyframes": 0}, ctx, path=path, mime="video/mkv")
    assert 0 < result["frames"] < 36


def _sound_only(folder: Path) -> Path:
    path = folder / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16_000)
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.sample_rate = 16_000
        frame.planes[0].update(bytes(4096))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_file_with_sound_only_is_refused(ctx: RecordingContext, tmp_path: Path) -> None:
    with pytest.raises(HandlerError, match="the file has no video stream"):
        run_handler(HANDLER, {}, ctx, path=_sound_only(tmp_path), mime="video/mp4")


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"", "video/mp4"),
        (b"not a video at all" * 100, "video/webm"),
        (b"RIFF\xff\xff\xff\x7fAVI LIST" + bytes(500), "video/avi"),
        (samples.street_video().read_bytes()[:2000], "video/mp4"),
        # A playlist could make FFmpeg open other files and addresses.
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "video/mp4"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "video/mkv"),
    ],
    ids=["empty", "text", "bare avi", "cut mp4", "playlist", "concat"],
)
def test_what_is_no_video_is_refused_with_a_sentence(
    ctx: RecordingContext, tmp_path: Path, data: bytes, mime: str
) -> None:
    path = tmp_path / "input"
    path.write_bytes(data)
    with pytest.raises(
        HandlerError, match=r"not a video/\w+ video|no video stream|has no size|can be decoded"
    ):
        run_handler(HANDLER, {}, ctx, path=path, mime=mime)
