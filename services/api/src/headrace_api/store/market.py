"""Waiting jobs as the market sees them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from headrace_api.store.record import translated
from headrace_contracts.jobs.view import JobView
from headrace_store.jobs.rows import job_view
from headrace_store.postgres import Pool
from headrace_store.queries import load

_SQL = load("headrace_api.store", "market.sql")

#: How deep one look goes into each lane.
_DEPTH = 1000


class RecordMarket:
    """``core.market.MarketRecord``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def waiting(
        self, *, accounts: Sequence[UUID], open_model: str, platforms: Sequence[str] | None, limit: int
    ) -> list[JobView]:
        with translated():
            rows = await self._pool.fetch(
                _SQL["waiting"], accounts, open_model, platforms, limit, max(_DEPTH, limit)
            )
        return [job_view(row) for row in rows]
