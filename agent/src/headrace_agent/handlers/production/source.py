"""Portal 1, intake: what a file is that somebody uploaded, or why it can't be produced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import av.container

from headrace_agent.handlers.api import HandlerError, InputFile
from headrace_agent.handlers.video import container as containers

#: A longer one could not be done within the model's time limit on a small machine.
MAX_DURATION_S = 3 * 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A video that can be produced. Times count from ``origin_s``, where the file's first frame is."""

    #: The size at which it is seen: turned upright, with square pixels.
    width: float
    height: float
    #: Degrees by which it is to be turned, counter-clockwise: 0, 90, 180 or 270.
    turn: int
    interlaced: bool
    rate: Fraction | None
    duration_s: float
    origin_s: float
    has_audio: bool
    about: dict[str, Any]

    @property
    def size(self) -> tuple[float, float]:
        return self.width, self.height


@contextmanager
def opened(source: InputFile) -> Iterator[av.container.InputContainer]:
    """The container. Raises ``HandlerError`` for what is no MP4 or MOV with a picture of a sane size."""
    with containers.opened(source.path, source.mime) as container:
        yield container


def video_stream(container: av.container.InputContainer) -> av.VideoStream:
    """The moving picture: a cover is a video stream too, and may come first."""
    best = container.streams.best("video")
    return best if isinstance(best, av.VideoStream) else container.streams.video[0]


def probe(source: InputFile) -> Source:
    """Raises ``HandlerError`` that says what is wrong with the file."""
    with opened(source) as container:
        duration_s = containers.duration_s(container)
        if duration_s > MAX_DURATION_S:
            raise HandlerError(
                f"the video is {duration_s / 3600:.1f} hours long, more than {MAX_DURATION_S / 3600:.0f}: split it"
            )
        stream = video_stream(container)
        frame = _first_frame(container, stream)
        turn = round(frame.rotation / 90) * 90 % 360
        pixel = stream.sample_aspect_ratio or Fraction(1)
        if not Fraction(1, 10) <= pixel <= 10:  # a damaged header may claim anything
            pixel = Fraction(1)
        width, height = frame.width * float(pixel), float(frame.height)
        if turn in {90, 270}:
            width, height = height, width
        has_audio = containers.audio_stream(container) is not None
        return Source(
            width=width,
            height=height,
            turn=turn,
            interlaced=frame.interlaced_frame,
            rate=stream.average_rate or stream.guessed_rate,
            duration_s=duration_s,
            origin_s=(container.start_time or 0) / av.time_base,
            has_audio=has_audio,
            about={
                **containers.description(container),
                "duration_s": round(duration_s, 3),
                "rotation": turn,
                "size_bytes": source.path.stat().st_size,
            },
        )


def _first_frame(container: av.container.InputContainer, stream: av.VideoStream) -> av.VideoFrame:
    """Without one that can be decoded there is nothing to produce."""
    try:
        for packet in container.demux(stream):
            try:
                for frame in packet.decode():
                    if isinstance(frame, av.VideoFrame):
                        return frame
            except av.FFmpegError:
                continue
    except av.FFmpegError as error:
        raise HandlerError(f"the video is damaged or cut short: {error.strerror}") from error
    raise HandlerError("no frame of the video can be decoded: it is damaged or cut short")
