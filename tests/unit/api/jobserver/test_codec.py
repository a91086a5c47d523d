"""Ids, times and messages of the jobserver dialect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from headrace_api.dialects.jobserver.auth import span
from headrace_api.dialects.jobserver.decode import STATUS
from headrace_api.dialects.jobserver.encode import WORDS, iso, number
from headrace_api.dialects.jobserver.ids import file_of, file_text, job_of, job_text, user_text
from headrace_api.dialects.jobserver.messages import message_of
from headrace_api.dialects.jobserver.runs import rest_of
from headrace_contracts.ids import new_id
from headrace_contracts.jobs.state import JobState
from headrace_contracts.messages.changes import Change, ChangeKind

AT = datetime(2026, 1, 25, 11, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))


def test_ids_are_read_as_they_are_shown() -> None:
    for _ in range(10):
        one = new_id()
        assert job_of(job_text(one)) == one
        assert job_of(str(one)) == one
        assert job_of(f"job-{one}") == one
        assert file_of(file_text(one)) == one
    assert user_text(None) is None


@pytest.mark.parametrize(
    "text", ["", "job-", "job-12345", "file-" + "a" * 32, "job-" + "g" * 32, "job-" + "A" * 32, "job-job-"]
)
def test_what_is_no_id_names_nothing(text: str) -> None:
    assert job_of(text) is None


def test_every_state_has_one_word() -> None:
    assert set(WORDS) == set(JobState)
    assert sum(len(states) for states in STATUS.values()) == len(JobState)


def test_times_are_utc_in_whole_seconds() -> None:
    assert iso(AT) == "2026-01-25T10:30:00Z"
    assert iso(None) is None


@pytest.mark.parametrize(("value", "text"), [(600.0, "600"), (0.5, "0.5"), (45, "45")])
def test_whole_numbers_have_no_point(value: float, text: str) -> None:
    assert str(number(value)) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(86_400, "24h"), (3600, "1h"), (5400, "90m"), (90, "90s"), (1.5, "1s"), (0, "0s")]
)
def test_the_time_of_a_login_is_shown_as_in_the_text(seconds: float, text: str) -> None:
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("final", "streamed", "rest"),
    [
        ("all", "", "all"),
        ("", "a", ""),
        ("ab", "ab", ""),
        ("abc", "ab", "c"),
        ("b", "ab", ""),
        ("other", "ab", "other"),
    ],
)
def test_what_is_added_at_the_end(final: str, streamed: str, rest: str) -> None:
    assert rest_of(final, streamed) == rest


def change(kind: ChangeKind = ChangeKind.STATE, **more: object) -> Change:
    fields = {"kind": kind, "id": UUID(int=1), "account_id": UUID(int=2), "at": AT.astimezone(UTC), **more}
    return Change(**fields)  # type: ignore[arg-type] # the tests' own words


@pytest.mark.parametrize("state", JobState)
def test_starts_and_ends_are_told_and_nothing_between(state: JobState) -> None:
    message = message_of(change(state=state, exit_code=3))
    if state is JobState.RUNNING:
        assert message is not None
        assert message["type"] == "job.started"
    elif state in {JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}:
        assert message is not None
        assert (message["type"], message["exitCode"]) == ("job.completed", 3)
        assert message["status"] == state
    else:
        assert message is None


def test_after_the_end_only_output_is_told() -> None:
    for state in JobState:
        assert message_of(change(state=state), ended=True) is None
    assert message_of(change(ChangeKind.PROGRESS, percent=50.0), ended=True) is None
    late = message_of(change(ChangeKind.OUTPUT, stream="stderr", text="late"), ended=True)
    assert late is not None
    assert (late["stream"], late["data"]) == ("stderr", "late")
