"""Reads of the ledger."""

from __future__ import annotations

from uuid import UUID

from headrace_api.core.credits import Move
from headrace_api.store.record import translated
from headrace_store.jobs.rows import uid
from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_api.store", "credits.sql")


class RecordCredits:
    """``core.credits.CreditRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def balance(self, account_id: UUID) -> int:
        """0 for an account that never had any."""
        with translated():
            return int(await self._pool.fetchval(_SQL["balance"], account_id) or 0)

    async def moves(self, account_id: UUID, *, limit: int, offset: int) -> list[Move]:
        with translated():
            rows = await self._pool.fetch(_SQL["moves"], account_id, limit, offset)
        return [
            Move(
                amount=row["amount"],
                kind=row["kind"],
                job_id=None if row["job_id"] is None else uid(row["job_id"]),
                at=row["at"],
            )
            for row in rows
        ]
