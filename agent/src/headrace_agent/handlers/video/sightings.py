"""Gathers what was seen in the sampled frames of a video."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headrace_agent.handlers.vision.detector import Detection


@dataclass(slots=True)
class _Seen:
    first_s: float
    last_s: float
    samples: int = 0
    most_at_once: int = 0
    best: float = 0.0


class Sightings:
    """Which objects were seen, when and how many at once."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._timeline: list[dict[str, Any]] = []

    def add(self, time_s: float, detections: Sequence[Detection]) -> None:
        counts = Counter(found.label for found in detections)
        self._timeline.append({"time_s": round(time_s, 3), "counts": dict(counts.most_common())})
        for label, count in counts.items():
            seen = self._seen.setdefault(label, _Seen(first_s=time_s, last_s=time_s))
            seen.last_s = time_s
            seen.samples += 1
            seen.most_at_once = max(seen.most_at_once, count)
            seen.best = max(seen.best, *(d.confidence for d in detections if d.label == label))

    def as_json(self) -> dict[str, Any]:
        """``objects``: each class with when it was seen, the commonest first; ``timeline``: counts per sample."""
        ranked = sorted(self._seen.items(), key=lambda item: (-item[1].samples, -item[1].best))
        return {
            "objects": [
                {
                    "label": label,
                    "samples": seen.samples,
                    "most_at_once": seen.most_at_once,
                    "confidence": round(seen.best, 4),
                    "first_s": round(seen.first_s, 3),
                    "last_s": round(seen.last_s, 3),
                }
                for label, seen in ranked
            ],
            "timeline": self._timeline,
        }
