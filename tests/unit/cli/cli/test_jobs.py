"""A job is one line, whatever it says of itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from headrace.cli.job_bar import saying
from headrace.cli.job_logs import is_job_id
from headrace.cli.jobs import row, table, when
from headrace.client.model.job import Failure, Job, WaitingReason

NOW = datetime(2026, 2, 13, 12, 0, tzinfo=timezone(timedelta(hours=1)))


def job(**fields: object) -> Job:
    return Job(**{"job_id": "job_1", "status": "queued", "model": "noop", **fields})  # type: ignore[arg-type] # fields of Job


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 2, 13, 9, 8, 7, tzinfo=UTC), "10:08:07"),
        (datetime(2026, 2, 12, 23, 30, tzinfo=UTC), "00:30:00"),
        (datetime(2026, 2, 12, 22, 30, tzinfo=UTC), "Feb 12"),
        (datetime(2025, 2, 13, 9, 8, 7, tzinfo=UTC), "2025-02-13"),
        (None, "-"),
    ],
)
def test_a_time_is_short_and_local(at: datetime | None, text: str) -> None:
    assert when(at, NOW) == text


def test_a_line_has_the_wanted_first() -> None:
    running = job(status="running", progress=41.7, miner_id="agent-1", progress_message="step 2")
    assert row(running, NOW) == ("job_1", "running 42 %", "-", "noop", "agent-1", "step 2")


def test_columns_are_as_wide_as_they_must_be() -> None:
    assert table([("a", "bb", ""), ("ccc", "d", "e f")]) == ["a    bb", "ccc  d   e f"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"failure": Failure(code="handler", reason="one\n  two\x1b[2J")}, "one two?[2J"),
        ({"failure": Failure(code="timeout")}, "timeout"),
        ({"waiting_reason": WaitingReason(code="no_agent", message="nobody is there")}, "nobody is there"),
        ({"status": "staged", "awaits_approval": True}, "waits for an approval"),
        ({"status": "completed", "progress_message": "nearly done"}, ""),
    ],
)
def test_what_a_job_says_fits_one_line(fields: dict[str, object], said: str) -> None:
    assert saying(job(**fields)) == said


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("job_01a201bb94287428a350acc9a91d2b62", True),
        ("01a201bb-9428-7428-a350-acc9a91d2b62", True),
        ("job_nonsense", True),
        ("dispatcher", False),
        ("agent-1", False),
    ],
)
def test_a_job_is_told_from_a_process(text: str, yes: bool) -> None:
    assert is_job_id(text) is yes
