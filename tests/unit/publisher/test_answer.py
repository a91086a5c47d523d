"""What an answer of a platform means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from headrace_publisher.platforms.platform import Failed, Wait
from headrace_publisher.web.answer import Answer, judge, retry_at

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def answer(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    return Answer(status=status, headers=headers or {}, body=body)


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "70"}, 70), ({"Retry-After": "0"}, 1), ({"Retry-After": "9999999"}, 26 * 3600),
        ({"X-RateLimit-Reset": "2026-11-22T12:05:00.123456Z"}, 300.123456),
        ({"X-RateLimit-Reset": "2026-11-22T12:01:00"}, 60), ({"X-RateLimit-Reset": "soon"}, None), ({}, None),
    ],
)  # fmt: skip
def test_when_a_platform_wants_to_be_asked_again(headers: dict[str, str], wait_s: float | None) -> None:
    wanted = None if wait_s is None else NOW + timedelta(seconds=wait_s)
    assert retry_at(answer(429, headers=headers), now=NOW) == wanted


@pytest.mark.parametrize("status", [401, 403])
def test_credentials(status: int) -> None:
    found = judge("post", answer(status, b'{"error": "The access token is invalid"}'), now=NOW)
    wanted = f"post: the platform refused the credentials (HTTP {status}, The access token is invalid)"
    assert found == Failed(reason=wanted, permanent=True)


@pytest.mark.parametrize(
    ("status", "headers", "kind", "permanent"),
    [
        (400, {}, Failed, True), (404, {}, Failed, True), (302, {}, Failed, True), (408, {}, Failed, False),
        (500, {}, Failed, False), (503, {}, Failed, False), (503, {"Retry-After": "5"}, Wait, None),
        (429, {}, Wait, None),
    ],
)  # fmt: skip
def test_statuses(status: int, headers: dict[str, str], kind: Any, permanent: bool | None) -> None:
    found = judge("post", answer(status, headers=headers), now=NOW)
    assert isinstance(found, kind)
    assert getattr(found, "permanent", None) is permanent


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "quota"}}', "quota"),
        (b'{"error_description": "bad\\u001b[2J grant"}', "bad [2J grant"),
        (b"<html><b>Bad\nGateway</b></html>", "Bad Gateway"), (b"[1]", "[1]"), (b"\xff\x00", "\ufffd"), (b"", ""),
        (b"x" * 5000, "x" * 300),
    ],
)  # fmt: skip
def test_what_a_platform_says_in_one_line(body: bytes, words: str) -> None:
    assert answer(400, body).words() == words
