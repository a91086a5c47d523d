"""New jobs go into the record as they are, many at once, and come out the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tests.support.record import pool_of

from headrace_contracts.ids import new_id
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_store.jobs.read import JobReader
from headrace_store.jobs.submit import NewJob, insert_jobs

PUBLIC = UUID("00000000-0000-7000-8000-000000000001")
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def job(**changes: Any) -> NewJob:
    plain = NewJob(
        new_id(), PUBLIC, "radiance", "text-generation", '{"prompt":"ä \\u2028"}', "any", "text-generation", 1,
        NOW, None, 600.0, 3, None, None, None, None, None, True, None,
    )  # fmt: skip
    return plain._replace(**changes)


async def test_whole_job_comes_back(record_url: str) -> None:
    given = job(
        priority=3,
        input_key="uploads/x/кот.png",
        input_mime="image/png",
        input_name="кот.png",
        input_size=2**40,
        webhook_url="https://example.com/",
        trace="00-1-2-01",
    )
    async with pool_of(record_url) as pool:
        await insert_jobs(pool, [given])
        document = await JobReader(pool).document(given.id)
    assert document is not None
    view = document.job
    assert document.payload == '{"prompt":"ä \\u2028"}'.encode()
    assert (document.result, document.meta) == (None, None)
    assert type(view.id) is UUID
    assert (view.id, view.model, view.priority, view.state) == (
        given.id,
        "text-generation",
        Priority.URGENT,
        JobState.QUEUED,
    )
    assert view.created_at == NOW
    assert view.input is not None
    assert (view.input.name, view.input.size) == ("кот.png", 2**40)
    assert (view.webhook_url, view.export, view.trace, view.attempt) == (
        "https://example.com/",
        True,
        "00-1-2-01",
        0,
    )


async def test_many_jobs_in_one_statement_youngest_first(record_url: str) -> None:
    jobs = [job() for _ in range(1000)]
    async with pool_of(record_url) as pool:
        await insert_jobs(pool, jobs)
        recent = await JobReader(pool).recent(PUBLIC, 100)
        assert await pool.fetchval("SELECT count(*) FROM jobs") == 1000
    assert [view.id for view in recent] == [each.id for each in jobs[:-101:-1]]


async def test_repeating_is_safe(record_url: str) -> None:
    first, second = job(), job()
    async with pool_of(record_url) as pool:
        await insert_jobs(pool, [first])
        await insert_jobs(pool, [first._replace(payload='{"other": 1}'), second])
        document = await JobReader(pool).document(first.id)
        assert await pool.fetchval("SELECT count(*) FROM jobs") == 2
    assert document is not None
    assert document.payload == first.payload.encode()


async def test_one_bad_job_stores_none(record_url: str) -> None:
    async with pool_of(record_url) as pool:
        with pytest.raises(asyncpg.PostgresError):
            await insert_jobs(pool, [job(), job(payload="{")])
        assert await pool.fetchval("SELECT count(*) FROM jobs") == 0


async def test_job_for_later_is_scheduled(record_url: str) -> None:
    later = job(run_at=NOW + timedelta(hours=1))
    async with pool_of(record_url) as pool:
        await insert_jobs(pool, [later])
        view = await JobReader(pool).view(later.id)
    assert view is not None
    assert (view.state, view.run_at) == (JobState.SCHEDULED, later.run_at)


async def test_unknown_job(record_url: str) -> None:
    async with pool_of(record_url) as pool:
        reader = JobReader(pool)
        assert await reader.view(new_id()) is None
        assert await reader.document(new_id()) is None
        assert await reader.holder(new_id()) is None
