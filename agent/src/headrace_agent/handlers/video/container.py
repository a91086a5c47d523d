"""Opens a video file that a stranger sent, and says what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import av.container

from headrace_agent.handlers.api import HandlerError

#: FFmpeg's reader for each type. Named, so that no playlist format that opens other files or addresses is tried.
_READERS = {
    "video/mp4": "mov",
    "video/mov": "mov",
    "video/avi": "avi",
    "video/webm": "matroska",
    "video/mkv": "matroska",
}
#: 8K is 33 million; a damaged header may claim anything.
MAX_FRAME_PIXELS = 40_000_000


@contextmanager
def opened(path: Path, mime: str) -> Iterator[av.container.InputContainer]:
    """The container, with a video stream of a sane size. Raises ``HandlerError`` when it is none."""
    try:
        container = av.open(
            str(path),
            format=_READERS.get(mime, "mov"),
            options={"protocol_whitelist": "file"},
            metadata_errors="replace",
        )
    except (av.FFmpegError, ValueError) as error:
        raise HandlerError(f"the file is not a {mime} video, or it is damaged: {_reason(error)}") from error
    with container:
        if not container.streams.video:
            raise HandlerError("the file has no video stream")
        context = container.streams.video[0].codec_context
        if context is None:
            raise HandlerError("no decoder for the video's codec is installed on this agent")
        if context.width <= 0 or context.height <= 0:
            raise HandlerError("the video stream has no size: the file is damaged or cut short")
        if context.width * context.height > MAX_FRAME_PIXELS:
            raise HandlerError(
                f"the video has frames of {context.width}x{context.height}, more than {MAX_FRAME_PIXELS:,} pixels"
            )
        yield container


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def duration_s(container: av.container.InputContainer) -> float:
    """Length in seconds, from the header or else from the packets (which are then read once)."""
    if container.duration:
        return float(container.duration) / av.time_base
    stream = container.streams.video[0]
    ends = [
        float((packet.pts + (packet.duration or 0)) * packet.time_base)
        for packet in container.demux(stream)
        if packet.pts is not None and packet.time_base is not None
    ]
    container.seek(0)
    return max(ends, default=0.0)


def audio_stream(container: av.container.InputContainer) -> av.AudioStream | None:
    """The first sound that can be decoded: new telephones add tracks that FFmpeg knows no decoder for."""
    for stream in container.streams.audio:
        # Without a decoder PyAV's stream has no codec context, and then none of its attributes.
        if getattr(stream, "rate", None) and getattr(stream, "channels", None):
            return stream
    return None


def description(container: av.container.InputContainer) -> dict[str, Any]:
    """``format``, ``bit_rate``, ``video`` and ``audio`` (None when silent) as JSON."""
    stream = container.streams.video[0]
    context = stream.codec_context
    rate = stream.average_rate or stream.guessed_rate
    video = {
        "codec": context.name,
        "width": context.width,
        "height": context.height,
        "fps": round(float(rate), 3) if rate else None,
        "pixel_format": context.pix_fmt,
    }
    audio = None
    if (sound := audio_stream(container)) is not None:
        audio = {"codec": sound.name, "sample_rate": sound.sample_rate, "channels": sound.channels}
    return {
        "format": container.format.name,
        "bit_rate": container.bit_rate or None,
        "video": video,
        "audio": audio,
        "streams": len(container.streams),
    }
