"""How loud a sound is, and how it becomes as loud as platforms want it (ITU-R BS.1770, EBU R 128)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import av
import av.filter
import numpy as np

from headrace_agent.handlers.production.sound import RATE_HZ, Block, as_frame

TARGET_LUFS: Final = -16.0
#: No sample is louder than this; AAC adds a little of its own.
CEILING_DBFS: Final = -1.5
#: What the meter says of silence.
_SILENT_LUFS: Final = -69.0
_MOST_GAIN_DB: Final = 24.0
#: How much of the gain the limiter may take back from the peaks before it is heard.
_MOST_LIMITING_DB: Final = 9.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Loudness:
    """``integrated_lufs`` is None for silence and for less than 0.4 s."""

    integrated_lufs: float | None
    range_lu: float
    true_peak_dbfs: float | None

    @property
    def gain_db(self) -> float:
        """What brings it to the target, as far as its peaks allow."""
        if self.integrated_lufs is None:
            return 0.0
        gain = min(TARGET_LUFS - self.integrated_lufs, _MOST_GAIN_DB)
        if self.true_peak_dbfs is not None and gain > 0:
            gain = min(gain, max(0.0, CEILING_DBFS - self.true_peak_dbfs + _MOST_LIMITING_DB))
        return gain

    def as_json(self) -> dict[str, Any]:
        return {
            "integrated_lufs": _rounded(self.integrated_lufs),
            "range_lu": round(self.range_lu, 1),
            "true_peak_dbfs": _rounded(self.true_peak_dbfs),
        }


class Meter:
    """Is shown blocks in their order."""

    def __init__(self) -> None:
        self._chain = _Chain("ebur128=metadata=1:peak=true")
        self._peak = 0.0
        self._said: dict[str, str] = {}

    def add(self, block: Block) -> None:
        for frame in self._chain.push(block):
            self._look(frame)

    def finish(self) -> Loudness:
        for frame in self._chain.end():
            self._look(frame)
        integrated = float(self._said.get("lavfi.r128.I", -70.0))
        return Loudness(
            integrated_lufs=integrated if integrated > _SILENT_LUFS and math.isfinite(integrated) else None,
            range_lu=float(self._said.get("lavfi.r128.LRA", 0.0)),
            true_peak_dbfs=20 * math.log10(self._peak) if self._peak > 0 else None,
        )

    def _look(self, frame: av.AudioFrame) -> None:
        said = frame.metadata
        self._said = said or self._said
        self._peak = max(self._peak, float(said.get("lavfi.r128.true_peak", 0.0)))


class Leveller:
    """Makes blocks louder or softer by ``gain_db``, with a limiter that no peak gets over."""

    def __init__(self, gain_db: float) -> None:
        limit = 10 ** (CEILING_DBFS / 20)
        self._chain = _Chain(
            f"volume={gain_db:.3f}dB:precision=float",
            f"alimiter=limit={limit:.4f}:level=false:attack=5:release=60:latency=true",
        )

    def level(self, block: Block) -> Iterator[Block]:
        for frame in self._chain.push(block):
            yield frame.to_ndarray().astype(np.float32, copy=False)

    def end(self) -> Iterator[Block]:
        for frame in self._chain.end():
            yield frame.to_ndarray().astype(np.float32, copy=False)


class _Chain:
    """Filters of FFmpeg one after the other."""

    def __init__(self, *filters: str) -> None:
        self._graph = av.filter.Graph()
        self._at = 0
        node = self._graph.add_abuffer(
            sample_rate=RATE_HZ, format="fltp", layout="stereo", time_base=Fraction(1, RATE_HZ)
        )
        for text in (*filters, "aformat=sample_fmts=fltp:channel_layouts=stereo", "abuffersink"):
            name, _, options = text.partition("=")
            following = self._graph.add(name, options)
            node.link_to(following)
            node = following
        self._graph.configure()

    def push(self, block: Block) -> Iterator[av.AudioFrame]:
        if not block.shape[1]:
            return
        self._graph.push(as_frame(np.clip(block, -8.0, 8.0), self._at))
        self._at += block.shape[1]
        yield from self._pull()

    def end(self) -> Iterator[av.AudioFrame]:
        self._graph.push(None)
        yield from self._pull()

    def _pull(self) -> Iterator[av.AudioFrame]:
        while True:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            if isinstance(frame, av.AudioFrame):
                yield frame


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
