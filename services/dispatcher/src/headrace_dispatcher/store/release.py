"""The queue side of the record: what waits, what was released."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from headrace_contracts.jobs.lane import Lane
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_dispatcher.changes.rows import moved
from headrace_dispatcher.store.rows import InMotion, Requeued, TakenJob
from headrace_store.postgres import Pool
from headrace_store.queries import load

SQL = load("headrace_dispatcher.store", "release.sql")


def lane_of(row: asyncpg.Record) -> Lane:
    """The lane in a row with platform, pool and priority."""
    return Lane(row["platform"], row["pool"], Priority(row["priority"]))


class ReleaseStore:
    """Queued jobs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def take(self, lane: Lane, limit: int) -> list[TakenJob]:
        """Mark up to ``limit`` of the lane's oldest waiting jobs as released."""
        rows = await self._pool.fetch(SQL["take"], lane.platform, lane.pool, int(lane.priority), limit)
        return [TakenJob(**row) for row in rows]

    async def put_back(self, released: Sequence[tuple[UUID, int]]) -> None:
        """Undo the release of (job, epoch) pairs that are still queued."""
        await self._pool.execute(
            SQL["put_back"], [job for job, _ in released], [epoch for _, epoch in released]
        )

    async def heads(self, *, released: bool) -> dict[Lane, UUID]:
        """The oldest waiting job of each lane: in WORK already, or only in the record (some perhaps not due yet)."""
        return {lane_of(row): row["id"] for row in await self._pool.fetch(SQL["heads"], released)}

    async def all_heads(self) -> tuple[dict[Lane, UUID], dict[Lane, UUID]]:
        """The heads that wait in the record only, and those in WORK."""
        rows = await self._pool.fetch(SQL["all_heads"])
        heads: tuple[dict[Lane, UUID], dict[Lane, UUID]] = ({}, {})
        for row in rows:
            heads[row["released"]][lane_of(row)] = row["id"]
        return heads

    async def in_motion(self) -> list[InMotion]:
        """Every job that should be one message in WORK."""
        rows = await self._pool.fetch(SQL["in_motion"])
        return [
            InMotion(
                id=row["id"],
                lane=lane_of(row),
                state=JobState(row["state"]),
                epoch=row["epoch"],
                fence=row["fence"],
                instance=row["instance"],
            )
            for row in rows
        ]

    async def due(self, limit: int) -> list[Requeued]:
        """Queue scheduled jobs whose time has come."""
        now = datetime.now(UTC)
        rows = await self._pool.fetch(SQL["due"], limit)
        return [Requeued(lane=lane_of(row), change=moved(row, now)) for row in rows]
