"""Writing new jobs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from headrace_store.postgres import Connection, Pool
from headrace_store.queries import load

_INSERT = load("headrace_store.jobs", "submit.sql")["insert_jobs"]


class NewJob(NamedTuple):
    """One row to be, in the order of the statement's arrays. A tuple, so that a batch turns to arrays in C."""

    id: UUID
    account_id: UUID
    dialect: str
    model: str
    #: JSON text that has been checked: it is stored as it is.
    payload: str
    platform: str
    pool: str
    priority: int
    created_at: datetime
    #: None = queued at once, else scheduled.
    run_at: datetime | None
    timeout_s: float
    max_attempts: int
    input_key: str | None
    input_mime: str | None
    input_name: str | None
    input_size: int | None
    webhook_url: str | None
    export: bool
    trace: str | None


async def insert_jobs(
    target: Pool | Connection, jobs: Sequence[NewJob], *, ask_of: Collection[UUID] = ()
) -> list[UUID]:
    """Insert all of ``jobs`` or none; they are committed when this returns. Safe to repeat.

    ``ask_of``: accounts that may have a limit on what waits. Those that have one come back, and then nothing is stored
    (``quota.hold_room``). Raises what ``postgres.TRANSIENT`` names when it may be tried again, asyncpg.DataError for a
    text that Postgres refuses.
    """
    rows = await target.fetch(_INSERT, *zip(*jobs, strict=True), list(ask_of))
    return [row["id"] for row in rows]
