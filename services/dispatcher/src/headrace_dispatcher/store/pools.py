"""Paused pools in the record."""

from __future__ import annotations

from uuid import UUID

from headrace_contracts.jobs.fence import fence
from headrace_contracts.jobs.lane import Lane
from headrace_store.postgres import Pool
from headrace_store.queries import load

SQL = load("headrace_dispatcher.store", "pools.sql")

#: How many fencing tokens a release has.
RELEASE_TOKENS = fence(1, 0)


class PoolStore:
    """Which pools are paused, and the return of their jobs into the record."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def pause(self, name: str, reason: str) -> None:
        await self._pool.execute(SQL["pause"], name, reason)

    async def resume(self, name: str) -> None:
        await self._pool.execute(SQL["resume"], name)

    async def paused(self) -> frozenset[str]:
        """The names of all that are paused."""
        return frozenset(row["pool"] for row in await self._pool.fetch(SQL["paused"]))

    async def recall(self, lane: Lane) -> list[tuple[UUID, int]]:
        """Take back what the lane has in WORK and nobody has started; each job with the number of its last release."""
        rows = await self._pool.fetch(
            SQL["recall"], lane.platform, lane.pool, int(lane.priority), RELEASE_TOKENS
        )
        return [(row["id"], row["epoch"]) for row in rows]
