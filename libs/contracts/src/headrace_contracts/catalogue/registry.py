"""The catalogue: every model that a job may name, in the order in which seed 002 documents them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from headrace_contracts.catalogue import (
    command,
    data_processing,
    document_analysis,
    image_classification,
    image_generation,
    noop,
    object_detection,
    project,
    speech_to_text,
    text_generation,
    text_to_speech,
    three_d_model_analysis,
    video_analysis,
    video_production,
)
from headrace_contracts.catalogue.model import Model

#: All models by id; ``noop`` is the last and not public.
CATALOGUE: Mapping[str, Model] = MappingProxyType(
    {
        entry.MODEL.id: entry.MODEL
        for entry in (
            image_classification,
            object_detection,
            speech_to_text,
            text_to_speech,
            text_generation,
            image_generation,
            video_analysis,
            document_analysis,
            data_processing,
            three_d_model_analysis,
            command,
            project,
            video_production,
            noop,
        )
    }
)


def public_models() -> tuple[Model, ...]:
    """The models that clients see, in documented order."""
    return tuple(model for model in CATALOGUE.values() if model.public)


def general_models() -> tuple[Model, ...]:
    """Of these, the models of seed 002: what is not a kind of work with a dialect of its own."""
    return tuple(model for model in public_models() if model.general)


def get(model_id: str) -> Model | None:
    """The model of that id, public or not; None when there is none."""
    return CATALOGUE.get(model_id)
