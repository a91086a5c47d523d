"""What a job's input means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from headrace_api.core.errors import ValidationError
from headrace_api.core.templates import Template
from headrace_api.dialects.native.decode import file_id_in, payload_of
from headrace_api.dialects.native.schemas.job_body import JobBody
from headrace_contracts.catalogue.registry import CATALOGUE

ID = UUID("0198c7d2-f1a0-7c3e-9d2b-6a5f4e3d2c1b")
TEMPLATE = Template(
    id=ID, account_id=ID, name="t", model=None, options={"top_k": 1, "seed": 2},
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip


def payload(model: str, *, template: Template | None = None, has_file: bool = False, **fields: Any) -> Any:
    return payload_of(JobBody(model=model, **fields), CATALOGUE[model], template, has_file=has_file)


@pytest.mark.parametrize(
    ("given", "model", "found"),
    [
        (f"file_{ID.hex}", "data-processing", ID),
        (f"file_{ID.hex}", "text-generation", ID),
        (str(ID), "data-processing", ID),
        (str(ID), "text-generation", None),
        ("file_x", "data-processing", None),
        ("words", "data-processing", None),
        ({"prompt": "x"}, "text-generation", None),
        (None, "text-generation", None),
    ],
)
def test_the_id_of_a_file_is_told_from_a_text(given: Any, model: str, found: UUID | None) -> None:
    assert file_id_in(given, CATALOGUE[model]) == found


def test_what_the_client_says_wins_over_the_template() -> None:
    assert payload("text-generation", template=TEMPLATE, input="x", payload={"seed": 3}) == {
        "top_k": 1, "seed": 3, "prompt": "x",
    }  # fmt: skip
    assert payload("text-generation", template=TEMPLATE, input={"seed": 4}) == {"top_k": 1, "seed": 4}


def test_a_film_knows_whether_it_is_made_from_words_or_from_a_file() -> None:
    assert payload("video-production", input="a film") == {"entry": "prompt", "prompt": "a film"}
    assert payload("video-production", input="file", has_file=True) == {"entry": "upload"}
    assert payload("video-production", payload={"entry": "prompt", "prompt": "x"})["entry"] == "prompt"


def test_a_job_without_input_has_what_its_payload_says() -> None:
    assert payload("noop") == {}
    assert payload("noop", payload={"a": 1}) == {"a": 1}


@pytest.mark.parametrize(
    ("model", "fields", "words"),
    [
        ("noop", {"input": "text"}, "takes no text"),
        ("data-processing", {"input": "text"}, "the id of a file"),
        ("text-generation", {"input": {"prompt": "x"}, "payload": {}}, "is a payload already"),
        ("text-generation", {"input": "x", "payload": {"prompt": "y"}}, "payload.prompt"),
    ],
)
def test_what_can_not_be_meant_is_refused(model: str, fields: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        payload(model, **fields)
