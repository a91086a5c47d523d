"""The handlers that this agent has code for, and which of them this machine can run.

``noop`` is not among them: the agent runs it itself, see ``executors/inline.py``.
"""

from __future__ import annotations

import importlib
from functools import lru_cache

from headrace_agent.handlers.api import Handler

#: Module paths in the order of the catalogue; each exports ``HANDLER``. Imported when first asked for: the modules
#: themselves are light, what they need (NumPy, PyAV, ONNX Runtime, ...) they import when they run.
ALL: tuple[str, ...] = (
    "headrace_agent.handlers.image_classification",
    "headrace_agent.handlers.object_detection",
    "headrace_agent.handlers.speech_to_text",
    "headrace_agent.handlers.text_to_speech",
    "headrace_agent.handlers.text_generation",
    "headrace_agent.handlers.image_generation",
    "headrace_agent.handlers.video_analysis",
    "headrace_agent.handlers.document_analysis",
    "headrace_agent.handlers.data_processing",
    "headrace_agent.handlers.three_d_model_analysis",
    "headrace_agent.handlers.video_production",
)


@lru_cache(maxsize=1)
def handlers() -> dict[str, Handler]:
    """Every handler by model id. Raises ``ImportError`` for a damaged installation."""
    found = (importlib.import_module(path).HANDLER for path in ALL)
    return {handler.model.id: handler for handler in found}


def installed() -> dict[str, Handler]:
    """The handlers that can run here, by model id."""
    return {model_id: handler for model_id, handler in handlers().items() if handler.missing() is None}


def missing() -> dict[str, str]:
    """Of the others, by model id, the sentence that says what they need and how to get it."""
    sentences = ((model_id, handler.missing()) for model_id, handler in handlers().items())
    return {model_id: sentence for model_id, sentence in sentences if sentence is not None}
