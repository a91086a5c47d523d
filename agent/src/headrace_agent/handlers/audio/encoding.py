"""Samples to an audio file."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Format = Literal["wav", "mp3", "flac", "ogg"]

_CODECS: dict[Format, str] = {"wav": "pcm_s16le", "mp3": "libmp3lame", "flac": "flac", "ogg": "libopus"}
_BLOCK = 24_000
#: Opus knows these rates only; the next one up is taken, and the file plays the same.
_OPUS_RATES_HZ = (8000, 12000, 16000, 24000, 48000)


def encode(
    samples: NDArray[np.float32], source_rate_hz: int, path: Path, *, kind: Format, sample_rate_hz: int
) -> int:
    """Write mono ``samples`` to ``path``; returns the rate of the file in Hz."""
    import av
    import numpy as np

    rate = sample_rate_hz
    if kind == "ogg":
        rate = min((r for r in _OPUS_RATES_HZ if r >= sample_rate_hz), default=48000)
    pcm = (np.clip(samples, -1.0, 1.0) * 32767.0).astype(np.int16)
    with av.open(str(path), mode="w", format=kind, options=_exact(kind)) as container:
        stream: Any = container.add_stream(_CODECS[kind], rate=rate, layout="mono")
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate)
        fifo = av.AudioFifo()
        for start in range(0, pcm.size, _BLOCK):
            frame = av.AudioFrame.from_ndarray(pcm[start : start + _BLOCK].reshape(1, -1), "s16", "mono")
            frame.sample_rate = source_rate_hz
            frame.pts = start
            frame.time_base = Fraction(1, source_rate_hz)
            for out in resampler.resample(frame):
                fifo.write(out)
            _drain(container, stream, fifo, last=False)
        for out in resampler.resample(None):
            fifo.write(out)
        _drain(container, stream, fifo, last=True)
        container.mux(stream.encode(None))
    return rate


def _exact(kind: Format) -> dict[str, str]:
    """Muxer options that leave the encoder's version and random serials out: equal sound, equal bytes."""
    return {"fflags": "+bitexact"} if kind != "mp3" else {"fflags": "+bitexact", "id3v2_version": "0"}


def _drain(container: Any, stream: Any, fifo: Any, *, last: bool) -> None:
    """Encode what ``fifo`` holds in frames of the size that the codec asks for."""
    size = stream.codec_context.frame_size or _BLOCK
    while frame := fifo.read(size, partial=last):
        container.mux(stream.encode(frame))
