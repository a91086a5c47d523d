"""The detector on real photos. Its weights must be there: ``python -m headrace_agent.prepare``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops
from tests.support.handler_context import RecordingContext, run_handler

from headrace.demo import samples
from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.object_detection import HANDLER


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path)


def overlap(box: dict[str, float], left: float, top: float, right: float, bottom: float) -> float:
    """Shared area of the two boxes over that of both together."""
    x0, y0 = max(box["x"], left), max(box["y"], top)
    x1, y1 = min(box["x"] + box["width"], right), min(box["y"] + box["height"], bottom)
    shared = max(0.0, x1 - x0) * max(0.0, y1 - y0)
    return shared / (box["width"] * box["height"] + (right - left) * (bottom - top) - shared)


# The boxes were drawn around the things by eye, not by the model.
@pytest.mark.parametrize(
    ("photo", "label", "box"),
    [
        (samples.cat_photo, "cat", (0, 0, 440, 300)),
        (samples.motorcycle_photo, "motorcycle", (105, 75, 690, 455)),
        (samples.astronaut_photo, "person", (20, 5, 380, 512)),
    ],
)
def test_the_thing_is_found_where_it_is(
    ctx: RecordingContext, photo: Any, label: str, box: tuple[float, float, float, float]
) -> None:
    result = run_handler(HANDLER, {}, ctx, path=photo(), mime="image/png")
    best = result["detections"][0]
    assert best["label"] == label
    assert best["confidence"] > 0.5
    assert overlap(best["box"], *box) > 0.75
    assert result["counts"][label] == 1
    assert ctx.output is None


def test_a_street_has_a_man_and_a_car(ctx: RecordingContext, tmp_path: Path) -> None:
    path = samples.street_photo(tmp_path)
    result = run_handler(HANDLER, {}, ctx, path=path, mime="image/jpeg")
    assert {"person", "car"} <= set(result["counts"])
    for found in result["detections"]:
        box = found["box"]
        assert 0 <= box["x"] <= box["x"] + box["width"] <= result["width"]
        assert 0 <= box["y"] <= box["y"] + box["height"] <= result["height"]


def test_labels_threshold_and_limit_narrow_the_result(ctx: RecordingContext, tmp_path: Path) -> None:
    path = samples.street_photo(tmp_path)
    low = run_handler(HANDLER, {"threshold": 0.05}, ctx, path=path, mime="image/jpeg")["detections"]
    assert len(low) > 5
    assert all(found["confidence"] >= 0.05 for found in low)
    cars = run_handler(HANDLER, {"threshold": 0.05, "labels": ["car"]}, ctx, path=path, mime="image/jpeg")
    assert set(cars["counts"]) == {"car"}
    first = run_handler(HANDLER, {"threshold": 0.05, "max_detections": 2}, ctx, path=path, mime="image/jpeg")
    assert first["detections"] == low[:2]


def test_doubles_come_back_when_all_overlap_is_allowed(ctx: RecordingContext) -> None:
    photo = samples.cat_photo()
    once = run_handler(HANDLER, {"threshold": 0.3}, ctx, path=photo, mime="image/png")
    twice = run_handler(HANDLER, {"threshold": 0.3, "iou_threshold": 1.0}, ctx, path=photo, mime="image/png")
    assert once["counts"]["cat"] == 1
    assert twice["counts"]["cat"] > 1


def test_an_unknown_class_is_refused_with_the_known_ones(ctx: RecordingContext) -> None:
    with pytest.raises(HandlerError, match="knows no class dragon; it knows person, bicycle"):
        run_handler(HANDLER, {"labels": ["cat", "dragon"]}, ctx, path=samples.cat_photo(), mime="image/png")


def test_the_annotated_picture_differs_at_the_box_only(ctx: RecordingContext) -> None:
    photo = samples.motorcycle_photo()
    result = run_handler(HANDLER, {"annotate": True}, ctx, path=photo, mime="image/png")
    assert ctx.output is not None
    assert ctx.output.name == "output.jpg"
    with Image.open(ctx.output) as drawn, Image.open(photo) as plain:
        assert drawn.size == plain.size == (result["width"], result["height"])
        changed = (
            ImageChops.difference(drawn, plain.convert("RGB")).convert("L").point(lambda v: 255 * (v > 90))
        )
    box = result["detections"][0]["box"]
    left, top, right, bottom = changed.getbbox() or (0, 0, 0, 0)
    assert overlap(box, left, top, right, bottom) > 0.9


def test_a_picture_of_nothing_has_no_detections(ctx: RecordingContext, tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    Image.new("RGB", (1, 700), "grey").save(path)
    result = run_handler(HANDLER, {}, ctx, path=path, mime="image/png")
    assert result["detections"] == []
    assert result["counts"] == {}


def test_without_weights_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HEADRACE_MODEL_CACHE_DIR", str(tmp_path))
    sentence = HANDLER.missing()
    assert sentence is not None
    assert "python -m headrace_agent.prepare" in sentence
    assert str(tmp_path) in sentence
