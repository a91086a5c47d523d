"""Every model of the catalogue has a handler, and asking for them loads no heavy library."""

from __future__ import annotations

import subprocess
import sys

import pytest

from headrace_agent.handlers import registry
from headrace_contracts.catalogue import video_production
from headrace_contracts.catalogue.registry import general_models

#: Commands and projects are run by workers of other kinds.
HANDLED = (*general_models(), video_production.MODEL)


def test_each_model_of_agents_has_its_handler_in_the_same_order() -> None:
    assert [handler.model for handler in registry.handlers().values()] == list(HANDLED)


def test_installed_and_missing_share_the_models_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "headrace_agent.handlers.requirements.find_spec", lambda name: None if name == "trimesh" else object()
    )
    assert "3d-model-analysis" not in registry.installed()
    missing = registry.missing()
    assert missing["3d-model-analysis"] == "needs trimesh: install headrace-agent[geometry]"
    assert set(registry.installed()) | set(missing) == {model.id for model in HANDLED}
    assert not set(registry.installed()) & set(missing)


def test_asking_what_is_installed_imports_no_heavy_library() -> None:
    heavy = (
        "numpy",
        "PIL",
        "av",
        "onnxruntime",
        "trimesh",
        "duckdb",
        "faster_whisper",
        "xllamacpp",
        "hibari",
    )
    program = (
        "import sys; from headrace_agent.handlers import registry; registry.installed(); registry.missing();"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
