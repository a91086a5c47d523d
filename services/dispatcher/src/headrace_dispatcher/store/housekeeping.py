"""Rows of the record that nobody needs any more."""

from __future__ import annotations

from headrace_store.postgres import Pool
from headrace_store.queries import load

SQL = load("headrace_dispatcher.store", "housekeeping.sql")


class HousekeepingStore:
    """Deletes old rows."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def delete(self, kind: str, *, older_than_s: float, limit: int) -> int:
        """Delete at most ``limit`` rows of ``kind`` (a query of housekeeping.sql); returns how many."""
        status = await self._pool.execute(SQL[kind], older_than_s, limit)
        return int(status.rpartition(" ")[2])
