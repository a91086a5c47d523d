"""What requests may hold, and the words for what they may not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from headrace_api.core.errors import ValidationError
from headrace_api.dialects.auraflux.options import check_options, payload_of, read_options, show_options
from headrace_api.dialects.auraflux.schemas import (
    OPTION_NAMES,
    JobRequest,
    ListQuery,
    ScheduleRequest,
    TemplateRequest,
)
from headrace_api.dialects.auraflux.submit import credits_of
from headrace_api.dialects.auraflux.validation import checked
from headrace_contracts.catalogue.video_production import VideoProduction
from headrace_contracts.jobs.priority import Priority


def problems(kind: Any, value: object) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        checked(kind, value)
    return {each.field: each.message for each in caught.value.problems}


def option_problems(options: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        check_options(read_options(options))
    return {each.field: each.message for each in caught.value.problems}


def test_a_whole_request_is_read() -> None:
    wish = checked(
        JobRequest,
        {
            "entry": "upload",
            "fileId": "f",
            "fromTemplateId": "t",
            "options": {"aspect": "9:16"},
            "staging": True,
            "platforms": ["archive", "mirror"],
            "publishAt": "2026-01-31T19:00:00.5+01:00",
            "webhookUrl": "https://example.com/hook",
            "priority": "high",
        },
    )
    assert wish.publish_at == datetime(2026, 1, 31, 18, 0, 0, 500_000, tzinfo=UTC)
    assert (wish.file_id, wish.from_template_id, wish.priority) == ("f", "t", Priority.HIGH)
    assert (wish.platforms, wish.staging) == (["archive", "mirror"], True)


def test_what_is_left_out_has_its_default() -> None:
    wish = checked(JobRequest, {"entry": "prompt", "prompt": "x", "publishAt": None})
    assert (wish.staging, wish.platforms, wish.publish_at, wish.priority) == (
        False,
        None,
        None,
        Priority.NORMAL,
    )


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"entry": "url"}, "entry", "must be 'upload' or 'prompt'"),
        ({"prompt": 5}, "prompt", "must be a valid string"),
        ({"staging": "yes"}, "staging", "must be a valid boolean"),
        ({"platforms": "archive"}, "platforms", "must be a valid list"),
        ({"platforms": ["archive", 5]}, "platforms[1]", "must be a valid string"),
        ({"platforms": ["x"] * 21}, "platforms", "must have at most 20 items"),
        ({"options": []}, "options", "must be"),
        ({"priority": "soon"}, "priority", "must be low, normal, high, urgent or a number from 0 to 3"),
        ({"file_id": "x"}, "file_id", "is not known here; known are entry, prompt, fileId,"),
        ({"publishAt": "tomorrow"}, "publishAt", "must be an ISO 8601 time with an offset, such as 2026-"),
        ({"publishAt": "2026-01-31T18:00:00"}, "publishAt", "must be an ISO 8601 time with an offset"),
        ({"publishAt": "2026-01-31"}, "publishAt", "must be an ISO 8601 time with an offset"),
        ({"publishAt": 1769882400}, "publishAt", "must be an ISO 8601 time with an offset"),
        ({"publishAt": True}, "publishAt", "must be an ISO 8601 time with an offset"),
        ({"publishAt": "9999-12-31T23:59:59-01:00"}, "publishAt", "must be an ISO 8601 time with an offset"),
        ({"publishAt": "0001-01-01T00:00:00+01:00"}, "publishAt", "must be an ISO 8601 time with an offset"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(changes: dict[str, Any], field: str, words: str) -> None:
    found = problems(JobRequest, {"entry": "prompt", "prompt": "x", **changes})
    assert list(found) == [field]
    assert found[field].startswith(words), found


def test_all_problems_are_told_at_once() -> None:
    assert set(problems(JobRequest, {"prompt": 1, "staging": 2})) == {"entry", "prompt", "staging"}


@pytest.mark.parametrize("value", [[], "text", 5, None, True])
def test_a_body_must_be_an_object(value: object) -> None:
    assert problems(JobRequest, value) == {"body": "must be a JSON object"}


def test_a_schedule_must_say_null_or_a_time() -> None:
    assert checked(ScheduleRequest, {"publishAt": None}).publish_at is None
    assert problems(ScheduleRequest, {}) == {"publishAt": "is required"}


def test_a_template_has_a_name_and_options() -> None:
    assert set(problems(TemplateRequest, {})) == {"name", "options"}
    assert problems(TemplateRequest, {"name": "", "options": {}})["name"] == "must have at least 1 character"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"status": "done"}, "status"),
    ],
    ids=str,
)
def test_a_query_is_checked(query: dict[str, str], field: str) -> None:
    assert list(problems(ListQuery, query)) == [field]


def test_options_are_those_of_the_model_under_names_of_this_api() -> None:
    assert set(OPTION_NAMES) == set(VideoProduction.model_fields) - {"entry", "prompt"}
    assert OPTION_NAMES["normalize_audio"] == "normalizeAudio"
    assert OPTION_NAMES["max_duration_s"] == "maxDurationSeconds"
    given = {"titleCard": True, "maxDurationSeconds": 30, "tags": ["a", "b"], "fps": None}
    read = read_options(given)
    assert read == {"title_card": True, "max_duration_s": 30, "tags": ["a", "b"], "fps": None}
    assert show_options(read) == given
    check_options(read)


def test_what_is_not_set_stays_open() -> None:
    assert read_options({}) == read_options(None) == {}


@pytest.mark.parametrize(
    ("options", "field", "words"),
    [
        ({"aspect": "2:1"}, "options.aspect", "must be 'source', '16:9', '9:16', '1:1' or '4:5'"),
        ({"resolution": 300}, "options.resolution", "must be 360, 480, 540, 720 or 1080"),
        ({"maxDurationSeconds": 0}, "options.maxDurationSeconds", "must be greater than or equal to 1"),
        ({"tags": ["a", ""]}, "options.tags[1]", "must have at least 1 character"),
        ({"title_card": True}, "options.title_card", "is not known here; known are title, description,"),
        ({"entry": "prompt"}, "options.entry", "is not known here"),
        ({"titleCard": "yes"}, "options.titleCard", "must be a valid boolean"),
        (
            {"description": "ä" * 3000},
            "options.description",
            "Field 'description' must have at most 5000 bytes",
        ),
        ({"tags": ["x" * 60] * 50}, "options.tags", "Field 'tags' must have at most 500 characters"),
        ({"title": "a\x00b"}, "options.title", "Field 'title' must not contain the character U+0000"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_option_is_named(options: dict[str, Any], field: str, words: str) -> None:
    found = option_problems(options)
    assert list(found) == [field]
    assert found[field].startswith(words), found


def test_a_prompt_that_is_too_long_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        payload_of("prompt", "x" * 5001, {})
    assert [each.field for each in caught.value.problems] == ["prompt"]


@pytest.mark.parametrize(
    ("entry", "platforms", "credits"),
    [
        ("prompt", 0, 1),
        ("prompt", 1, 1),
        ("prompt", 2, 3),
        ("upload", 0, 2),
        ("upload", 1, 2),
        ("upload", 3, 3),
    ],
)
def test_what_a_job_costs(entry: str, platforms: int, credits: int) -> None:
    assert credits_of(entry, platforms) == credits
