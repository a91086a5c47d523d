"""Writes the result: H.264 and AAC in an MP4 that plays before it is loaded whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import av.container
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from PIL import Image

from headrace_agent.handlers.production.canvas import Size
from headrace_agent.handlers.production.languages import iso_639_2
from headrace_agent.handlers.production.sound import RATE_HZ, Block, as_frame

#: About 100 frames of 720p a second on two cores; visually clean.
_VIDEO_OPTIONS: Final = {"preset": "veryfast", "crf": "21", "profile": "high"}
_AUDIO_BIT_RATE: Final = 160_000
_KEY_FRAME_S: Final = 2
_BT709: Final = 1
_MOST_THREADS: Final = 4


class Mp4Writer:
    """Frames are numbered from 0; sound is written from time 0 without holes. Use ``writing``."""

    def __init__(
        self, container: av.container.OutputContainer, size: Size, rate: Fraction, *, sound: bool
    ) -> None:
        self.frames = 0
        self.samples = 0
        self.size = size
        self.rate = rate
        self._container = container
        self._video = _video_stream(container, size, rate)
        self._audio: av.AudioStream | None = None
        self._fifo = av.AudioFifo()
        self._reformatter = VideoReformatter()
        if sound:
            self._audio = container.add_stream("aac", rate=RATE_HZ, layout="stereo")
            self._audio.codec_context.bit_rate = _AUDIO_BIT_RATE

    @property
    def duration_s(self) -> float:
        return float(self.frames / self.rate)

    @property
    def has_sound(self) -> bool:
        return self._audio is not None

    def show(self, frame: av.VideoFrame, count: int = 1) -> None:
        """``frame`` is of the writer's size, yuv420p; shown ``count`` times."""
        frame.time_base = 1 / self.rate
        for _ in range(count):
            frame.pts = self.frames
            self._container.mux(self._video.encode(frame))
            self.frames += 1

    def show_picture(self, picture: Image.Image, count: int = 1) -> None:
        """``picture`` is RGB of the writer's size."""
        if count > 0:
            self.show(self._converted(picture), count)

    def play(self, block: Block) -> None:
        if self._audio is not None and block.shape[1]:
            self._fifo.write(as_frame(block, self.samples))
            self.samples += block.shape[1]
            self._drain(self._audio, last=False)

    def finish(self) -> None:
        """Write what the encoders still hold."""
        if self._audio is not None:
            self._drain(self._audio, last=True)
            self._container.mux(self._audio.encode(None))
        self._container.mux(self._video.encode(None))

    def _converted(self, picture: Image.Image) -> av.VideoFrame:
        frame: av.VideoFrame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]  # PyAV leaves its Pillow bridge untyped
        return self._reformatter.reformat(
            frame, format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )

    def _drain(self, stream: av.AudioStream, *, last: bool) -> None:
        size = stream.codec_context.frame_size or 1024
        while (frame := self._fifo.read(size, partial=last)) is not None:
            self._container.mux(stream.encode(frame))


@contextmanager
def writing(
    path: Path, size: Size, rate: Fraction, *, sound: bool, title: str | None, language: str
) -> Iterator[Mp4Writer]:
    """A writer to ``path``; its end moves the index to the front of the file (faststart)."""
    # Bitexact leaves versions and the date out: the same frames give the same file.
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        writer = Mp4Writer(container, size, rate, sound=sound)
        if title:
            container.metadata["title"] = title
        for stream in container.streams:
            stream.metadata["language"] = iso_639_2(language)
        yield writer
        writer.finish()


def _video_stream(container: av.container.OutputContainer, size: Size, rate: Fraction) -> av.VideoStream:
    stream: Any = container.add_stream("libx264", rate=rate, options=dict(_VIDEO_OPTIONS))
    stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
    context = stream.codec_context
    context.gop_size = round(_KEY_FRAME_S * rate)
    context.thread_count = min(_MOST_THREADS, len(os.sched_getaffinity(0)))
    context.color_range = ColorRange.MPEG
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    found: av.VideoStream = stream
    return found
