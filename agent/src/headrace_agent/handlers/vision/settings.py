"""Where the models of the vision handlers are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class VisionSettings:
    """Read from the environment of the handler's process.

    ``HEADRACE_MODEL_CACHE_DIR``: converted models, default ``~/.cache/headrace``.
    ``HEADRACE_CLASSIFICATION_MODEL_PATH``, ``HEADRACE_DETECTION_MODEL_PATH``: own ONNX files in the layout of
    ``onnx_model.py``, instead of EfficientNet-Lite0 and NanoDet.
    ``HEADRACE_IMAGE_MODEL_PATH``: folder or hub id of diffusion weights for ``image-generation``.
    """

    cache_dir: Path
    classification_model_path: Path | None = None
    detection_model_path: Path | None = None
    image_model_path: str | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> VisionSettings:
        def path(name: str) -> Path | None:
            return Path(environ[name]).expanduser() if environ.get(name) else None

        return cls(
            cache_dir=path("HEADRACE_MODEL_CACHE_DIR") or Path("~/.cache/headrace").expanduser(),
            classification_model_path=path("HEADRACE_CLASSIFICATION_MODEL_PATH"),
            detection_model_path=path("HEADRACE_DETECTION_MODEL_PATH"),
            image_model_path=environ.get("HEADRACE_IMAGE_MODEL_PATH") or None,
        )

    @classmethod
    def of_this_process(cls) -> VisionSettings:
        """Those of the handler's process, which is its own composition root."""
        return cls.from_environ(os.environ)
