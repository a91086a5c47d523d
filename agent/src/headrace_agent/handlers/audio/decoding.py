"""Any audio file to samples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace_agent.handlers.api import Context, HandlerError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: An hour of 16 kHz float32 is 230 MB, and Whisper makes as much again of it.
MAX_DURATION_S = 2 * 3600


def decode(path: Path, sample_rate_hz: int, ctx: Context) -> NDArray[np.float32]:
    """The first audio stream of ``path`` as mono samples between -1 and 1.

    Raises ``HandlerError`` when the file is no audio, broken from the start, empty or longer than
    ``MAX_DURATION_S``. A file that breaks off is used up to the break, which is logged.
    """
    import av
    import numpy as np

    blocks: list[NDArray[np.int16]] = []
    samples = 0
    try:
        with av.open(str(path), mode="r", metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise HandlerError("the file has no audio stream")
            resampler = av.AudioResampler(format="s16", layout="mono", rate=sample_rate_hz)
            for block in _blocks(container, resampler, ctx):
                blocks.append(block)
                samples += block.size
                if samples > MAX_DURATION_S * sample_rate_hz:
                    raise HandlerError(f"the audio is longer than {MAX_DURATION_S // 3600} hours: split it")
                if ctx.cancelled:
                    break
    except av.error.FFmpegError as error:
        raise HandlerError(f"the audio can't be decoded: {error.strerror}") from error
    if not samples:
        raise HandlerError("the audio is empty")
    return np.concatenate(blocks).astype(np.float32) / 32768.0


def _blocks(container: Any, resampler: Any, ctx: Context) -> Any:
    """The resampled sound, frame by frame."""
    import av

    produced = False
    try:
        for frame in container.decode(audio=0):
            frame.pts = None  # broken time stamps must not end the run
            for out in resampler.resample(frame):
                produced = True
                yield out.to_ndarray().reshape(-1)
    except av.error.InvalidDataError:
        if not produced:
            raise
        ctx.log("the audio breaks off: what comes before is used")
    for out in resampler.resample(None):
        yield out.to_ndarray().reshape(-1)
