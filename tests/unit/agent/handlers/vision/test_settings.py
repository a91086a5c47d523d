"""The settings of the vision handlers, from any mapping."""

from __future__ import annotations

from pathlib import Path

from headrace_agent.handlers.vision.settings import VisionSettings


def test_defaults_need_nothing() -> None:
    settings = VisionSettings.from_environ({})
    assert settings.cache_dir == Path.home() / ".cache/headrace"
    assert settings.detection_model_path is None
    assert settings.image_model_path is None


def test_paths_are_expanded_and_blank_means_unset() -> None:
    settings = VisionSettings.from_environ(
        {
            "HEADRACE_MODEL_CACHE_DIR": "/var/models",
            "HEADRACE_DETECTION_MODEL_PATH": "~/own.onnx",
            "HEADRACE_CLASSIFICATION_MODEL_PATH": "",
            "HEADRACE_IMAGE_MODEL_PATH": "someone/some-model",
        }
    )
    assert settings.cache_dir == Path("/var/models")
    assert settings.detection_model_path == Path.home() / "own.onnx"
    assert settings.classification_model_path is None
    assert settings.image_model_path == "someone/some-model"
