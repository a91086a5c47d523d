"""Rows of ``pools``."""

from __future__ import annotations

from headrace_api.core.pools import Pool
from headrace_api.store.record import translated
from headrace_store.postgres import Pool as Connections
from headrace_store.queries import load

_SQL = load("headrace_api.store", "pools.sql")


class RecordPools:
    """``core.pools.PoolRecord``."""

    def __init__(self, pool: Connections) -> None:
        self._pool = pool

    async def listed(self) -> list[Pool]:
        with translated():
            rows = await self._pool.fetch(_SQL["list"])
        return [Pool(**row) for row in rows]

    async def put(self, pool: Pool) -> bool:
        with translated():
            fresh = await self._pool.fetchval(
                _SQL["put"],
                pool.name, pool.description, pool.platform, pool.gpu_type, pool.gpu_count, pool.vram_gb,
                pool.price_per_hour, list(pool.models), pool.created_at,
            )  # fmt: skip
        return bool(fresh)

    async def delete(self, name: str) -> bool:
        with translated():
            return await self._pool.fetchval(_SQL["delete"], name) is not None

    async def used(self, name: str) -> bool:
        with translated():
            return bool(await self._pool.fetchval(_SQL["used"], name))
