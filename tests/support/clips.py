"""Small films with known properties, made with PyAV, and what is needed to look at a finished one."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
RATE_HZ = 48_000


def bars(width: int, height: int, second: float) -> Picture:
    """Red above, blue below, and a white square that wanders to the right."""
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    picture[: height // 2] = (200, 30, 30)
    picture[height // 2 :] = (30, 30, 200)
    side = max(4, height // 6)
    left = int(second * width / 4) % max(1, width - side)
    picture[height // 3 : height // 3 + side, left : left + side] = 255
    return picture


def tone(seconds: float, level: float, *, hz: float = 997.0) -> NDArray[np.float32]:
    """A sine on both channels with the amplitude ``level``; at 997 Hz its loudness is 20 log10(level) LUFS."""
    wave = level * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)
    return np.stack([wave, wave]).astype(np.float32)


def film(
    path: Path,
    *,
    seconds: float = 2.0,
    fps: int = 25,
    size: tuple[int, int] = (320, 180),
    draw: Callable[[int, int, float], Picture] = bars,
    sound: NDArray[np.float32] | None = None,
    times: Callable[[int], float] | None = None,
    codec: str = "libx264",
) -> Path:
    """H.264 (or ``codec``) and, with ``sound``, AAC. ``times`` gives each frame's time for an unsteady rate."""
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream(codec, rate=fps, options={"preset": "ultrafast"})
        video.width, video.height = size
        video.pix_fmt = "yuv420p" if not (size[0] | size[1]) & 1 else "yuv444p"
        video.codec_context.time_base = Fraction(1, 1000)
        audio = None if sound is None else container.add_stream("aac", rate=RATE_HZ, layout="stereo")
        for number in range(round(seconds * fps)):
            at = number / fps if times is None else times(number)
            if at >= seconds:
                break
            frame = av.VideoFrame.from_ndarray(draw(*size, at), format="rgb24")
            frame.pts, frame.time_base = round(at * 1000), Fraction(1, 1000)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None and sound is not None:
            _add_sound(container, audio, sound)
    return path


def sound_only(path: Path, sound: NDArray[np.float32]) -> Path:
    """AAC in a container for video."""
    with av.open(str(path), "w") as container:
        _add_sound(container, container.add_stream("aac", rate=RATE_HZ, layout="stereo"), sound)
    return path


def _add_sound(container: Any, stream: Any, sound: NDArray[np.float32]) -> None:
    for begin in range(0, sound.shape[1], 1024):
        piece = np.ascontiguousarray(sound[:, begin : begin + 1024])
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, begin, Fraction(1, RATE_HZ)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def turned(path: Path, degrees: int) -> Path:
    """Notes in the first track's header that the picture is to be turned clockwise, as telephones do."""
    data = bytearray(path.read_bytes())
    # ISO 14496-12, 8.3.2: the matrix lies 40 bytes behind the box's type in version 0.
    at = data.index(b"tkhd") + 4
    assert data[at] == 0, "version 0"
    one = 1 << 16
    a, b, c, d = {90: (0, one, -one, 0), 180: (-one, 0, 0, -one), 270: (0, -one, one, 0)}[degrees]
    data[at + 40 : at + 76] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def boxes(path: Path) -> list[str]:
    """The types of the boxes at the top level of an MP4, in order."""
    data = path.read_bytes()
    found, at = [], 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        found.append(kind.decode())
        at += size or len(data)
    return found


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A film that was decoded to its end."""

    width: int
    height: int
    #: Of each frame, in seconds.
    times: list[float]
    samples: NDArray[np.float32] | None
    video_codec: str
    audio_codec: str | None
    pixel_format: str

    @property
    def loudness_dbfs(self) -> float:
        """Root mean square; a sine's is 3 dB below its amplitude."""
        assert self.samples is not None
        return float(10 * np.log10((self.samples.astype(np.float64) ** 2).mean()))

    @property
    def peak_dbfs(self) -> float:
        assert self.samples is not None
        return float(20 * np.log10(np.abs(self.samples).max()))


def decoded(path: Path) -> Finished:
    """Every frame and every sample; raises for anything that can't be decoded."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        audio = container.streams.audio[0] if container.streams.audio else None
        times: list[float] = []
        parts: list[NDArray[np.float32]] = []
        for packet in container.demux():
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    times.append(float(frame.time or 0.0))
                elif isinstance(frame, av.AudioFrame):
                    parts.append(frame.to_ndarray().astype(np.float32))
        return Finished(
            width=video.width,
            height=video.height,
            times=times,
            samples=np.concatenate(parts, axis=1) if parts else None,
            video_codec=video.codec_context.name,
            audio_codec=None if audio is None else audio.codec_context.name,
            pixel_format=str(video.codec_context.pix_fmt),
        )


def picture_at(path: Path, second: float) -> Image.Image:
    """The frame that is shown at ``second``."""
    last: av.VideoFrame | None = None
    with av.open(str(path)) as container:
        for frame in _frames(container):
            last = last or frame
            if float(frame.time or 0.0) > second:
                break
            last = frame
        assert last is not None, "a film without frames"
        picture: Image.Image = last.to_image()  # type: ignore[no-untyped-call]  # PyAV leaves its Pillow bridge untyped
        return picture


def _frames(container: av.container.InputContainer) -> Iterator[av.VideoFrame]:
    yield from container.decode(video=0)
