"""Exports in the record."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from uuid import UUID

from headrace_contracts.jobs.view import JobDocument
from headrace_store.jobs.read import JobReader
from headrace_store.postgres import Pool
from headrace_store.queries import load

_ERROR_CHARS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportRow:
    """A row of ``exports``."""

    state: Literal["pending", "exported", "failed"]
    attempts: int


class ExportRepository:
    """All methods raise what asyncpg raises; ``headrace_store.postgres.TRANSIENT`` may pass."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._jobs = JobReader(pool)

    @cached_property
    def _sql(self) -> dict[str, str]:
        return dict(load("headrace_publisher.store", "exports.sql"))

    async def find(self, job_id: UUID) -> ExportRow | None:
        row = await self._pool.fetchrow(self._sql["state"], job_id)
        return None if row is None else ExportRow(state=row["state"], attempts=row["attempts"])

    async def document(self, job_id: UUID) -> JobDocument | None:
        """The job with its payload and result; None: it has been deleted."""
        return await self._jobs.document(job_id)

    async def exported(self, job_id: UUID) -> None:
        """It is in S3."""
        await self._pool.execute(self._sql["exported"], job_id)

    async def put_off(self, job_id: UUID, *, delay_s: float, error: str) -> None:
        """It stays pending and is tried again after ``delay_s`` seconds."""
        await self._pool.execute(self._sql["put_off"], job_id, delay_s, error[:_ERROR_CHARS])

    async def failed(self, job_id: UUID, *, error: str) -> None:
        """It can't be exported, however often it is tried."""
        await self._pool.execute(self._sql["failed"], job_id, error[:_ERROR_CHARS])
