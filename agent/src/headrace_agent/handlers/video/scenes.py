"""Finds where a video changes from one scene to the next."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: A flash shorter than this makes no scene.
MIN_SCENE_S = 0.25
#: What a result lists; ``scene_count`` counts all.
MAX_LISTED = 500


class SceneFinder:
    """Is shown every frame in turn, small (any fixed size, 8-bit RGB)."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._last: NDArray[np.int16] | None = None
        self._starts: list[float] = []

    def show(self, time_s: float, frame: NDArray[np.uint8]) -> None:
        """A scene begins with the first frame, and where the mean difference of two frames (0-255) is large."""
        current = frame.astype(np.int16)
        if self._last is None or (
            np.abs(current - self._last).mean() > self._threshold and time_s - self._starts[-1] >= MIN_SCENE_S
        ):
            self._starts.append(time_s)
        self._last = current

    def as_json(self, end_s: float) -> dict[str, Any]:
        ends = [*self._starts[1:], max(end_s, self._starts[-1])] if self._starts else []
        scenes = [
            {"start_s": round(start, 3), "end_s": round(end, 3), "duration_s": round(end - start, 3)}
            for start, end in zip(self._starts, ends, strict=True)
        ]
        return {"scene_count": len(scenes), "scenes": scenes[:MAX_LISTED]}
