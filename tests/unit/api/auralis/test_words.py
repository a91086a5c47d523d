"""The dialect's words and errors."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import msgspec
import pytest

from headrace_api.core import errors as core
from headrace_api.dialects.auralis.errors import TABLE, render
from headrace_api.dialects.auralis.words import (
    STATUS,
    Status,
    platform_of,
    shown_hours,
    shown_platform,
    shown_time,
)
from headrace_contracts.jobs.state import JobState


def test_every_state_has_a_word() -> None:
    assert set(STATUS) == set(JobState)
    assert set(STATUS.values()) == set(Status)


@pytest.mark.parametrize("text", ["linux/amd64", "linux-amd64", "amd64", " Linux/AMD64 "])
def test_platform_in_each_spelling(text: str) -> None:
    assert platform_of(text) == "linux-amd64"


def test_platforms_as_shown() -> None:
    assert [shown_platform(each) for each in ("linux-amd64", "linux-arm64", "any")] == [
        "linux/amd64",
        "linux/arm64",
        "any",
    ]
    assert platform_of("any") is None


@pytest.mark.parametrize(("seconds", "hours"), [(1, 1), (1800, 1), (3600, 1), (3601, 2), (28800, 8)])
def test_hours(seconds: float, hours: int) -> None:
    assert shown_hours(seconds) == hours


def test_time_is_utc() -> None:
    moment = datetime(2025, 12, 14, 12, 0, 0, 900_000, tzinfo=timezone(timedelta(hours=2)))
    assert shown_time(moment) == "2025-12-14T10:00:00Z"
    assert shown_time(None) is None


def _kinds(kind: type[core.CoreError]) -> list[type[core.CoreError]]:
    return [kind, *(each for below in kind.__subclasses__() for each in _kinds(below))]


def test_every_error_of_the_core_was_thought_of() -> None:
    plain = {core.CoreError, core.BadRequestError, core.MissingModelError, core.UnknownModelError}
    told = {kind for kind in _kinds(core.CoreError) if kind.__module__ == core.__name__}
    assert told == set(TABLE) | plain


def _shown(error: core.CoreError) -> tuple[int, dict[str, object]]:
    answer = render(error)
    assert isinstance(answer.body, bytes)
    return answer.status, msgspec.json.decode(answer.body)


def test_errors_as_shown() -> None:
    assert _shown(core.WrongStateError("completed")) == (
        409,
        {"status": "error", "message": "The job is COMPLETED", "detail": {"code": "WRONG_STATUS"}},
    )
    assert _shown(core.PayloadError(["a", "b"])) == (
        400,
        {"status": "error", "message": "a; b", "detail": {"code": "INVALID_FIELD", "problems": ["a", "b"]}},
    )
    assert _shown(core.WrongTokenError("Invalid claim token"))[0] == 404
    assert _shown(core.ValidationError([core.Problem("name", "is missing")]))[1]["detail"] == {
        "code": "INVALID_FIELD",
        "problems": ["name: is missing"],
    }
    busy = render(core.OverloadedError(7))
    assert (busy.status, busy.headers["Retry-After"]) == (503, "7")
