"""Answers: errors, limits, events and the page, without a server."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from headrace_api.core import errors as core
from headrace_api.dialects.native import limits
from headrace_api.dialects.native.docs.text import anchor, prose
from headrace_api.dialects.native.docs.types import described, fields_table
from headrace_api.dialects.native.errors import TABLE, render
from headrace_api.dialects.native.limits import RATES, Rates
from headrace_api.dialects.native.route import Reply
from headrace_api.dialects.native.routes.events import event
from headrace_api.dialects.native.schemas.errors import Error
from headrace_api.dialects.native.schemas.job_queries import Batch
from headrace_api.dialects.native.serve import respond


def all_errors(base: type[core.CoreError] = core.CoreError) -> set[type[core.CoreError]]:
    return {each for kind in base.__subclasses__() for each in ({kind} | all_errors(kind))}


def test_every_error_of_the_core_has_an_answer() -> None:
    in_core = {kind for kind in all_errors() if kind.__module__ == core.__name__}
    assert in_core == set(TABLE)


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (core.UnauthorizedError("no"), 401, {"WWW-Authenticate": "Bearer"}),
        (core.RateLimitedError(7), 429, {"Retry-After": "7"}),
        (core.UnavailableError("It"), 503, {"Retry-After": "2"}),
        (core.RangeError(10), 416, {"Content-Range": "bytes */10"}),
        (core.PayloadError(["Field 'top_k' must be a number", "odd"]), 422, {}),
        (core.NotConfiguredError("HEADRACE_SECRET_KEY"), 503, {}),
    ],
)
def test_errors_have_one_form(error: core.CoreError, status: int, headers: dict[str, str]) -> None:
    answer = render(error)
    assert answer.status == status
    assert headers.items() <= dict(answer.headers).items()
    assert isinstance(answer.body, bytes)
    Error.model_validate_json(answer.body)


def test_problems_of_a_payload_name_their_fields() -> None:
    body = render(
        core.PayloadError(["Field 'stop[0]' must be a string", "Missing required field: prompt", "odd"])
    ).body
    assert isinstance(body, bytes)
    fields = [each["field"] for each in json.loads(body)["error"]["details"]]
    assert fields == ["payload.stop[0]", "payload.prompt", "payload"]


async def test_limits_are_shown_as_far_as_they_are_known() -> None:
    request = make_mocked_request("GET", "/v1/jobs")
    response = web.Response()
    await limits.show(request, response)
    assert not [name for name in response.headers if name.startswith("X-RateLimit")]
    reset = datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)
    request[RATES] = Rates(minute=core.Allowance(limit=60, remaining=0, reset_at=reset))
    await limits.show(request, response)
    assert response.headers["X-RateLimit-Remaining"] == "0"
    assert response.headers["X-RateLimit-Reset"] == str(int(reset.timestamp()) + 1)
    assert "X-RateLimit-Limit-Hour" not in response.headers


def test_an_answer_may_hold_what_is_json_already() -> None:
    batch = Batch(submitted=1, failed=0, jobs=[])
    found: Any = respond(Reply(answer=batch, raw={"jobs": b'[{"a": 1.50}]'}), 201)
    assert found.status == 201
    assert found.body == b'{"submitted":1,"failed":0,"jobs":[{"a": 1.50}]}'
    assert respond(None, 200).status == 204


def test_an_event_is_one_block_of_lines() -> None:
    text = event("output", {"text": "a\nb"}, "abc-1-0").decode()
    assert text == 'id: abc-1-0\nevent: output\ndata: {"text":"a\\nb"}\n\n'
    assert event("gap", {}) == b"event: gap\ndata: {}\n\n"


def test_the_pages_text_is_escaped() -> None:
    assert prose("a `<b>` **c** & d\n\ne") == "<p>a <code>&lt;b&gt;</code> <b>c</b> &amp; d</p><p>e</p>"
    assert prose('"', inline=True) == "&quot;"
    assert anchor("GET /x{id}") == "GET--x-id-"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"$ref": "#/components/schemas/Job"}, '<a href="#schema-Job">Job</a>'),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"type": "array", "items": {"type": "integer"}}, "array of integer"),
        ({"type": "string", "format": "date"}, "string (date)"),
        ({"type": "string", "enum": ["a", "<"]}, "<code>a</code> <code>&lt;</code>"),
        ({}, "any JSON"),
    ],
)
def test_schemas_are_put_into_words(schema: dict[str, Any], words: str) -> None:
    assert described(schema) == words


def test_a_table_says_what_may_be_left_out() -> None:
    table = fields_table(
        {"properties": {"a": {"type": "string"}, "b": {"type": "integer", "minimum": 1}}, "required": ["a"]}
    )
    assert "<code>a</code></td><td>string</td>" in table
    assert "integer, optional</td><td>at least 1</td>" in table
