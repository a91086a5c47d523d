"""Drained agents in the record."""

from __future__ import annotations

from headrace_store.postgres import Pool
from headrace_store.queries import load

SQL = load("headrace_dispatcher.store", "drains.sql")


class DrainStore:
    """Which agents are to take no more jobs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def drain(self, agent: str, reason: str) -> None:
        await self._pool.execute(SQL["drain"], agent, reason)

    async def resume(self, agent: str) -> None:
        await self._pool.execute(SQL["resume"], agent)

    async def instances(self, agent: str) -> list[str]:
        """The runs of ``agent`` that are online and take their jobs from JetStream."""
        return [row["instance"] for row in await self._pool.fetch(SQL["instances"], agent)]
