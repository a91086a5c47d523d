"""Entry ``upload``: portals 1 to 3 of a video that somebody filmed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import av

from headrace_agent.handlers.api import Context, HandlerError, InputFile
from headrace_agent.handlers.production.cadence import Cadence, output_rate
from headrace_agent.handlers.production.canvas import Placement, canvas, place
from headrace_agent.handlers.production.fitting import Fitter
from headrace_agent.handlers.production.looking import Look, look
from headrace_agent.handlers.production.loudness import Leveller, Loudness
from headrace_agent.handlers.production.opening import card_frames
from headrace_agent.handlers.production.portals import Portals
from headrace_agent.handlers.production.reading import Reading
from headrace_agent.handlers.production.sound import Block, Timeline
from headrace_agent.handlers.production.source import Source, probe
from headrace_agent.handlers.production.writer import Mp4Writer, writing
from headrace_contracts.catalogue.video_production import VIDEO_FILE, VideoProduction

_REPORTED_FRAMES: Final = 15
#: What is shown of a video whose title card takes all of the time that it may have.
_LEAST_S: Final = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysed:
    """What portals 1 and 2 found."""

    source: Source
    look: Look
    loudness: Loudness | None
    about: dict[str, Any]
    scenes: int


def analyse(payload: VideoProduction, file: InputFile, ctx: Context, portals: Portals) -> Analysed | None:
    """None when cancelled. Raises ``HandlerError`` for what is no video."""
    portals.enter("1 intake", "looking at the file")
    source = probe(file)
    portals.enter("2 analyse", "watching and listening")
    reading = Reading(file, source, ctx, limit_s=payload.max_duration_s)
    found = look(reading, source, portals.report)
    if ctx.cancelled:
        return None
    if not found.frames:
        raise HandlerError("no frame of the video can be decoded: it is damaged or cut short")
    loudness, scenes = found.loudness(), found.scenes(reading.end_s)
    about = {
        "source": source.about,
        **scenes,
        "loudness": loudness.as_json() if loudness else None,
        "best_frame": found.best.as_json(),
        "objects": found.objects_as_json(),
        "damaged_packets": reading.damaged_packets,
    }
    return Analysed(
        source=source, look=found, loudness=loudness, about=about, scenes=int(scenes["scene_count"])
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Produced:
    """The finished video."""

    about: dict[str, Any]
    duration_s: float
    #: How long the title card is; 0 without one.
    card_s: float


def produce(
    payload: VideoProduction,
    file: InputFile,
    found: Analysed,
    title: str | None,
    ctx: Context,
    portals: Portals,
) -> Produced | None:
    """Portal 3. ``title`` is what the title card shows, None for no card. None when cancelled."""
    source = found.source
    size = canvas(payload.aspect, payload.resolution, source.size)
    rate = output_rate(source.rate, payload.fps)
    placement = place(source.size, size, crop=payload.fit == "crop")
    gain_db = found.loudness.gain_db if found.loudness and payload.normalize_audio else 0.0
    path = ctx.output_path(VIDEO_FILE)
    with writing(
        path, size, rate, sound=source.has_audio, title=payload.title, language=payload.language
    ) as writer:
        if title:
            count = round(payload.title_card_s * rate)
            for picture in card_frames(title, "", found.look.best.picture, size, count):
                writer.show_picture(picture)
                if ctx.cancelled:
                    return None
        card_s = writer.duration_s
        limit_s = min(limited(payload, card_s) or math.inf, source.duration_s + 5.0)
        track = _Track(writer, source, placement, limit_s, gain_db)
        track.pause(card_s)
        reading = Reading(file, source, ctx, limit_s=limit_s)
        for time_s, frame in reading:
            track.take(time_s, frame)
            if track.frames % _REPORTED_FRAMES == 0:
                portals.report(
                    reading.end_s / min(limit_s, max(source.duration_s, 0.1)), f"{writer.frames} frames"
                )
            if track.full:
                break
        if ctx.cancelled:
            return None
        track.end(reading.end_s)
    about = described(writer, path.name, path.stat().st_size)
    about["title_card_s"] = round(card_s, 3)
    about["gain_db"] = round(gain_db, 1) if source.has_audio else None
    return Produced(about=about, duration_s=writer.duration_s, card_s=card_s)


def limited(payload: VideoProduction, card_s: float) -> float | None:
    """How long the video may be beside a title card of ``card_s``; None for no limit."""
    limit_s = payload.max_duration_s
    return None if limit_s is None else max(_LEAST_S, limit_s - card_s)


def described(writer: Mp4Writer, name: str, size_bytes: int) -> dict[str, Any]:
    """The result's ``video``."""
    width, height = writer.size
    return {
        "name": name,
        "mime": "video/mp4",
        "size_bytes": size_bytes,
        "width": width,
        "height": height,
        "duration_s": round(writer.duration_s, 3),
        "fps": round(float(writer.rate), 3),
        "frames": writer.frames,
        "codec": "h264",
        "audio_codec": "aac" if writer.has_sound else None,
    }


class _Track:
    """Brings decoded frames to the writer: on the canvas, at a constant rate, as loud as wanted."""

    def __init__(
        self, writer: Mp4Writer, source: Source, placement: Placement, limit_s: float, gain_db: float
    ) -> None:
        self.frames = 0
        self._writer = writer
        self._has_audio = source.has_audio
        self._fitter = Fitter(source, placement)
        self._cadence = Cadence(writer.rate, limit_s)
        self._timeline = Timeline(limit_s)
        self._leveller = Leveller(gain_db)
        self._held: av.VideoFrame | None = None

    @property
    def full(self) -> bool:
        return self._cadence.full and (not self._has_audio or self._timeline.full)

    def pause(self, length_s: float) -> None:
        """Silence while the title card is shown."""
        if self._has_audio and length_s > 0:
            for block in Timeline(length_s).silence(length_s):
                self._writer.play(block)

    def take(self, time_s: float, frame: av.VideoFrame | av.AudioFrame) -> None:
        if isinstance(frame, av.AudioFrame):
            for block in self._timeline.add(time_s, frame):
                self._play(self._leveller.level(block))
            return
        self.frames += 1
        self._show(self._cadence.until(time_s))
        self._held = frame

    def end(self, end_s: float) -> None:
        """The last frame is shown to ``end_s``."""
        self._show(self._cadence.end(end_s))
        for block in self._timeline.end():
            self._play(self._leveller.level(block))
        self._play(self._leveller.end())

    def _show(self, count: int) -> None:
        if self._held is not None and count:
            self._writer.show(self._fitter.fit(self._held), count)

    def _play(self, blocks: Iterator[Block]) -> None:
        for block in blocks:
            self._writer.play(block)
