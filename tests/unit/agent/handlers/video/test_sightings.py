"""What was seen is summed up per class and listed over time."""

from __future__ import annotations

from headrace_agent.handlers.video.sightings import Sightings
from headrace_agent.handlers.vision.detector import Detection


def seen(label: str, confidence: float) -> Detection:
    return Detection(label=label, confidence=confidence, left=0, top=0, right=1, bottom=1)


def test_a_class_is_counted_by_samples_and_at_once() -> None:
    sightings = Sightings()
    sightings.add(0.0, [seen("car", 0.5)])
    sightings.add(1.0, [])
    sightings.add(2.0, [seen("person", 0.9), seen("car", 0.4), seen("car", 0.8)])
    result = sightings.as_json()
    assert result["objects"] == [
        {"label": "car", "samples": 2, "most_at_once": 2, "confidence": 0.8, "first_s": 0.0, "last_s": 2.0},
        {
            "label": "person",
            "samples": 1,
            "most_at_once": 1,
            "confidence": 0.9,
            "first_s": 2.0,
            "last_s": 2.0,
        },
    ]
    assert result["timeline"] == [
        {"time_s": 0.0, "counts": {"car": 1}},
        {"time_s": 1.0, "counts": {}},
        {"time_s": 2.0, "counts": {"car": 2, "person": 1}},
    ]
