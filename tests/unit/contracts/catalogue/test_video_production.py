"""The payload of a production: what is refused, in the words that a client reads."""

from __future__ import annotations

from typing import Any

import pytest

from headrace_contracts.catalogue.validation import validate_payload
from headrace_contracts.catalogue.video_production import MODEL, VideoProduction


@pytest.mark.parametrize(
    ("payload", "problems"),
    [
        ({"entry": "upload"}, []),
        ({"entry": "prompt", "prompt": "A day at the sea."}, []),
        ({}, ["Missing required field: entry"]),
        ({"entry": "prompt"}, ["Missing required field: prompt (entry is 'prompt')"]),
        ({"entry": "prompt", "prompt": " \n"}, ["Missing required field: prompt (entry is 'prompt')"]),
        ({"entry": "record"}, ["Field 'entry' must be one of: upload, prompt"]),
        (
            {"entry": "upload", "aspect": "4:3"},
            ["Field 'aspect' must be one of: source, 16:9, 9:16, 1:1, 4:5"],
        ),
        (
            {"entry": "upload", "resolution": 700},
            ["Field 'resolution' must be one of: 360, 480, 540, 720, 1080"],
        ),
        (
            {"entry": "upload", "description": "é" * 2501},
            ["Field 'description' must have at most 5000 bytes of UTF-8"],
        ),
        (
            {"entry": "upload", "tags": ["a" * 60] * 9},
            ["Field 'tags' must have at most 500 characters in all"],
        ),
        ({"entry": "upload", "aspectRatio": "16:9"}, ["Unknown field: aspectRatio"]),
    ],
)
def test_payloads(payload: dict[str, Any], problems: list[str]) -> None:
    assert validate_payload(MODEL, payload) == problems


def test_a_job_without_a_file_is_taken_and_the_result_is_exported() -> None:
    assert not MODEL.requires_file
    assert MODEL.takes_file
    assert MODEL.export_result


def test_what_is_absent_is_left_to_the_agent() -> None:
    payload = VideoProduction(entry="upload")
    assert (payload.title, payload.description, payload.tags, payload.fps) == (None, None, None, None)
