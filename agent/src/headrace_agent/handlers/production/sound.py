"""Sound as one steady stream: 48 kHz, two channels, without holes, from time 0 on."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

RATE_HZ: Final = 48_000
#: Samples of two channels, ``(2, n)``, -1 to 1.
Block = NDArray[np.float32]

#: Time stamps of a sane file wander less than this; beyond it there is a hole or something twice.
_DRIFT_S: Final = 0.06
_SILENCE: Final = RATE_HZ


class Timeline:
    """Takes decoded frames of any rate, layout and format with their times; gives blocks that follow each other."""

    def __init__(self, limit_s: float) -> None:
        self._left = round(limit_s * RATE_HZ)
        self._resampler: av.AudioResampler | None = None
        self._kind: tuple[str, str, int] | None = None
        #: Samples to throw away: what was there already.
        self._skip = 0
        #: Where the next frame is to begin.
        self._next_s = 0.0

    @property
    def full(self) -> bool:
        return self._left <= 0

    def add(self, time_s: float, frame: av.AudioFrame) -> Iterator[Block]:
        """``time_s`` below 0: not known, it follows the last one."""
        length_s = frame.samples / frame.sample_rate
        if time_s >= 0:
            early_s = self._next_s - time_s
            if early_s > _DRIFT_S:
                if early_s >= length_s:
                    return  # all of it was there already
                yield from self._flush()
                self._skip = round(early_s * RATE_HZ)
                self._next_s -= early_s
            elif early_s < -_DRIFT_S:
                yield from self.silence(-early_s)
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind != self._kind:
            yield from self._flush()
            self._resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE_HZ)
            self._kind = kind
        frame.pts = None  # its place is known here; the resampler is not to guess
        if self._resampler is not None:
            yield from self._cut(self._resampler.resample(frame))
        self._next_s += length_s

    def silence(self, length_s: float) -> Iterator[Block]:
        """A pause of that length."""
        yield from self._flush()
        self._next_s += length_s
        left = round(length_s * RATE_HZ)
        while left > 0 and not self.full:
            size = min(left, _SILENCE, self._left)
            yield np.zeros((2, size), dtype=np.float32)
            left -= size
            self._left -= size

    def end(self) -> Iterator[Block]:
        """What the resampler still holds."""
        yield from self._flush()

    def _flush(self) -> Iterator[Block]:
        if self._resampler is not None:
            resampler, self._resampler, self._kind = self._resampler, None, None
            yield from self._cut(resampler.resample(None))

    def _cut(self, frames: list[av.AudioFrame]) -> Iterator[Block]:
        for frame in frames:
            skipped = min(self._skip, frame.samples)
            self._skip -= skipped
            block = frame.to_ndarray()[:, skipped : skipped + max(0, self._left)]
            block = block.astype(np.float32, copy=False)
            self._left -= block.shape[1]
            if block.shape[1]:
                # What no number is, is silence: a broken stream must not break the measurement.
                yield np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)


def as_frame(block: Block, at: int) -> av.AudioFrame:
    """``block`` as a frame that begins with sample number ``at``."""
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
    frame.sample_rate = RATE_HZ
    frame.time_base = Fraction(1, RATE_HZ)
    frame.pts = at
    return frame
