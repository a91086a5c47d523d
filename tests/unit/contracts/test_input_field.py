"""What a bare text or a bare file means to a model."""

from __future__ import annotations

import pytest

from headrace_contracts.catalogue.model import Model
from headrace_contracts.catalogue.registry import CATALOGUE
from headrace_contracts.catalogue.validation import validate_payload

TEXT = [model for model in CATALOGUE.values() if model.input_field is not None]


@pytest.mark.parametrize("model", TEXT, ids=lambda model: model.id)
def test_a_bare_text_makes_a_whole_payload(model: Model) -> None:
    assert model.input_field is not None
    assert validate_payload(model, {**model.text_defaults, model.input_field: "a few words"}) == []


@pytest.mark.parametrize("model", [m for m in CATALOGUE.values() if m.takes_file], ids=lambda model: model.id)
def test_the_defaults_of_a_bare_file_are_fields_of_the_payload(model: Model) -> None:
    assert set(model.file_defaults) <= set(model.payload.model_fields)


def test_the_models_that_need_nothing_but_words_take_a_bare_text() -> None:
    # A model whose payload has one required field of text, and no file, is one that a text says all to.
    for model in CATALOGUE.values():
        required = [name for name, each in model.payload.model_fields.items() if each.is_required()]
        if not model.requires_file and len(required) == 1:
            assert model.input_field is not None, model.id
