"""What the vision handlers need beside packages, said in a sentence when it is missing."""

from __future__ import annotations

from pathlib import Path

#: What runs any ONNX model on a picture.
RUNTIME = ("numpy", "PIL", "onnxruntime")
#: The detector's file in the cache folder.
DETECTOR = "nanodet-g-416.onnx"


def own_model(setting: str, path: Path) -> str | None:
    """None when the file that ``setting`` names is there."""
    return None if path.is_file() else f"{setting} names {path}, and no such file is there"
