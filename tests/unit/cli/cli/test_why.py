"""`headrace why`: a page made of what the API says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from headrace.cli.why import page
from headrace.client.model.job import Failure, Job, NearMiss, WaitingReason

NOW = datetime(2026, 2, 13, 12, 0, tzinfo=UTC)


def job(**fields: object) -> Job:
    return Job(**{"job_id": "job_1", "status": "queued", "model": "noop", **fields})  # type: ignore[arg-type] # fields of Job


def test_the_sentence_comes_first_then_the_facts() -> None:
    reason = WaitingReason(
        code="ALL_BUSY",
        message="All agents are busy.",
        lane="any/noop/normal",
        position=3,
        estimated_seconds=4.2,
    )
    assert page(job(waiting_reason=reason), NOW) == [
        "job_1 queued: All agents are busy.",
        "",
        "reason    ALL_BUSY",
        "lane      any/noop/normal",
        "position  3",
        "estimate  about 5 s",
    ]


def test_near_misses_and_limits_have_a_line_each() -> None:
    reason = WaitingReason(
        code="NO_AGENT_FOR_LANE",
        message="No agent.",
        near_misses=[
            NearMiss(agent="a\x1b[2J", lacks="is on linux-arm64"),
            NearMiss(agent="b", lacks="is busy"),
        ],
        limit=2,
        in_motion=2,
    )
    lines = page(job(waiting_reason=reason), NOW)
    assert lines[3:] == [
        "limit      2 of 2 in motion",
        "near miss  a?[2J is on linux-arm64",
        "near miss  b is busy",
    ]


def test_a_time_says_how_long_it_is_until_then() -> None:
    reason = WaitingReason(code="SCHEDULED", message="Later.", until=NOW + timedelta(seconds=30))
    assert page(job(waiting_reason=reason), NOW)[-1].endswith("(in 30 s)")


def test_what_waits_for_nothing_says_so() -> None:
    assert page(job(status="running", miner_id="a1", attempt=1, max_attempts=3), NOW) == [
        "job_1 running: a1 runs it, attempt 1 of 3."
    ]
    assert page(job(status="completed"), NOW) == ["job_1 completed: it has ended and waits for nothing."]
    failed = job(status="failed", failure=Failure(code="handler", reason="out of ink"))
    assert page(failed, NOW) == ["job_1 failed: it waits for nothing: out of ink"]
