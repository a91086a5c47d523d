"""The classifier on real photos, and on what is no photo."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import pytest
from PIL import Image
from tests.support.handler_context import RecordingContext, run_handler

from headrace.demo import samples
from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.image_classification import HANDLER

CATS = {"tabby", "tiger cat", "Egyptian cat"}


@pytest.fixture
def ctx(tmp_path: Path) -> RecordingContext:
    return RecordingContext(tmp_path)


def test_the_cat_is_a_cat(ctx: RecordingContext) -> None:
    result = run_handler(HANDLER, {}, ctx, path=samples.cat_photo(), mime="image/png")
    predictions = result["predictions"]
    assert len(predictions) == 5
    assert {p["label"] for p in predictions[:3]} == CATS
    assert sum(p["confidence"] for p in predictions[:3]) > 0.8
    confidences = [p["confidence"] for p in predictions]
    assert confidences == sorted(confidences, reverse=True)
    assert (result["model"], result["width"], result["height"]) == ("efficientnet-lite0", 451, 300)


@pytest.mark.parametrize(
    ("photo", "label"),
    [
        (samples.coffee_photo, "espresso"),
        (samples.rocket_photo, "missile"),
        (samples.motorcycle_photo, "moped"),
    ],
)
def test_other_photos_are_what_they_show(ctx: RecordingContext, photo: object, label: str) -> None:
    assert callable(photo)
    result = run_handler(HANDLER, {"top_k": 1}, ctx, path=photo(), mime="image/png")
    assert [p["label"] for p in result["predictions"]] == [label]


def test_the_threshold_keeps_only_what_is_sure(ctx: RecordingContext) -> None:
    payload = {"top_k": 1000, "threshold": 0.3}
    result = run_handler(HANDLER, payload, ctx, path=samples.cat_photo(), mime="image/png")
    assert {p["label"] for p in result["predictions"]} == {"tiger cat", "Egyptian cat"}


def test_all_thousand_classes_have_names_and_add_up(ctx: RecordingContext) -> None:
    result = run_handler(
        HANDLER, {"top_k": 1000, "crop": "full"}, ctx, path=samples.cat_photo(), mime="image/png"
    )
    assert len(result["predictions"]) == 1000
    assert sum(p["confidence"] for p in result["predictions"]) == pytest.approx(1, abs=0.03)
    assert result["predictions"][0]["label"] in CATS


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("WEBP", "RGB"), ("GIF", "P"), ("PNG", "RGBA"), ("PNG", "LA")]
)
def test_every_documented_format_is_read(ctx: RecordingContext, tmp_path: Path, kind: str, mode: str) -> None:
    path = tmp_path / "cat"
    with Image.open(samples.cat_photo()) as image:
        image.convert(mode).save(path, kind)
    result = run_handler(HANDLER, {"top_k": 1}, ctx, path=path, mime=f"image/{kind.lower()}")
    assert result["predictions"][0]["label"] in CATS


def test_a_photo_lying_on_its_side_is_turned_as_its_exif_says(ctx: RecordingContext, tmp_path: Path) -> None:
    path = tmp_path / "sideways.jpg"
    with Image.open(samples.cat_photo()) as image:
        exif = Image.Exif()
        exif[0x0112] = 6  # turn right to see it upright
        image.convert("RGB").rotate(90, expand=True).save(path, exif=exif)
    result = run_handler(HANDLER, {}, ctx, path=path, mime="image/jpeg")
    assert (result["width"], result["height"]) == (451, 300)
    assert result["predictions"][0]["label"] in CATS


def _cut_jpeg() -> bytes:
    buffer = io.BytesIO()
    with Image.open(samples.cat_photo()) as image:
        image.convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()[:5000]


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def _bomb(side: int) -> bytes:
    """A PNG of a few bytes that claims ``side`` × ``side`` pixels."""
    header = _png_chunk(b"IHDR", side.to_bytes(4) + side.to_bytes(4) + bytes([8, 2, 0, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + header + _png_chunk(b"IDAT", zlib.compress(b"")) + _png_chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not a JPEG, PNG, WebP or GIF image"),
        (b"%PDF-1.7 not a picture", "not a JPEG, PNG, WebP or GIF image"),
        (_cut_jpeg(), "damaged or cut short"),
        (samples.cat_photo().read_bytes()[:9000], "damaged or cut short"),
        (_bomb(9000), "the image has 9000x9000 pixels, more than the 80,000,000"),
        (_bomb(11_000), "the image has 11000x11000 pixels, more than the 80,000,000"),
        (_bomb(60_000), "more than the 80,000,000 pixels"),
        (_bomb(100), "damaged or cut short"),
    ],
    ids=["empty", "pdf", "cut jpeg", "cut png", "large", "larger", "bomb", "no pixels"],
)
def test_what_is_no_picture_is_refused_with_a_sentence(
    ctx: RecordingContext, tmp_path: Path, data: bytes, sentence: str
) -> None:
    path = tmp_path / "input"
    path.write_bytes(data)
    with pytest.raises(HandlerError, match=sentence):
        run_handler(HANDLER, {}, ctx, path=path, mime="image/png")


def test_a_model_path_that_is_wrong_is_said_before_any_job(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HEADRACE_CLASSIFICATION_MODEL_PATH", str(tmp_path / "none.onnx"))
    sentence = HANDLER.missing()
    assert sentence is not None
    assert "HEADRACE_CLASSIFICATION_MODEL_PATH" in sentence


def test_a_file_that_is_no_model_fails_the_job(
    monkeypatch: pytest.MonkeyPatch, ctx: RecordingContext, tmp_path: Path
) -> None:
    own = tmp_path / "own.onnx"
    own.write_bytes(b"no model")
    monkeypatch.setenv("HEADRACE_CLASSIFICATION_MODEL_PATH", str(own))
    with pytest.raises(HandlerError, match=r"own\.onnx can't be loaded"):
        run_handler(HANDLER, {}, ctx, path=samples.cat_photo(), mime="image/png")
