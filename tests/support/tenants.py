"""Accounts of a test's own, with many jobs."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from headrace_contracts.ids import new_id
from headrace_contracts.jobs.lane import Lane
from headrace_store.postgres import Pool


async def tenant(record: Pool, name: str, *, max_running: int | None = None) -> UUID:
    """A new account; ``max_running``: the most jobs that it may have in motion."""
    account = new_id()
    await record.execute(
        "INSERT INTO accounts (id, name, max_running) VALUES ($1, $2, $3)", account, name, max_running
    )
    return account


async def enqueue(record: Pool, account: UUID, count: int, lane: Lane) -> Sequence[UUID]:
    """``count`` jobs of ``account`` that wait in ``lane``, the oldest first."""
    ids = sorted(new_id() for _ in range(count))
    await record.execute(
        "INSERT INTO jobs (id, account_id, dialect, model, payload, platform, pool, priority, state, created_at,"
        " timeout_s, max_attempts, export)"
        " SELECT id, $2, 'native', $4, '{}', $3, $4, $5, 'queued', now(), 60, 3, false"
        " FROM unnest($1::uuid[]) AS j (id)",
        ids, account, lane.platform, lane.pool, int(lane.priority),
    )  # fmt: skip
    return ids


async def owners(record: Pool, jobs: Sequence[UUID]) -> list[UUID]:
    """The accounts of ``jobs``, in their order."""
    rows = await record.fetch("SELECT id, account_id FROM jobs WHERE id = ANY ($1::uuid[])", list(jobs))
    of = {row["id"]: row["account_id"] for row in rows}
    return [of[job] for job in jobs]
