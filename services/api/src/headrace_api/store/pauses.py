"""Rows of ``paused_pools`` and ``agent_drains``; the dispatcher writes them."""

from __future__ import annotations

from headrace_api.core.drains import Drain
from headrace_api.core.pauses import Pause
from headrace_api.store.record import translated
from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_api.store", "pauses.sql")


class RecordPauses:
    """``core.pauses.PauseRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def listed(self) -> list[Pause]:
        with translated():
            return [Pause(**row) for row in await self._pool.fetch(_SQL["paused"])]

    async def known(self, pool: str) -> bool:
        if "\0" in pool:
            return False  # Postgres keeps no such text
        with translated():
            return bool(await self._pool.fetchval(_SQL["is_pool"], pool))


class RecordDrains:
    """``core.drains.DrainRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def found(self, agent: str) -> Drain | None:
        with translated():
            row = await self._pool.fetchrow(_SQL["drained"], agent)
        return None if row is None else Drain(**row)

    async def known(self, agent: str) -> bool:
        with translated():
            return bool(await self._pool.fetchval(_SQL["is_agent"], agent))
