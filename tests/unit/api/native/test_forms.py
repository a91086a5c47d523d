"""Ids, times, paths, queries and bodies: what is read, and what is refused with a sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from aiohttp.test_utils import make_mocked_request

from headrace_api.core.errors import BadRequestError, ValidationError
from headrace_api.dialects.native import ids
from headrace_api.dialects.native.app import pattern
from headrace_api.dialects.native.schemas.base import Body, Moment
from headrace_api.dialects.native.schemas.job_body import JobBody
from headrace_api.dialects.native.schemas.job_queries import DownloadQuery, JobListQuery, LogsQuery
from headrace_api.dialects.native.serve import parse_body, read_query

ID = UUID("0198c7d2-f1a0-7c3e-9d2b-6a5f4e3d2c1b")


class Timed(Body):
    at: Moment


def test_an_id_is_read_as_it_is_shown_and_as_a_plain_uuid() -> None:
    assert ids.shown(ids.JOB, ID) == "job_0198c7d2f1a07c3e9d2b6a5f4e3d2c1b"
    assert ids.read(ids.JOB, ids.shown(ids.JOB, ID)) == ID
    assert ids.read(ids.JOB, str(ID)) == ID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "job_",
        "job_abc123",
        f"file_{ID.hex}",
        ID.hex,
        f"job_{ID}",
        f"job_{ID.hex.upper()}",
        "job_" + "x" * 32,
    ],
)
def test_other_texts_are_no_ids_of_jobs(text: str) -> None:
    assert ids.read(ids.JOB, text) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-13T10:00:00Z", datetime(2026, 2, 13, 10, tzinfo=UTC)),
        ("2026-02-13t10:00:00z", datetime(2026, 2, 13, 10, tzinfo=UTC)),
        ("2026-02-13T10:00:00+02:00", datetime(2026, 2, 13, 8, tzinfo=UTC)),
        ("2026-02-13T10:00:00.123456789Z", datetime(2026, 2, 13, 10, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_times_are_those_of_rfc_3339(text: str, moment: datetime) -> None:
    assert parse_body(f'{{"at": "{text}"}}'.encode(), Timed).at == moment


@pytest.mark.parametrize(
    "value",
    ['"2026-02-13"', '"2026-02-13T10:00:00"', '"1770000000"', "1770000000", '"9999-12-31T23:59:59-14:00"',
     '"2026-02-30T00:00:00Z"', '"2026-02-13T10:00:61Z"', "null", '"3000-01-01T00:00:00Z"'],
)  # fmt: skip
def test_other_times_are_refused(value: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse_body(f'{{"at": {value}}}'.encode(), Timed)
    assert [each.field for each in caught.value.problems] == ["at"]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"{'a': 1}", b'{"a": NaN}', b"\xff", b"[" * 10_000, b'{"a": "\\ud800"}']
)
def test_what_is_no_json_is_another_fault_than_what_does_not_validate(data: bytes) -> None:
    with pytest.raises(BadRequestError):
        parse_body(data, JobBody)


@pytest.mark.parametrize("data", [b"[]", b"null", b'"x"', b"3"])
def test_a_body_that_is_no_object_is_named_as_a_whole(data: bytes) -> None:
    with pytest.raises(ValidationError) as caught:
        parse_body(data, JobBody)
    assert [each.field for each in caught.value.problems] == ["body"]


def test_numbers_are_not_guessed_from_text_in_a_body() -> None:
    with pytest.raises(ValidationError) as caught:
        parse_body(
            b'{"model": "noop", "timeout_seconds": "60", "requirements": {"gpu_count": true}}', JobBody
        )
    assert {each.field for each in caught.value.problems} == {"timeout_seconds", "requirements.gpu_count"}


def query(text: str, model: Any) -> Any:
    return read_query(make_mocked_request("GET", f"/v1/x?{text}"), model)


def test_a_query_is_read() -> None:
    found = query("status=running&status=queued&limit=10", JobListQuery)
    assert ([str(state) for state in found.status], found.limit) == (["running", "queued"], 10)
    assert query("", JobListQuery).limit == 20
    assert query("redirect=true", DownloadQuery).redirect is True
    assert query("redirect=false", DownloadQuery).redirect is False


@pytest.mark.parametrize(
    ("text", "model", "field"),
    [
        ("limit=1&limit=2", JobListQuery, "limit"),
        ("limit=1_0", JobListQuery, "limit"),
        ("limit=%2010", JobListQuery, "limit"),
        ("limit=", JobListQuery, "limit"),
        ("limit=1.0", JobListQuery, "limit"),
        ("status=done", JobListQuery, "status[0]"),
        ("since=2026", JobListQuery, "since"),
        ("cursor=%00", JobListQuery, "cursor"),
        ("redirect=1", DownloadQuery, "redirect"),
        ("redirect=yes", DownloadQuery, "redirect"),
        ("stream=both", LogsQuery, "stream"),
        ("after=-2", LogsQuery, "after"),
    ],
)
def test_what_is_wrong_in_a_query_is_named(text: str, model: Any, field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        query(text, model)
    assert [each.field for each in caught.value.problems] == [field]


def test_a_path_with_an_id_does_not_stand_for_its_neighbours() -> None:
    paths = ["/v1/jobs", "/v1/jobs/history", "/v1/jobs/{id}", "/v1/jobs/{id}/logs", "/v1/files/{id}"]
    assert pattern("/v1/jobs/{id}", paths) == "/v1/jobs/{id:(?!(?:history)$)[^{}/]+}"
    assert pattern("/v1/files/{id}", paths) == "/v1/files/{id}"
    assert pattern("/v1/jobs/{id}/logs", paths) == "/v1/jobs/{id}/logs"
    assert pattern("/v1/jobs", paths) == "/v1/jobs"
