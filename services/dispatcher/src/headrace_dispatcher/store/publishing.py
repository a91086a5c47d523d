"""Approval and the end of publishing in the record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from headrace_contracts.limits import REASON_CHARS
from headrace_contracts.messages.changes import Change
from headrace_dispatcher.changes.rows import ended
from headrace_store.jobs.rows import uid
from headrace_store.postgres import Pool
from headrace_store.queries import load

SQL = load("headrace_dispatcher.store", "publishing.sql")


class PublishingStore:
    """Staged jobs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def approve(self, job_id: UUID) -> bool:
        """Approve a staged job and let its publications go; False when there is nothing to approve."""
        return await self._pool.fetchval(SQL["approve"], job_id) is not None

    async def unsettled(self, limit: int) -> list[UUID]:
        """Approved jobs all of whose publications have ended."""
        return [uid(row["id"]) for row in await self._pool.fetch(SQL["unsettled"], limit)]

    async def settle(self, job_ids: Sequence[UUID]) -> list[Change]:
        """End those of the jobs all of whose publications have ended, with what follows from it."""
        rows = await self._pool.fetch(SQL["settle"], list(job_ids), REASON_CHARS)
        now = datetime.now(UTC)
        return [ended(row, now) for row in rows]
