"""Reads the scenes aloud with the voice of text-to-speech, where this agent has one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from headrace_agent.handlers import text_to_speech
from headrace_agent.handlers.api import Context
from headrace_agent.handlers.production.languages import is_english
from headrace_agent.handlers.production.loudness import Loudness, Meter
from headrace_agent.handlers.production.portals import Report
from headrace_agent.handlers.production.sound import Block, Timeline
from headrace_agent.handlers.production.storyboard import LEAD_S, Scene
from headrace_contracts.catalogue.video_production import VideoProduction

_PIECE = 24_000
#: What is quieter holds nothing that was read.
_HEARD = 1e-3


@dataclass(frozen=True, kw_only=True, slots=True)
class Narration:
    """The voice's samples for each scene, None where there is nothing to read."""

    parts: tuple[NDArray[np.float32] | None, ...]
    rate_hz: int
    voice: str

    def length_s(self, index: int) -> float | None:
        part = self.parts[index]
        return None if part is None else part.size / self.rate_hz

    def blocks(self, scenes: Sequence[Scene], end_s: float) -> Iterator[Block]:
        """The whole sound: each scene's words shortly after the scene begins, and silence between and after."""
        timeline = Timeline(end_s)
        for scene, part in zip(scenes, self.parts, strict=False):
            at = scene.start_s + LEAD_S
            for begin in range(0, 0 if part is None else part.size, _PIECE):
                if part is None or at >= scene.end_s:
                    break
                piece = part[begin : begin + _PIECE]
                yield from timeline.add(at, self._frame(piece))
                at += piece.size / self.rate_hz
        yield from timeline.end()
        yield from timeline.silence(end_s)

    def loudness(self, scenes: Sequence[Scene], end_s: float) -> Loudness:
        meter = Meter()
        for block in self.blocks(scenes, end_s):
            meter.add(block)
        return meter.finish()

    def _frame(self, samples: NDArray[np.float32]) -> av.AudioFrame:
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="fltp", layout="mono")
        frame.sample_rate = self.rate_hz
        frame.time_base = Fraction(1, self.rate_hz)
        return frame


def absent(payload: VideoProduction) -> str | None:
    """Why nothing is read aloud; None when it is."""
    if not payload.narration:
        return "switched off"
    if not is_english(payload.language):
        return f"the voices speak English, and the language is {payload.language!r}"
    return text_to_speech.HANDLER.missing()


def narrate(texts: Sequence[str], payload: VideoProduction, ctx: Context, report: Report) -> Narration | None:
    """None when there is no voice, or nothing that it can read. Raises ``HandlerError`` for an absent voice."""
    if absent(payload) is not None:
        return None
    voice = text_to_speech.load_voice(payload.voice)
    rng = np.random.default_rng(payload.seed or 0)
    parts: list[NDArray[np.float32] | None] = []
    for index, text in enumerate(texts):
        if ctx.cancelled:
            return None
        spoken = [voice.from_ids(voice.ids(phrase), 1.0, rng) for phrase in voice.phonemize(text)]
        samples = np.concatenate(spoken).astype(np.float32) if spoken else None
        heard = samples is not None and samples.size and float(np.abs(samples).max()) > _HEARD
        parts.append(samples if heard else None)
        report((index + 1) / len(texts), f"reading scene {index + 1} of {len(texts)}")
    if all(part is None for part in parts):
        return None
    return Narration(parts=tuple(parts), rate_hz=int(voice.sample_rate), voice=payload.voice)
