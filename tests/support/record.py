"""A record of a test's own: a migrated database, and jobs in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from headrace_contracts.ids import new_id
from headrace_contracts.jobs.lane import ANY_PLATFORM
from headrace_contracts.jobs.state import FINAL
from headrace_store.jobs.submit import NewJob, insert_jobs
from headrace_store.postgres import Pool, open_pool
from headrace_store.settings import PostgresSettings

PUBLIC_ACCOUNT = UUID("00000000-0000-7000-8000-000000000001")


def new_job(**changes: Any) -> NewJob:
    """A queued job; ``changes`` are fields of ``NewJob``."""
    fields: dict[str, Any] = {
        "id": new_id(),
        "account_id": PUBLIC_ACCOUNT,
        "dialect": "radiance",
        "model": "text-generation",
        "payload": '{"prompt": "hello"}',
        "platform": ANY_PLATFORM,
        "pool": "text-generation",
        "priority": 1,
        "created_at": datetime.now(UTC),
        "run_at": None,
        "timeout_s": 60.0,
        "max_attempts": 3,
        "input_key": None,
        "input_mime": None,
        "input_name": None,
        "input_size": None,
        "webhook_url": None,
        "export": False,
        "trace": None,
    }
    return NewJob(**{**fields, **changes})


async def insert(pool: Pool, jobs: Sequence[NewJob]) -> list[UUID]:
    """Insert jobs as the API does; returns their ids."""
    await insert_jobs(pool, jobs)
    return [job.id for job in jobs]


@asynccontextmanager
async def pool_of(url: str) -> AsyncIterator[Pool]:
    """A pool on the record at ``url``."""
    pool = await open_pool(PostgresSettings(url=url, pool_max=4), application_name="test")
    try:
        yield pool
    finally:
        await pool.close()


async def end_all_jobs(url: str) -> None:
    """Cancel what has not ended in the record at ``url``; who holds a message of it is turned away."""
    async with pool_of(url) as pool:
        await pool.execute(
            "UPDATE jobs SET state = 'cancelled', finished_at = GREATEST(now(), created_at) "
            "WHERE state <> ALL ($1::text[])",
            [str(state) for state in FINAL],
        )


async def row(pool: Pool, job_id: UUID) -> dict[str, Any]:
    """A job's whole row."""
    found = await pool.fetchrow("SELECT * FROM jobs WHERE id = $1", job_id)
    assert found is not None
    return dict(found)
