"""Uploads of all kinds become one kind of video: what comes out is decoded and measured."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from tests.support.clips import bars, boxes, decoded, film, picture_at, tone, turned
from tests.support.handler_context import RecordingContext, run_handler

from headrace.demo import samples
from headrace_agent.handlers.video_production import HANDLER
from headrace_contracts.catalogue.video_production import PORTALS


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path)


def produce(ctx: RecordingContext, path: Path, mime: str = "video/mp4", **payload: Any) -> dict[str, Any]:
    return run_handler(HANDLER, {"entry": "upload", "resolution": 360, **payload}, ctx, path=path, mime=mime)


def test_a_street_becomes_a_video_with_thumbnail_and_words(ctx: RecordingContext) -> None:
    result = produce(ctx, samples.street_video(), resolution=720, title_card=True)
    assert ctx.output is not None
    assert ctx.output.name == "video.mp4"
    made = decoded(ctx.output)
    assert (made.width, made.height, made.video_codec, made.pixel_format) == (1280, 544, "h264", "yuv420p")
    assert len(made.times) == 250 + 62
    assert made.times == pytest.approx([n / 25 for n in range(len(made.times))], abs=1e-3)
    assert boxes(ctx.output).index("moov") < boxes(ctx.output).index("mdat")
    assert result["video"] | {"size_bytes": 0} == {
        "name": "video.mp4",
        "mime": "video/mp4",
        "size_bytes": 0,
        "width": 1280,
        "height": 544,
        "duration_s": 12.48,
        "fps": 25.0,
        "frames": 312,
        "codec": "h264",
        "audio_codec": None,
        "title_card_s": 2.48,
        "gain_db": None,
    }
    assert result["video"]["size_bytes"] == ctx.output.stat().st_size
    assert [scene["start_s"] for scene in result["analysis"]["scenes"]] == [0.0, 1.2, 3.04, 5.48, 7.48, 9.68]
    assert result["title"] == "Bikes"
    assert {"cars", "people"} <= set(result["tags"])
    assert "cars" in result["description"]
    assert result["copy"] == {"title": "composed", "description": "composed", "tags": "composed"}
    [thumbnail] = ctx.extra
    assert thumbnail.name == result["thumbnail"]["name"] == "thumbnail.jpg"
    with Image.open(thumbnail) as picture:
        picture.load()
        assert (picture.format, picture.size) == ("JPEG", (1280, 720))


def test_progress_goes_through_the_four_portals(ctx: RecordingContext, tmp_path: Path) -> None:
    result = produce(ctx, film(tmp_path / "in.mp4"))
    seen = list(dict.fromkeys(message.partition(":")[0] for message in ctx.messages))
    assert seen == list(PORTALS)
    assert ctx.percents == sorted(ctx.percents)
    assert ctx.percents[-1] == 100
    assert [(portal["number"], portal["name"]) for portal in result["portals"]] == [
        (1, "intake"),
        (2, "analyse"),
        (3, "produce"),
        (4, "copy"),
    ]


@pytest.mark.parametrize(
    ("suffix", "mime", "codec"),
    [(".mp4", "video/mp4", "libx264"), (".mov", "video/mov", "mpeg4"), (".mov", "video/mov", "libx264")],
)
def test_soft_sound_is_brought_to_the_target(
    ctx: RecordingContext, tmp_path: Path, suffix: str, mime: str, codec: str
) -> None:
    path = film(tmp_path / f"in{suffix}", seconds=3.0, sound=tone(3.0, 0.02), codec=codec)
    result = produce(ctx, path, mime)
    assert ctx.output is not None
    made = decoded(ctx.output)
    assert result["analysis"]["loudness"]["integrated_lufs"] == pytest.approx(20 * np.log10(0.02), abs=0.5)
    # A sine of -16 LUFS has the amplitude -16 dBFS, and 3 dB less in the mean.
    assert made.loudness_dbfs == pytest.approx(-19.0, abs=1.0)
    assert made.peak_dbfs < -1.0
    assert made.audio_codec == result["video"]["audio_codec"] == "aac"
    assert made.samples is not None
    assert made.samples.shape[1] / 48_000 == pytest.approx(3.0, abs=0.1)
    assert len(made.times) == 75


def test_sound_with_peaks_gets_louder_and_never_clips(ctx: RecordingContext, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    noise = np.tile(rng.normal(0, 0.01, 48_000 * 3), (2, 1)).astype(np.float32)
    noise[:, ::9_600] = 0.9
    result = produce(ctx, film(tmp_path / "in.mp4", seconds=3.0, sound=noise))
    assert ctx.output is not None
    made = decoded(ctx.output)
    assert result["video"]["gain_db"] > 3
    assert made.peak_dbfs < 0.0
    assert made.loudness_dbfs > float(10 * np.log10((noise.astype(np.float64) ** 2).mean()))


def test_loud_sound_gets_softer_and_the_switch_leaves_it_alone(tmp_path: Path) -> None:
    path = film(tmp_path / "in.mp4", sound=tone(2.0, 0.5))
    levels = {}
    for wanted in (True, False):
        folder = tmp_path / str(wanted)
        folder.mkdir()
        ctx = RecordingContext(folder)
        produce(ctx, path, normalize_audio=wanted)
        assert ctx.output is not None
        levels[wanted] = decoded(ctx.output).loudness_dbfs
    assert levels[True] == pytest.approx(-19.0, abs=1.0)
    assert levels[False] == pytest.approx(-9.0, abs=1.0)


def test_the_title_card_pushes_the_sound_back(ctx: RecordingContext, tmp_path: Path) -> None:
    path = film(tmp_path / "in.mp4", sound=tone(2.0, 0.2))
    result = produce(ctx, path, title="Hello", title_card=True, title_card_s=1.0)
    assert ctx.output is not None
    made = decoded(ctx.output)
    assert made.samples is not None
    assert float(np.abs(made.samples[:, : int(0.9 * 48_000)]).max()) < 1e-3
    assert float(np.abs(made.samples[:, int(1.2 * 48_000) : 2 * 48_000]).max()) > 0.1
    assert result["video"]["duration_s"] == 3.0
    card = np.asarray(picture_at(ctx.output, 0.5))
    # White letters in the middle.
    assert (card[card.shape[0] // 3 : card.shape[0] * 2 // 3] > 240).all(axis=2).sum() > 200


def test_an_odd_size_an_unsteady_rate_and_silence(ctx: RecordingContext, tmp_path: Path) -> None:
    # Ten frames a second at first, then one in 40 ms, and a hole of half a second.
    def times(number: int) -> float:
        return number * 0.1 if number < 10 else 1.0 + (number - 10) * 0.04 + (0.5 if number > 20 else 0.0)

    path = film(tmp_path / "in.mp4", seconds=2.4, size=(321, 181), times=times)
    result = produce(ctx, path, fps=30)
    assert ctx.output is not None
    made = decoded(ctx.output)
    assert (made.width % 2, made.height % 2, made.height) == (0, 0, 360)
    assert result["video"]["fps"] == 30.0
    assert np.allclose(np.diff(made.times), 1 / 30, atol=2e-3)
    assert made.times[-1] + 1 / 30 == pytest.approx(2.4, abs=0.1)
    assert made.samples is None
    assert result["analysis"]["loudness"] is None


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_what_was_filmed_sideways_stands_upright(tmp_path: Path, degrees: int) -> None:
    ctx = RecordingContext(tmp_path)
    path = turned(film(tmp_path / "in.mp4", seconds=1.0), degrees)
    result = produce(ctx, path, thumbnail_title=False)
    assert ctx.output is not None
    picture = np.asarray(picture_at(ctx.output, 0.0)).astype(int)
    height, width = picture.shape[:2]
    assert (width, height) == ((640, 360) if degrees == 180 else (360, 640))
    top, bottom = picture[height // 10, width // 2], picture[-height // 10, width // 2]
    left, right = picture[height // 2, width // 10], picture[height // 2, -width // 10]
    # Red was above, blue below.
    red, blue = {90: (right, left), 180: (bottom, top), 270: (left, right)}[degrees]
    assert red[0] > red[2] + 80
    assert blue[2] > blue[0] + 80
    assert result["analysis"]["source"]["rotation"] == {90: 270, 180: 180, 270: 90}[degrees]


@pytest.mark.parametrize(
    ("aspect", "fit", "size", "black"),
    [
        ("9:16", "pad", (360, 640), True),
        ("9:16", "crop", (360, 640), False),
        ("1:1", "pad", (360, 360), True),
        ("16:9", "pad", (640, 360), False),
    ],
)
def test_another_shape_gets_bars_or_is_cut(
    ctx: RecordingContext, tmp_path: Path, aspect: str, fit: str, size: tuple[int, int], black: bool
) -> None:
    produce(ctx, film(tmp_path / "in.mp4", seconds=0.5), aspect=aspect, fit=fit)
    assert ctx.output is not None
    picture = np.asarray(picture_at(ctx.output, 0.0)).astype(int)
    assert picture.shape[1::-1] == size
    assert (picture[2].max() < 24) == black
    middle = picture[size[1] // 2 - 8, 4]
    assert middle[0] > 120


def test_the_thumbnail_is_the_bright_and_sharp_moment(ctx: RecordingContext, tmp_path: Path) -> None:
    with Image.open(samples.coffee_photo()) as photo:
        sharp = photo.convert("RGB").resize((320, 180))
    blurred = sharp.resize((16, 9)).resize((320, 180))

    def draw(_width: int, _height: int, second: float) -> np.ndarray[Any, np.dtype[np.uint8]]:
        if 1.2 <= second < 1.5:
            return np.asarray(sharp)
        return (np.asarray(blurred) * (0.15 if second < 1.0 else 1.0)).astype(np.uint8)

    result = produce(ctx, film(tmp_path / "in.mp4", draw=draw), thumbnail_title=False)
    assert 1.2 <= result["thumbnail"]["time_s"] < 1.5
    with Image.open(ctx.extra[0]) as picture:
        near = np.asarray(picture.convert("RGB").resize((320, 180))).astype(float)
    assert np.abs(near - np.asarray(sharp)).mean() < 16


def test_what_is_given_is_kept_and_what_is_unwanted_left_out(ctx: RecordingContext, tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "title": "My Title",
        "description": "What it is.\n\nAnd more.",
        "tags": ["One", "two words"],
    }
    result = produce(ctx, film(tmp_path / "in.mp4", seconds=1.0), thumbnail=False, **given)
    assert {key: result[key] for key in given} == given
    assert set(result["copy"].values()) == {"given"}
    assert (result["thumbnail"], ctx.extra) == (None, [])


def test_a_long_film_is_cut_off(ctx: RecordingContext, tmp_path: Path) -> None:
    path = film(tmp_path / "in.mp4", seconds=4.0, sound=tone(4.0, 0.1))
    result = produce(ctx, path, max_duration_s=1.5)
    assert ctx.output is not None
    made = decoded(ctx.output)
    assert result["video"]["duration_s"] == pytest.approx(1.5, abs=0.05)
    assert made.samples is not None
    assert made.samples.shape[1] / 48_000 == pytest.approx(1.5, abs=0.1)


def test_the_limit_holds_with_a_title_card(ctx: RecordingContext, tmp_path: Path) -> None:
    path = film(tmp_path / "in.mp4", seconds=4.0, sound=tone(4.0, 0.1))
    result = produce(ctx, path, max_duration_s=2, title="Hello", title_card=True, title_card_s=1)
    assert ctx.output is not None
    made = decoded(ctx.output)
    assert result["video"]["duration_s"] == pytest.approx(2.0, abs=0.05)
    assert made.samples is not None
    assert made.samples.shape[1] / 48_000 == pytest.approx(2.0, abs=0.1)


def test_half_frames_and_wide_pixels_of_an_old_camera(ctx: RecordingContext, tmp_path: Path) -> None:
    path = tmp_path / "in.mp4"
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "x264opts": "tff=1", "flags": "+ildct+ilme"}
        stream: Any = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 720, 576, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(64, 45)
        for number in range(25):
            frame = av.VideoFrame.from_ndarray(bars(720, 576, number / 25), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    produce(ctx, path)
    assert ctx.output is not None
    made = decoded(ctx.output)
    assert (made.width, made.height) == (640, 360)
    assert len(made.times) in {24, 25}


def test_title_and_language_are_noted_in_the_file(ctx: RecordingContext, tmp_path: Path) -> None:
    path = film(tmp_path / "in.mp4", seconds=0.5, sound=tone(0.5, 0.1))
    produce(ctx, path, title="Grüße", language="de-AT")
    assert ctx.output is not None
    with av.open(str(ctx.output)) as container:
        assert container.metadata["title"] == "Grüße"
        assert [stream.metadata["language"] for stream in container.streams] == ["deu", "deu"]
        assert "encoder" not in container.metadata


def test_the_same_upload_gives_the_same_files(tmp_path: Path) -> None:
    path = film(tmp_path / "in.mp4", seconds=1.0, sound=tone(1.0, 0.1))
    made = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        ctx = RecordingContext(tmp_path / name)
        produce(ctx, path)
        assert ctx.output is not None
        made.append((ctx.output.read_bytes(), ctx.extra[0].read_bytes()))
    assert made[0] == made[1]
