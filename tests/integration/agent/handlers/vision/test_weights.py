"""The weights in the packages: read without running code, converted as released, refused when they differ."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from headrace_agent.handlers.vision import efficientnet_lite
from headrace_agent.handlers.vision.legacy_pth import read_state_dict
from headrace_agent.handlers.vision.onnx_model import load


def test_the_classifier_is_converted_with_its_labels(tmp_path: Path) -> None:
    target = tmp_path / "model.onnx"
    efficientnet_lite.convert(target)
    model = load(target)
    assert (model.width, model.height) == (224, 224)
    assert len(model.labels) == 1000
    assert [model.labels[i] for i in (0, 281, 285, 999)] == [
        "tench",
        "tabby",
        "Egyptian cat",
        "toilet tissue",
    ]


def test_other_weights_than_the_released_ones_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(efficientnet_lite, "WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(ValueError, match="its SHA-256 differs"):
        efficientnet_lite.convert(tmp_path / "model.onnx")


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, ("pwned",)


def test_a_weights_file_can_run_no_code(tmp_path: Path) -> None:
    path = tmp_path / "evil.pth"
    path.write_bytes(pickle.dumps(_Evil()))
    with pytest.raises(pickle.UnpicklingError, match="does not belong in a state dict"):
        read_state_dict(path)


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.pth"
    path.write_bytes(pickle.dumps(12345))
    with pytest.raises(ValueError, match=r"other\.pth is not a legacy PyTorch file"):
        read_state_dict(path)
