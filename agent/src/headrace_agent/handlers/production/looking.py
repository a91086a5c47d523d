"""Portal 2, analyse: one pass through the upload for its scenes, its best frame, its loudness and what is in it."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from PIL import Image

from headrace_agent.handlers import object_detection
from headrace_agent.handlers.production.loudness import Loudness, Meter
from headrace_agent.handlers.production.portals import Report
from headrace_agent.handlers.production.reading import Reading
from headrace_agent.handlers.production.scoring import Score, judge
from headrace_agent.handlers.production.sound import Timeline
from headrace_agent.handlers.production.source import Source
from headrace_agent.handlers.video.scenes import SceneFinder

_SMALL: Final = (64, 36)
_SCENE_THRESHOLD: Final = 28.0
#: How many frames are judged as a thumbnail, and in how many of them objects are looked for.
_JUDGED: Final = 80
_SEARCHED: Final = 8
_OBJECT_THRESHOLD: Final = 0.45
_LISTED_SCENES: Final = 200
#: The best frame is kept no larger than this.
_KEPT_WIDTH: Final = 1920


class Best:
    """The frame that makes the best picture so far."""

    def __init__(self, duration_s: float) -> None:
        self._duration_s = duration_s
        self._total = -1.0
        self.picture: Image.Image | None = None
        self.score: Score | None = None
        self.time_s = 0.0

    def show(self, time_s: float, picture: Image.Image) -> None:
        score = judge(picture)
        # Fades and end cards are at the ends.
        edge = min(time_s, self._duration_s - time_s) < 0.03 * self._duration_s
        total = score.total * (0.93 if edge else 1.0)
        if total > self._total:
            self._total, self.score, self.time_s = total, score, time_s
            self.picture = picture.copy()

    def as_json(self) -> dict[str, Any] | None:
        return None if self.score is None else {"time_s": round(self.time_s, 3), **self.score.as_json()}


class Look:
    """Is shown each frame of a reading in turn."""

    def __init__(self, source: Source) -> None:
        self.best = Best(source.duration_s)
        self.frames = 0
        self._source = source
        self._scenes = SceneFinder(_SCENE_THRESHOLD)
        self._timeline = Timeline(source.duration_s + 5.0)
        self._meter = Meter() if source.has_audio else None
        self._next_judged_s = 0.0
        # Kept, since a new one for each frame costs more than the shrinking.
        self._shrink = VideoReformatter()
        self._detector = _detector()
        self._searched = 0
        self._seen: Counter[str] = Counter()

    def take(self, time_s: float, frame: av.VideoFrame | av.AudioFrame) -> None:
        if isinstance(frame, av.AudioFrame):
            self._listen(time_s, frame)
            return
        self.frames += 1
        small = self._shrink.reformat(frame, width=_SMALL[0], height=_SMALL[1], format="rgb24")
        self._scenes.show(time_s, small.to_ndarray().astype(np.uint8, copy=False))
        if time_s >= self._next_judged_s:
            self._next_judged_s = time_s + self._source.duration_s / _JUDGED
            picture = upright(frame, self._source)
            self.best.show(time_s, picture)
            if self._searched < _SEARCHED and time_s >= (
                (self._searched + 0.5) * self._source.duration_s / _SEARCHED
            ):
                self._search(picture)

    def loudness(self) -> Loudness | None:
        """None without sound. Ends the measurement."""
        if self._meter is None:
            return None
        for block in self._timeline.end():
            self._meter.add(block)
        return self._meter.finish()

    @property
    def objects(self) -> list[str]:
        """Classes that were seen, those in most of the searched frames first."""
        return [label for label, _ in sorted(self._seen.items(), key=lambda item: (-item[1], item[0]))]

    def scenes(self, end_s: float) -> dict[str, Any]:
        found = self._scenes.as_json(end_s)
        return {**found, "scenes": found["scenes"][:_LISTED_SCENES]}

    def objects_as_json(self) -> list[dict[str, Any]] | None:
        """None where this agent has no detector."""
        if self._detector is None:
            return None
        return [{"label": label, "frames": self._seen[label]} for label in self.objects]

    def _listen(self, time_s: float, frame: av.AudioFrame) -> None:
        if self._meter is not None:
            for block in self._timeline.add(time_s, frame):
                self._meter.add(block)

    def _search(self, picture: Image.Image) -> None:
        from headrace_agent.handlers.vision import detector  # ONNX Runtime

        self._searched += 1
        if self._detector is not None:
            found = detector.detect(picture, model=self._detector, threshold=_OBJECT_THRESHOLD)
            self._seen.update({one.label for one in found})


def look(reading: Reading, source: Source, report: Report) -> Look:
    """All of ``reading``."""
    found = Look(source)
    for time_s, frame in reading:
        found.take(time_s, frame)
        if found.frames % 10 == 0 and source.duration_s:
            report(reading.end_s / source.duration_s, f"{found.frames} frames")
    return found


def upright(frame: av.VideoFrame, source: Source) -> Image.Image:
    """The frame as it is meant to be seen, at most ``_KEPT_WIDTH`` wide."""
    scale = min(1.0, _KEPT_WIDTH / max(source.size))
    width, height = max(1, round(source.width * scale)), max(1, round(source.height * scale))
    if source.turn in {90, 270}:
        width, height = height, width
    picture: Image.Image = frame.reformat(width=width, height=height, format="rgb24").to_image()  # type: ignore[no-untyped-call]  # PyAV leaves its Pillow bridge untyped
    return picture.rotate(source.turn, expand=True) if source.turn else picture


def _detector() -> Any:
    if object_detection.missing() is not None:
        return None
    from headrace_agent.handlers.vision import detector, onnx_model  # ONNX Runtime
    from headrace_agent.handlers.vision.settings import VisionSettings

    return onnx_model.load(detector.model_path(VisionSettings.of_this_process()))
