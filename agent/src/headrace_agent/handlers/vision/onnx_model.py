"""Loads an ONNX model that describes itself, and prepares pictures for it.

The layout that our own models have and that ``HEADRACE_CLASSIFICATION_MODEL_PATH`` and
``HEADRACE_DETECTION_MODEL_PATH`` expect:

- one input, float32 ``[1, 3, height, width]`` with fixed sizes;
- a classifier: the first output is float32 ``[1, classes]``, probabilities (or scores of any range: then they are
  turned into probabilities by a softmax);
- a detector: outputs ``boxes`` float32 ``[1, n, 4]`` (left, top, right, bottom in pixels of the input) and ``scores``
  float32 ``[1, n, classes]``, 0 to 1, before suppression of doubles;
- metadata (``metadata_props``), each value as JSON: ``labels`` (list of class names), ``name``, ``mean`` and ``std``
  (three numbers on the scale 0 to 255, default 0 and 255), ``order`` (``RGB`` or ``BGR``, default ``RGB``).
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from headrace_agent.handlers.api import HandlerError

Floats = NDArray[np.float32]

#: In order of preference. Others (TensorRT, OpenVINO) compile a model for minutes before its first run.
_PROVIDERS = ("CUDAExecutionProvider", "CoreMLExecutionProvider", "CPUExecutionProvider")


class OnnxModel:
    """A session with its metadata. Raises ``HandlerError`` for a file that does not have the layout above."""

    def __init__(self, path: Path) -> None:
        import onnxruntime  # takes 0.2 s and 60 MB: only where a model runs

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # its warnings tell of optimisations, on stderr
        try:
            available = onnxruntime.get_available_providers()
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=[name for name in _PROVIDERS if name in available]
            )
        except Exception as error:  # onnxruntime's own errors share no base class
            raise HandlerError(f"the model {path.name} can't be loaded: {error}") from error
        entry = self._session.get_inputs()[0]
        if len(entry.shape) != 4 or entry.shape[1] != 3 or not all(isinstance(n, int) for n in entry.shape):
            raise HandlerError(f"the model {path.name} must take [1, 3, height, width], not {entry.shape}")
        self._input = entry.name
        self.height: int = entry.shape[2]
        self.width: int = entry.shape[3]
        self.outputs: list[str] = [output.name for output in self._session.get_outputs()]
        self._meta = self._metadata(path)
        self.labels: list[str] = self._meta["labels"]
        self.name: str = self._meta.get("name", path.stem)

    def _metadata(self, path: Path) -> dict[str, Any]:
        raw = self._session.get_modelmeta().custom_metadata_map
        try:
            meta = {
                key: json.loads(raw[key]) for key in ("labels", "name", "mean", "std", "order") if key in raw
            }
        except ValueError as error:
            raise HandlerError(f"the metadata of {path.name} must be JSON: {error}") from error
        if not isinstance(meta.get("labels"), list) or not meta["labels"]:
            raise HandlerError(
                f"the model {path.name} carries no list of class names in its metadata 'labels'"
            )
        return meta

    def run(self, picture: Image.Image) -> dict[str, Floats]:
        """The outputs by name for an RGB picture of exactly the input's size."""
        pixels = np.asarray(picture, dtype=np.float32)
        if self._meta.get("order") == "BGR":
            pixels = pixels[..., ::-1]
        mean = np.asarray(self._meta.get("mean", [0.0] * 3), dtype=np.float32)
        std = np.asarray(self._meta.get("std", [255.0] * 3), dtype=np.float32)
        batch = np.ascontiguousarray(((pixels - mean) / std).transpose(2, 0, 1)[None])
        return dict(zip(self.outputs, self._session.run(self.outputs, {self._input: batch}), strict=True))


@lru_cache(maxsize=4)
def _loaded(path: Path, _changed_ns: int) -> OnnxModel:
    return OnnxModel(path)


def load(path: Path) -> OnnxModel:
    """The model, kept in memory for the next job of this process until the file changes."""
    try:
        return _loaded(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise HandlerError(f"the model file {path.name} can't be read: {error.strerror}") from error
