"""The catalogue is the seed's: ids, names, files and order (seed 002, «Available Models»)."""

from __future__ import annotations

import pytest

from headrace_contracts.catalogue import registry
from headrace_contracts.catalogue.model import Model
from headrace_contracts.catalogue.validation import payload_schema, validate_payload

DOCUMENTED = [
    ("image-classification", "Image Classification", True, "image/jpeg image/png image/webp image/gif"),
    ("object-detection", "Object Detection", True, "image/jpeg image/png image/webp"),
    (
        "speech-to-text",
        "Speech to Text",
        True,
        "audio/mpeg audio/wav audio/ogg audio/flac audio/aac audio/m4a",
    ),
    ("text-to-speech", "Text to Speech", False, ""),
    ("text-generation", "Text Generation", False, ""),
    ("image-generation", "Image Generation", False, ""),
    ("video-analysis", "Video Analysis", True, "video/mp4 video/avi video/mov video/webm video/mkv"),
    (
        "document-analysis",
        "Document Analysis",
        True,
        (
            "application/pdf application/msword"
            " application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            " application/vnd.openxmlformats-officedocument.spreadsheetml.sheet text/plain text/csv"
        ),
    ),
    (
        "data-processing",
        "Data Processing",
        True,
        "text/csv application/json application/xml application/x-parquet",
    ),
    (
        "3d-model-analysis",
        "3D Model Analysis",
        True,
        "model/obj model/stl model/gltf+json model/gltf-binary",
    ),
]


def test_general_models_are_those_of_the_seed_in_its_order() -> None:
    assert [
        (m.id, m.name, m.requires_file, " ".join(m.allowed_file_types)) for m in registry.general_models()
    ] == DOCUMENTED


def test_kinds_of_work_with_a_dialect_of_their_own_are_public_but_not_general() -> None:
    others = [m.id for m in registry.public_models() if m not in registry.general_models()]
    assert others == ["command", "project", "video-production"]


def test_noop_is_known_but_not_public() -> None:
    noop = registry.get("noop")
    assert noop is not None
    assert not noop.public
    assert not noop.export_result
    assert not noop.takes_file
    assert "noop" not in {m.id for m in registry.public_models()}


def test_an_unknown_model_is_none() -> None:
    assert registry.get("wrong-model-id") is None


def test_the_schema_of_image_classification_has_the_seed_s_fields() -> None:
    shown = payload_schema(registry.CATALOGUE["image-classification"])
    assert shown["top_k"] == {
        "type": "number",
        "required": False,
        "description": "Return top K predictions (default: 5)",
        "default": 5,
        "minimum": 1,
        "maximum": 1000,
    }
    assert shown["threshold"]["type"] == "number"
    assert shown["threshold"]["description"] == "Confidence threshold (0-1)"
    assert shown["crop"]["enum"] == ["center", "full"]


def test_the_schema_of_a_nullable_list_shows_its_items() -> None:
    labels = payload_schema(registry.CATALOGUE["object-detection"])["labels"]
    assert labels["type"] == "array"
    assert labels["items"] == {"type": "string", "minLength": 1, "maxLength": 80}
    assert (labels["minItems"], labels["maxItems"]) == (1, 80)
    assert "default" not in labels


@pytest.mark.parametrize("model", registry.public_models(), ids=lambda m: m.id)
def test_every_field_is_documented_and_every_default_passes_its_own_check(model: Model) -> None:
    shown = payload_schema(model)
    assert shown, "a model without parameters would be a surprise"
    for name, field in shown.items():
        assert field["description"], name
        assert set(field["type"].split("|")) <= {"number", "string", "boolean", "array", "object"}, name
    defaults = {name: field["default"] for name, field in shown.items() if "default" in field}
    missing = [f"Missing required field: {name}" for name, field in shown.items() if field["required"]]
    assert [p for p in validate_payload(model, defaults) if p not in missing] == []
