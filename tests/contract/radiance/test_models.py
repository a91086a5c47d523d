"""Seed 002, ``/airunner/models`` and «Available Models»."""

from __future__ import annotations

from tests.contract.radiance.conftest import Radiance

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FILE_TYPES: dict[str, list[str] | None] = {
    "image-classification": ["image/jpeg", "image/png", "image/webp", "image/gif"],
    "object-detection": ["image/jpeg", "image/png", "image/webp"],
    "speech-to-text": ["audio/mpeg", "audio/wav", "audio/ogg", "audio/flac", "audio/aac", "audio/m4a"],
    "text-to-speech": None,
    "text-generation": None,
    "image-generation": None,
    "video-analysis": ["video/mp4", "video/avi", "video/mov", "video/webm", "video/mkv"],
    "document-analysis": ["application/pdf", "application/msword", DOCX, XLSX, "text/plain", "text/csv"],
    "data-processing": ["text/csv", "application/json", "application/xml", "application/x-parquet"],
    "3d-model-analysis": ["model/obj", "model/stl", "model/gltf+json", "model/gltf-binary"],
}


async def test_ten_models_with_their_documented_fields(radiance: Radiance) -> None:
    async with radiance.session.get(f"{radiance.origin}/airunner/models") as answer:
        assert answer.status == 200
        body = await answer.json()
    assert body["success"] is True
    models = {model["id"]: model for model in body["result"]["models"]}
    assert list(models) == list(FILE_TYPES)
    for name, types in FILE_TYPES.items():
        model = models[name]
        assert model["requiresFile"] is (types is not None)
        assert model.get("allowedFileTypes") == types
        assert model["name"]
        assert model["description"]
        assert model["payloadSchema"]
        for field in model["payloadSchema"].values():
            assert {"type", "required", "description"} <= field.keys()


async def test_documented_parameters(radiance: Radiance) -> None:
    async with radiance.session.get(f"{radiance.origin}/airunner/models") as answer:
        models = {model["id"]: model for model in (await answer.json())["result"]["models"]}
    top_k = models["image-classification"]["payloadSchema"]["top_k"]
    assert (top_k["type"], top_k["required"], top_k["description"]) == (
        "number",
        False,
        "Return top K predictions (default: 5)",
    )
    threshold = models["image-classification"]["payloadSchema"]["threshold"]
    assert (threshold["type"], threshold["required"], threshold["description"]) == (
        "number",
        False,
        "Confidence threshold (0-1)",
    )
    text = models["text-generation"]["payloadSchema"]
    assert (text["prompt"]["type"], text["prompt"]["required"]) == ("string", True)
    assert (text["max_tokens"]["type"], text["max_tokens"]["required"]) == ("number", False)
